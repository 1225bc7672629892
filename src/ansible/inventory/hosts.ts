// Each host's groups and variables, in Ansible's order of precedence.
import { flattened, type VariableSource } from "../variables.ts";
import type { InventoryGraph } from "./graph.ts";
import type { Inventory, InventoryHost } from "./inventory.ts";
import type { VariableFiles } from "./variable-files.ts";

/** The hosts of a graph with their groups and variables, and the hosts of each group. */
export function resolveHosts(graph: InventoryGraph, files: VariableFiles): Pick<Inventory, "hosts" | "groups"> {
  const parents = graph.parents();
  const groupsOf = hostGroups(graph, parents);
  // First of all: it refuses circles, and groups that have too many members in common.
  const groups = groupHosts(graph, groupsOf);
  const order = new GroupOrder(graph, parents);
  const inlineVariables = (name: string): VariableSource => graph.groups.get(name)?.vars ?? new Map();
  const sourcesByGroups = new Map<string, readonly VariableSource[]>();
  const sourcesOf = (groups: readonly string[]): readonly VariableSource[] => {
    const key = groups.join("\n");
    const known = sourcesByGroups.get(key);
    if (known) return known;
    const all = [inlineVariables("all"), ...groups.map(inlineVariables), ...files.ofGroups(groups)];
    const sources = graph.mergesHashes ? all : [flattened(all)];
    sourcesByGroups.set(key, sources);
    return sources;
  };
  const hosts = [...graph.hosts].map(([name, variables]): InventoryHost => {
    const ordered = [...(groupsOf.get(name) ?? [])].sort((a, b) => order.compare(a, b));
    return {
      name,
      groups: [...ordered].sort(),
      sources: [...sourcesOf(ordered), variables, ...files.ofHost(name)],
    };
  });
  return { hosts, groups };
}

/** The order in which the variables of groups win: the deeper group, then the higher priority, then the later name. */
class GroupOrder {
  readonly #graph: InventoryGraph;
  readonly #depths = new Map<string, number>();
  constructor(graph: InventoryGraph, parents: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#graph = graph;
    for (const name of graph.topDown()) {
      let depth = 0;
      for (const parent of parents.get(name) ?? []) depth = Math.max(depth, this.#depth(parent));
      this.#depths.set(name, name === "all" ? 0 : depth + 1);
    }
  }

  compare(a: string, b: string): number {
    return this.#depth(a) - this.#depth(b) || this.#priority(a) - this.#priority(b) || (a < b ? -1 : a > b ? 1 : 0);
  }

  #depth(name: string): number {
    return this.#depths.get(name) ?? 0;
  }

  #priority(name: string): number {
    const value = this.#graph.groups.get(name)?.vars.get("ansible_group_priority")?.value;
    return typeof value === "bigint" || typeof value === "string" ? asPriority(Number(value)) : 1;
  }
}

/** A priority of 0 is one: the group loses to others at its depth. */
function asPriority(value: number): number {
  return Number.isNaN(value) ? 1 : value;
}

/** Each host's groups and all groups above them, except `all`; `ungrouped` where there is no other. */
function hostGroups(
  graph: InventoryGraph,
  parents: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const groupsOf = new Map<string, Set<string>>([...graph.hosts.keys()].map((name) => [name, new Set()]));
  const add = (host: string, group: string): void => {
    const groups = groupsOf.get(host);
    if (!groups || group === "all" || groups.has(group)) return;
    const found = new Set([group]);
    // A set is iterated in the order in which names are added, those added meanwhile included.
    for (const next of found) {
      graph.countSteps(1);
      groups.add(next);
      for (const parent of parents.get(next) ?? []) if (parent !== "all" && !groups.has(parent)) found.add(parent);
    }
  };
  for (const [name, { hosts }] of graph.groups) for (const host of hosts) add(host, name);
  for (const groups of groupsOf.values()) {
    if (groups.size === 0) groups.add("ungrouped");
    else if (groups.size > 1) groups.delete("ungrouped");
  }
  return groupsOf;
}

/** Each group's hosts. */
export function groupHosts(
  graph: InventoryGraph,
  groupsOf: ReadonlyMap<string, ReadonlySet<string>> = hostGroups(graph, graph.parents()),
): ReadonlyMap<string, readonly string[]> {
  const ungrouped = [...groupsOf].filter(([, groups]) => groups.has("ungrouped")).map(([name]) => name);
  const byGroup = new Map<string, readonly string[]>([["all", allHosts(graph, ungrouped)]]);
  const sources = hostSources(graph);
  const below = new Map<string, readonly string[]>();
  for (const name of graph.groups.keys()) {
    if (name === "all") continue;
    const source = sources.get(name);
    const hosts = source === undefined ? [] : (below.get(source) ?? graph.hostsBelow(source));
    if (source !== undefined) below.set(source, hosts);
    byGroup.set(name, hosts);
  }
  return byGroup.set("ungrouped", ungrouped);
}

/**
 * For each group with hosts the group whose members are its own: itself, or the one that all ways down from it lead through before they
 * meet a host. So the members of groups that are nested however deep are found once.
 */
function hostSources(graph: InventoryGraph): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const name of [...graph.topDown()].reverse()) {
    const group = graph.groups.get(name);
    const below = new Set([...(group?.children ?? [])].flatMap((child) => sources.get(child) ?? []));
    const hasHosts = (group?.hosts.size ?? 0) > 0;
    const [only] = below;
    if (hasHosts || below.size > 1) sources.set(name, name);
    else if (only !== undefined) sources.set(name, only);
  }
  return sources;
}

/** Every host, in the order of `groups['all']`: those of no group, then group by group from the top. */
function allHosts(graph: InventoryGraph, ungrouped: readonly string[]): readonly string[] {
  const all = graph.groups.get("all");
  const parents = graph.parents();
  const top = [...graph.groups.keys()].filter((name) => parents.get(name)?.has("all"));
  const names = new Set([...(all?.children ?? []), ...top]);
  names.delete("ungrouped");
  return [...new Set([...(all?.hosts ?? []), ...ungrouped, ...graph.hostsBelow(...names), ...graph.hosts.keys()])];
}
