// One host as Ansible sees it: its variables in Ansible's order of precedence, and the facts a plan has to assume.
import { Budget } from "../ansible/jinja/budget.ts";
import { type RawVariables, Templar } from "../ansible/jinja/templar.ts";
import { Dict, type Lazy, type Value } from "../ansible/jinja/values.ts";
import type { Layer, Written } from "../ansible/variables.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";

/** A host of an inventory, or one made up. */
export interface Host {
  readonly name: string;
  /** Names of its groups but `all`, sorted. */
  readonly groups: readonly string[];
  /** What the inventory sets for it, weakest first. */
  readonly layers: readonly Layer[];
}

/** What all hosts share. */
export interface Site {
  readonly hosts: readonly Host[];
  /** Group → its hosts' names, in the inventory's order; `all` and `ungrouped` too. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** Names whose value is the same for all hosts of a site. */
export const shared: ReadonlySet<string> = new Set(["groups", "hostvars", "ansible_play_hosts", "play_hosts"]);

/** Where a variable's value comes from. */
export type Lookup = (name: string) => Written | undefined;

/** The architecture facts of a machine of that kind (`x86_64`, `aarch64`). */
function factsFor(machine: string): ReadonlyMap<string, Value> {
  const facts: readonly [string, Value][] = [
    ["architecture", machine],
    ["machine", machine],
    ["system", "Linux"],
    // No download rests on the distribution; some conditions beside them ask for it.
    ["os_family", "Debian"],
    ["distribution", "Debian"],
  ];
  return new Map<string, Value>([
    ...facts.map(([name, value]): [string, Value] => [`ansible_${name}`, value]),
    ["ansible_facts", new Dict(facts)],
    ["ansible_user_id", "root"],
  ]);
}

/** Nothing on the command line. */
const nothing: Layer = new Map();

/** The variables of a host, by name: role defaults, facts, inventory, role vars, `extra` (`-e`), magic variables. */
export function variablesOf(
  checkout: Checkout,
  site: Site,
  host: Host,
  machine: string,
  extra: Layer = nothing,
): Lookup {
  const facts = new Map(
    [...factsFor(machine)].map(([name, value]): [string, Written] => [name, { value, from: "the host's facts" }]),
  );
  const layers = [...checkout.defaults, facts, ...host.layers, ...checkout.vars, extra].reverse();
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
  host: Host,
  machine: string,
  extra: Layer = nothing,
): Templar {
  const lookup = variablesOf(checkout, site, host, machine, extra);
  const others = [...checkout.elsewhere().values()].flat();
  const raw: RawVariables = (name) => (lookup(name) ?? others.find((layer) => layer.has(name))?.get(name))?.value;
  return new Templar(raw, new Budget());
}

/** A host's templates. */
export function templarFor(
  checkout: Checkout,
  site: Site,
  host: Host,
  machine: string,
  extra: Layer = nothing,
): Templar {
  const lookup = variablesOf(checkout, site, host, machine, extra);
  const raw: RawVariables = (name) => lookup(name)?.value;
  const before = new Templar(raw, new Budget());
  const facts = new Map(
    checkout.facts
      .filter(({ when }) => attempt(() => before.holds(when)) === true)
      .flatMap(({ values }) => values.entries().map(([name, value]): [string, Value] => [String(name), value])),
  );
  const templar = new Templar(
    (name) => (facts.has(name) && !extra.has(name) ? facts.get(name) : raw(name)),
    new Budget(),
  );
  // What the conditions read decides for other hosts as well.
  for (const name of before.read) templar.read.add(name);
  return templar;
}

function magicOf(checkout: Checkout, site: Site, host: Host, machine: string): ReadonlyMap<string, () => Value> {
  const all = site.hosts.map(({ name }) => name);
  const others = new Map<string, Lazy>();
  const hostvars: Lazy = {
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
  const constants: readonly [string, Value][] = [
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
  return new Map<string, () => Value>([
    ...constants.map(([name, value]): [string, () => Value] => [name, () => value]),
    ["groups", () => new Dict([...site.groups].map(([name, hosts]): [Value, Value] => [name, [...hosts]]))],
    ["hostvars", () => hostvars],
  ]);
}

/** Another host's variables, as `hostvars[…]` shows them. */
function varsOf(checkout: Checkout, site: Site, host: Host, machine: string): Lazy {
  const templar = templarFor(checkout, site, host, machine);
  return {
    lazy: true,
    keys: () => [...new Set(host.layers.flatMap((layer) => [...layer.keys()]))],
    get: (key) => (typeof key === "string" ? templar.variable(key) : undefined),
  };
}

/** A made-up host in every group of kubespray's, for a plan without an inventory. */
export function anyHost(layers: readonly Layer[] = []): Site & { readonly host: Host } {
  const groups = ["etcd", "k8s_cluster", "kube_control_plane", "kube_node"];
  const host: Host = { name: "any-host", groups, layers };
  return {
    host,
    hosts: [host],
    groups: new Map([["all", [host.name]], ...groups.map((name): [string, string[]] => [name, [host.name]])]),
  };
}
