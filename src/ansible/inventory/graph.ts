// Hosts and groups as inventory files name them, before anything is decided.
import { KsoError } from "../../core/errors.ts";
import type { PythonValue } from "../jinja/values.ts";
import type { Variable } from "../variables.ts";

/** Hosts and groups that an inventory may have. */
const most = 20_000;

interface Group {
  readonly vars: Map<string, Variable>;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
}

/** Collects what several files say; the later file wins. */
export class InventoryGraph {
  readonly groups: Map<string, Group> = new Map();
  readonly hosts: Map<string, Map<string, Variable>> = new Map();

  group(name: string): Group {
    const known = this.groups.get(name);
    if (known) return known;
    this.#assertRoom();
    const group: Group = { vars: new Map(), hosts: new Set(), children: new Set() };
    this.groups.set(name, group);
    return group;
  }

  /** Adds a host to a group, with its variables. */
  host(name: string, group: string, vars: ReadonlyMap<string, PythonValue>, from: string): void {
    if (!this.hosts.has(name)) {
      this.#assertRoom();
      this.hosts.set(name, new Map());
    }
    for (const [key, value] of vars) this.hosts.get(name)?.set(key, { value, from });
    this.group(group).hosts.add(name);
  }

  /** @throws KsoError `unresolvable` for a group that would be its own ancestor. */
  child(parent: string, child: string): void {
    this.group(child);
    this.group(parent).children.add(child);
    if (this.#reaches(child, parent, new Set()))
      throw new KsoError("unresolvable", `Cannot use the inventory: "${child}" is a child and a parent of "${parent}"`);
  }

  /** For each group the groups directly above it. `all` is above what nothing else is. */
  parents(): ReadonlyMap<string, ReadonlySet<string>> {
    const above = new Map<string, Set<string>>([...this.groups.keys()].map((name) => [name, new Set()]));
    for (const [name, { children }] of this.groups) for (const child of children) above.get(child)?.add(name);
    for (const [name, parents] of above) if (name !== "all" && parents.size === 0) parents.add("all");
    return above;
  }

  #reaches(from: string, to: string, seen: Set<string>): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(this.groups.get(from)?.children ?? [])].some((next) => this.#reaches(next, to, seen));
  }

  #assertRoom(): void {
    if (this.groups.size + this.hosts.size >= most)
      throw new KsoError("unresolvable", `Cannot use the inventory: it has more than ${most} hosts and groups`);
  }
}

/** A group's own hosts, then those of its children, level by level: the order in which `groups[…][0]` counts. */
export function hostsBelow(graph: InventoryGraph, name: string): string[] {
  const hosts = new Set<string>();
  const queue = [name];
  const seen = new Set(queue);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const group = graph.groups.get(next);
    for (const host of group?.hosts ?? []) hosts.add(host);
    for (const child of group?.children ?? []) {
      if (seen.has(child)) continue;
      seen.add(child);
      queue.push(child);
    }
  }
  return [...hosts];
}
