// Hosts and groups as inventory files name them, before each host's groups and variables are known.
import { dirname } from "node:path";
import { KsoError } from "../../core/errors.ts";
import type { PythonValue } from "../jinja/values.ts";
import { mergeVariables, type Variable } from "../variables.ts";

/** Hosts and groups that an inventory may have. */
const maxEntries = 20_000;
/** Steps between groups, and from groups to hosts, that finding the members of all groups may take. */
const maxSteps = 5_000_000;

/** A group: its own variables and hosts, and the groups directly below it. */
export interface InventoryGroup {
  readonly vars: Map<string, Variable>;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
}

/** What a graph is made for. */
export interface GraphOptions {
  /** Whether two dictionaries of the same name are merged (`hash_behaviour = merge`). */
  readonly mergesHashes: boolean;
}

/** Collects the hosts and groups of several files; the later file wins. */
export class InventoryGraph {
  readonly groups: Map<string, InventoryGroup> = new Map();
  readonly hosts: Map<string, Map<string, Variable>> = new Map();
  /** What people should know of the files, one sentence each. */
  readonly notes: string[] = [];
  readonly mergesHashes: boolean;
  #steps = 0;
  #source: ReadonlyMap<string, Variable> = new Map();
  constructor({ mergesHashes }: GraphOptions = { mergesHashes: false }) {
    this.mergesHashes = mergesHashes;
  }

  /** A copy that can be thrown away, for a file that may be no inventory. */
  copy(): InventoryGraph {
    const copy = new InventoryGraph(this);
    for (const [name, { vars, hosts, children }] of this.groups)
      copy.groups.set(name, { vars: new Map(vars), hosts: new Set(hosts), children: new Set(children) });
    for (const [name, vars] of this.hosts) copy.hosts.set(name, new Map(vars));
    copy.notes.push(...this.notes);
    copy.#source = this.#source;
    return copy;
  }

  /** Says which file the hosts of the next lines are from; Ansible gives it to those that are new. A list of hosts is no file. */
  startFile(path: string | undefined): void {
    const values: readonly (readonly [string, PythonValue])[] = [
      ["inventory_file", path ?? null],
      ["inventory_dir", path === undefined ? null : dirname(path)],
    ];
    this.#source = new Map(values.map(([name, value]) => [name, { value, from: "Ansible" }]));
  }

  /** The group of that name, which is added where there is none. */
  group(name: string): InventoryGroup {
    const existing = this.groups.get(name);
    if (existing) return existing;
    this.#assertRoom();
    const group: InventoryGroup = { vars: new Map(), hosts: new Set(), children: new Set() };
    this.groups.set(name, group);
    return group;
  }

  /** Sets a group's own variable. */
  setGroupVariable(group: string, name: string, variable: Variable): void {
    this.#set(this.group(group).vars, name, variable);
  }

  /** Adds a host to a group, with its variables. */
  addHost(name: string, group: string, vars: ReadonlyMap<string, Variable>): void {
    if (!this.hosts.has(name)) this.#newHost(name);
    this.addVariables(name, vars);
    this.group(group).hosts.add(name);
  }

  /** Sets variables of a host that is there. */
  addVariables(name: string, vars: ReadonlyMap<string, Variable>): void {
    const own = this.hosts.get(name);
    if (own) for (const [key, variable] of vars) this.#set(own, key, variable);
  }

  #newHost(name: string): void {
    this.#assertRoom();
    this.hosts.set(name, new Map(this.#source));
  }

  #set(vars: Map<string, Variable>, name: string, variable: Variable): void {
    const weaker = this.mergesHashes ? vars.get(name) : undefined;
    vars.set(name, weaker === undefined ? variable : mergeVariables(weaker, variable));
  }

  /** Puts a group below another. */
  addChild(parent: string, child: string): void {
    this.group(child);
    this.group(parent).children.add(child);
  }

  /** All groups, none before one above it. @throws KsoError `unresolvable` for a group that is its own ancestor. */
  topDown(): readonly string[] {
    const open = new Map([...this.groups.keys()].map((name) => [name, 0]));
    for (const { children } of this.groups.values())
      for (const child of children) open.set(child, (open.get(child) ?? 0) + 1);
    const order = [...open].filter(([, above]) => above === 0).map(([name]) => name);
    // An array is iterated to its end, what is added meanwhile included.
    for (const name of order) {
      open.delete(name);
      for (const child of this.groups.get(name)?.children ?? []) {
        const above = (open.get(child) ?? 0) - 1;
        open.set(child, above);
        if (above === 0) order.push(child);
      }
    }
    if (open.size > 0) throw this.#circle(new Set(open.keys()));
    return order;
  }

  /** The error for groups of which each has another of them above it. */
  #circle(names: ReadonlySet<string>): KsoError {
    const parentOf = new Map(
      [...names].flatMap((parent) => [...(this.groups.get(parent)?.children ?? [])].map((child) => [child, parent])),
    );
    let [child = ""] = names;
    for (const seen = new Set<string>(); !seen.has(child); child = parentOf.get(child) ?? "") seen.add(child);
    const parent = parentOf.get(child) ?? "";
    return new KsoError("unresolvable", `Cannot use the inventory: "${child}" is a child and a parent of "${parent}"`);
  }

  /** For each group the groups directly above it. A group without another parent is below `all`. */
  parents(): ReadonlyMap<string, ReadonlySet<string>> {
    const parentsOf = new Map<string, Set<string>>([...this.groups.keys()].map((name) => [name, new Set()]));
    for (const [name, { children }] of this.groups) for (const child of children) parentsOf.get(child)?.add(name);
    for (const [name, parents] of parentsOf) if (name !== "all" && parents.size === 0) parents.add("all");
    return parentsOf;
  }

  /** The own hosts of groups, then those of its children, level by level: the order in which `groups[…][0]` counts. */
  hostsBelow(...start: readonly string[]): string[] {
    const hosts = new Set<string>();
    const names = new Set(start);
    // A set is iterated in the order in which names are added, those added meanwhile included.
    for (const next of names) {
      const group = this.groups.get(next);
      this.countSteps(1 + (group?.hosts.size ?? 0) + (group?.children.size ?? 0));
      for (const host of group?.hosts ?? []) hosts.add(host);
      for (const child of group?.children ?? []) names.add(child);
    }
    return [...hosts];
  }

  /** Counts steps between groups and hosts. @throws KsoError `unresolvable` for groups that are nested too deep and wide. */
  countSteps(steps: number): void {
    this.#steps += steps;
    if (this.#steps > maxSteps)
      throw new KsoError(
        "unresolvable",
        `Cannot use the inventory: its ${this.groups.size} groups are nested too deep, or have too many members in common; it takes more than ${maxSteps} steps to find the members of all groups`,
      );
  }

  #assertRoom(): void {
    if (this.groups.size + this.hosts.size >= maxEntries)
      throw new KsoError("unresolvable", `Cannot use the inventory: it has more than ${maxEntries} hosts and groups`);
  }
}
