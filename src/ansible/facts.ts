// The facts that a play gathers on its hosts. A plan has no host to ask: a fact that does not follow from the machine's kind is
// unknown, unless the inventory says it. That is not undefined: a run has it.
import { Dict, type PythonValue, UnknownFact } from "./jinja/values.ts";
import type { VariableSource } from "./variables.ts";

/** What ansible-core's setup module gathers on Linux (module_utils/facts, 2.14 to 2.18), without `ansible_`. */
const gathered: ReadonlySet<string> = new Set(
  `all_ipv4_addresses all_ipv6_addresses apparmor architecture bios_date bios_vendor bios_version board_asset_tag board_name
  board_serial board_vendor board_version caps chassis_asset_tag chassis_serial chassis_vendor chassis_version cmdline
  date_time default_ipv4 default_ipv6 device_links devices discovered_interpreter_python distribution
  distribution_file_parsed distribution_file_path distribution_file_variety distribution_major_version
  distribution_minor_version distribution_release distribution_version dns domain effective_group_id effective_user_id
  env facter fibre_channel_wwn fips form_factor fqdn gather_subset hostname hostnqn interfaces is_chroot iscsi_iqn
  kernel kernel_version loadavg local locally_reachable_ips lsb lvm machine machine_id memfree_mb memory_mb memtotal_mb
  module_setup mounts nodename ohai os_family packages pkg_mgr proc_cmdline processor processor_cores processor_count
  processor_nproc processor_threads_per_core processor_vcpus product_name product_serial product_uuid product_version
  python python_version real_group_id real_user_id selinux selinux_python_present service_mgr services
  ssh_host_key_dsa_public ssh_host_key_ecdsa_public ssh_host_key_ed25519_public ssh_host_key_rsa_public swapfree_mb
  swaptotal_mb system system_capabilities system_capabilities_enforced system_vendor systemd uptime_seconds user_dir
  user_gecos user_gid user_id user_shell user_uid userspace_architecture userspace_bits virtualization_role
  virtualization_tech_guest virtualization_tech_host virtualization_type`.split(/\s+/),
);
/** Each network interface is a fact of its own: `ansible_eth0`. */
const interfaces = /^(?:eth|en[opsx]|bond|team|br|wl|vlan|ib)\w*\d\w*$|^lo$/;

const unknownFacts = new Map<string, UnknownFact>();

/** The unknown fact of that name (`ansible_env`), the same object each time; undefined where no fact has that name. */
export function unknownFact(variable: string): UnknownFact | undefined {
  const known = unknownFacts.get(variable);
  if (known) return known;
  const name = variable.startsWith("ansible_") ? variable.slice("ansible_".length) : "";
  if (!gathered.has(name) && !interfaces.test(name)) return undefined;
  const fact = missingFact(variable, gathered.has(name));
  unknownFacts.set(variable, fact);
  return fact;
}

function missingFact(name: string, certain: boolean): UnknownFact {
  return new UnknownFact(`it needs the fact ${name}, which only a running host has`, certain);
}

const factsByMachine = new Map<string, VariableSource>();

/** What a play would gather on a machine of that kind, as far as it follows from that. */
export function machineFacts(machine: string): VariableSource {
  const known = factsByMachine.get(machine);
  if (known) return known;
  const facts = new Map<string, PythonValue>([
    ["architecture", machine],
    ["machine", machine],
    ["userspace_architecture", machine],
    ["userspace_bits", "64"],
    ["system", "Linux"],
  ]);
  const values = new Map<string, PythonValue>([
    ...[...facts].map(([name, value]): [string, PythonValue] => [`ansible_${name}`, value]),
    ["ansible_facts", new FactDict(facts)],
  ]);
  const source = new Map([...values].map(([name, value]) => [name, { value, from: "the host's facts" }]));
  factsByMachine.set(machine, source);
  return source;
}

/** `ansible_facts`: a fact that it does not hold is unknown. */
class FactDict extends Dict {
  override get(key: PythonValue): PythonValue | undefined {
    const value = super.get(key);
    return value !== undefined
      ? value
      : (unknownFact(`ansible_${String(key)}`) ?? missingFact(`ansible_facts['${String(key)}']`, false));
  }
}

/** `ansible_facts` where an inventory sets some of it. */
export function statedFacts(stated: Dict, machine: string): Dict {
  const facts = machineFacts(machine).get("ansible_facts")?.value;
  return new FactDict([...(facts instanceof Dict ? facts.entries() : []), ...stated.entries()]);
}
