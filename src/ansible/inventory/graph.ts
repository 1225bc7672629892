// Hosts and groups as inventory files name them, before each host's groups and variables are known.
import { KsoError } from "../../core/errors.ts";
import type { PythonValue } from "../jinja/values.ts";
import type { Variable } from "../variables.ts";

/** Hosts and groups that an inventory may have. */
const maxEntries = 20_000;

/** A group: its own variables and hosts, and the groups directly below it. */
export interface InventoryGroup {
  readonly vars: Map<string, Variable>;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
}

/** Collects the hosts and groups of several files; the later file wins. */
export class InventoryGraph {
  readonly groups: Map<string, InventoryGroup> = new Map();
  readonly hosts: Map<string, Map<string, Variable>> = new Map();

  /** The group of that name, which is added where there is none. */
  group(name: string): InventoryGroup {
    const existing = this.groups.get(name);
    if (existing) return existing;
    this.#assertRoom();
    const group: InventoryGroup = { vars: new Map(), hosts: new Set(), children: new Set() };
    this.groups.set(name, group);
    return group;
  }

  /** Adds a host to a group, with its variables. */
  addHost(name: string, group: string, vars: ReadonlyMap<string, PythonValue>, from: string): void {
    if (!this.hosts.has(name)) {
      this.#assertRoom();
      this.hosts.set(name, new Map());
    }
    for (const [key, value] of vars) this.hosts.get(name)?.set(key, { value, from });
    this.group(group).hosts.add(name);
  }

  /** Puts a group below another. @throws KsoError `unresolvable` for a group that would be its own ancestor. */
  addChild(parent: string, child: string): void {
    this.group(child);
    this.group(parent).children.add(child);
    if (this.#reaches(child, parent, new Set()))
      throw new KsoError("unresolvable", `Cannot use the inventory: "${child}" is a child and a parent of "${parent}"`);
  }

  /** For each group the groups directly above it. A group without another parent is below `all`. */
  parents(): ReadonlyMap<string, ReadonlySet<string>> {
    const parentsOf = new Map<string, Set<string>>([...this.groups.keys()].map((name) => [name, new Set()]));
    for (const [name, { children }] of this.groups) for (const child of children) parentsOf.get(child)?.add(name);
    for (const [name, parents] of parentsOf) if (name !== "all" && parents.size === 0) parents.add("all");
    return parentsOf;
  }

  /** A group's own hosts, then those of its children, level by level: the order in which `groups[…][0]` counts. */
  hostsBelow(name: string): string[] {
    const hosts = new Set<string>();
    const names = new Set([name]);
    // A set is iterated in the order in which names are added, those added meanwhile included.
    for (const next of names) {
      const group = this.groups.get(next);
      for (const host of group?.hosts ?? []) hosts.add(host);
      for (const child of group?.children ?? []) names.add(child);
    }
    return [...hosts];
  }

  #reaches(from: string, to: string, visited: Set<string>): boolean {
    if (from === to) return true;
    if (visited.has(from)) return false;
    visited.add(from);
    return [...(this.groups.get(from)?.children ?? [])].some((next) => this.#reaches(next, to, visited));
  }

  #assertRoom(): void {
    if (this.groups.size + this.hosts.size >= maxEntries)
      throw new KsoError("unresolvable", `Cannot use the inventory: it has more than ${maxEntries} hosts and groups`);
  }
}
