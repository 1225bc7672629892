// One host as Ansible sees it: its variables in Ansible's order of precedence, and the facts a plan has to assume.
import { EvaluationBudget } from "../ansible/jinja/budget.ts";
import { type RawVariables, Templar } from "../ansible/jinja/templar.ts";
import { Dict, type LazyMapping, type PythonValue } from "../ansible/jinja/values.ts";
import type { Variable, VariableSource } from "../ansible/variables.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";

/** A host of an inventory, or one made up. */
export interface InventoryHost {
  readonly name: string;
  /** Names of its groups but `all`, sorted. */
  readonly groups: readonly string[];
  /** What the inventory sets for it, weakest first. */
  readonly sources: readonly VariableSource[];
}

/** What all hosts share. */
export interface Site {
  readonly hosts: readonly InventoryHost[];
  /** Group → its hosts' names, in the inventory's order; `all` and `ungrouped` too. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** Names whose value is the same for all hosts of a site. */
export const shared: ReadonlySet<string> = new Set(["groups", "hostvars", "ansible_play_hosts", "play_hosts"]);

/** Where a variable's value comes from. */
export type VariableLookup = (name: string) => Variable | undefined;

/** The architecture facts of a machine of that kind (`x86_64`, `aarch64`). */
function factsFor(machine: string): ReadonlyMap<string, PythonValue> {
  const facts: readonly [string, PythonValue][] = [
    ["architecture", machine],
    ["machine", machine],
    ["system", "Linux"],
    // No download rests on the distribution; some conditions beside them ask for it.
    ["os_family", "Debian"],
    ["distribution", "Debian"],
  ];
  return new Map<string, PythonValue>([
    ...facts.map(([name, value]): [string, PythonValue] => [`ansible_${name}`, value]),
    ["ansible_facts", new Dict(facts)],
    ["ansible_user_id", "root"],
  ]);
}

/** Nothing on the command line. */
const nothing: VariableSource = new Map();

/** The variables of a host, by name: role defaults, facts, inventory, role vars, `extra` (`-e`), magic variables. */
export function variablesOf(
  checkout: Checkout,
  site: Site,
  host: InventoryHost,
  machine: string,
  extra: VariableSource = nothing,
): VariableLookup {
  const facts = new Map(
    [...factsFor(machine)].map(([name, value]): [string, Variable] => [name, { value, from: "the host's facts" }]),
  );
  const layers = [...checkout.defaults, facts, ...host.sources, ...checkout.vars, extra].reverse();
  const magic = magicOf(checkout, site, host, machine);
  return (name) => {
    const own = magic.get(name);
    if (own !== undefined) return { value: own(), from: "Ansible" };
    for (const layer of layers) {
      const found = layer.get(name);
      if (found) return found;
    }
    return undefined;
  };
}

/** The same, and behind all of it what the other roles set: what a role sees of itself. */
export function rolesTemplarFor(
  checkout: Checkout,
  site: Site,
  host: InventoryHost,
  machine: string,
  extra: VariableSource = nothing,
): Templar {
  const lookup = variablesOf(checkout, site, host, machine, extra);
  const others = [...checkout.otherRoles().values()].flat();
  const raw: RawVariables = (name) => (lookup(name) ?? others.find((layer) => layer.has(name))?.get(name))?.value;
  return new Templar(raw, new EvaluationBudget());
}

/** A host's templates. */
export function templarFor(
  checkout: Checkout,
  site: Site,
  host: InventoryHost,
  machine: string,
  extra: VariableSource = nothing,
): Templar {
  const lookup = variablesOf(checkout, site, host, machine, extra);
  const raw: RawVariables = (name) => lookup(name)?.value;
  const before = new Templar(raw, new EvaluationBudget());
  const facts = new Map(
    checkout.setFacts
      .filter(({ when }) => attempt(() => before.conditionHolds(when)) === true)
      .flatMap(({ values }) => values.entries().map(([name, value]): [string, PythonValue] => [String(name), value])),
  );
  const templar = new Templar(
    (name) => (facts.has(name) && !extra.has(name) ? facts.get(name) : raw(name)),
    new EvaluationBudget(),
  );
  // What the conditions read decides for other hosts as well.
  for (const name of before.read) templar.read.add(name);
  return templar;
}

function magicOf(
  checkout: Checkout,
  site: Site,
  host: InventoryHost,
  machine: string,
): ReadonlyMap<string, () => PythonValue> {
  const all = site.hosts.map(({ name }) => name);
  const others = new Map<string, LazyMapping>();
  const hostvars: LazyMapping = {
    lazy: true,
    keys: () => all,
    get: (key) => {
      const other = site.hosts.find(({ name }) => name === key);
      if (!other) return undefined;
      const known = others.get(other.name) ?? varsOf(checkout, site, other, machine);
      others.set(other.name, known);
      return known;
    },
  };
  const constants: readonly [string, PythonValue][] = [
    ["inventory_hostname", host.name],
    ["inventory_hostname_short", host.name.split(".")[0] ?? host.name],
    ["group_names", [...host.groups]],
    ["ansible_play_hosts", all],
    ["ansible_play_hosts_all", all],
    ["play_hosts", all],
    ["playbook_dir", "."],
    ["omit", "__omit_place_holder__"],
    ["ansible_check_mode", false],
  ];
  return new Map<string, () => PythonValue>([
    ...constants.map(([name, value]): [string, () => PythonValue] => [name, () => value]),
    ["groups", () => new Dict([...site.groups].map(([name, hosts]): [PythonValue, PythonValue] => [name, [...hosts]]))],
    ["hostvars", () => hostvars],
  ]);
}

/** Another host's variables, as `hostvars[…]` shows them. */
function varsOf(checkout: Checkout, site: Site, host: InventoryHost, machine: string): LazyMapping {
  const templar = templarFor(checkout, site, host, machine);
  return {
    lazy: true,
    keys: () => [...new Set(host.sources.flatMap((layer) => [...layer.keys()]))],
    get: (key) => (typeof key === "string" ? templar.variable(key) : undefined),
  };
}

/** A made-up host in every group of kubespray's, for a plan without an inventory. */
export function anyHost(layers: readonly VariableSource[] = []): Site & { readonly host: InventoryHost } {
  const groups = ["etcd", "k8s_cluster", "kube_control_plane", "kube_node"];
  const host: InventoryHost = { name: "any-host", groups, sources: layers };
  return {
    host,
    hosts: [host],
    groups: new Map([["all", [host.name]], ...groups.map((name): [string, string[]] => [name, [host.name]])]),
  };
}
