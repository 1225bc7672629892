// An inventory: a file, or a folder of files, with group_vars and host_vars beside. Read as Ansible does, with its precedence, and
// never run: an executable inventory is refused.
import { statSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { displayPath, type Folder, openFolder } from "../ansible/folder.ts";
import { hostsBelow, InventoryGraph } from "../ansible/inventory/graph.ts";
import { readIniInventory } from "../ansible/inventory/ini.ts";
import { readYamlInventory } from "../ansible/inventory/tree.ts";
import { type LoadedVariables, loadVariables, type VariableSource } from "../ansible/variables.ts";
import { readYaml } from "../ansible/yaml.ts";
import { KsoError } from "../core/errors.ts";
import type { Checkout } from "./checkout.ts";
import type { InventoryHost, Site } from "./host.ts";
import { addDynamicGroups } from "./inventory-variables.ts";

/** An inventory, read. */
export interface Inventory extends Site {
  /** As it was named. */
  readonly path: string;
  /** Files that Ansible Vault encrypted: what they set is not known. */
  readonly encrypted: readonly string[];
}

/**
 * Reads an inventory for a checkout (whose own group_vars, and rules for groups, count too).
 * @throws KsoError `usage` when there is none of that name, `unresolvable` for what cannot be read.
 */
export function openInventory(path: string, checkout: Checkout): Inventory {
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there) throw new KsoError("usage", `Cannot read the inventory ${path}: there is no such file or folder`);
  const folder = openFolder(there.isDirectory() ? path : dirname(path), [checkout.folder.path]);
  const graph = new InventoryGraph();
  const files = there.isDirectory() ? inventoriesIn(folder) : [basename(path)];
  for (const file of files) readFile(folder, file, graph);
  if (graph.hosts.size === 0) throw new KsoError("unresolvable", `Cannot use the inventory ${path}: it names no host`);
  addDynamicGroups(graph, checkout);
  return { path, ...siteOf(graph, [folder, checkout.folder]) };
}

const readable = ["", ".ini", ".yml", ".yaml", ".json"];

/** Ansible passes over .ini in a folder; whoever names a folder with nothing else in it means that file. */
function inventoriesIn(folder: Folder): readonly string[] {
  const files = folder
    .list("")
    .filter((name) => !/^\.|~$/.test(name) && readable.includes(extname(name)) && folder.kind(name) === "file");
  const usual = files.filter((name) => extname(name) !== ".ini" && looksLikeInventory(folder, name));
  return usual.length > 0 ? usual : files.filter((name) => extname(name) === ".ini");
}

/** Folders of inventories hold other files as well; Ansible tries each and warns. */
function looksLikeInventory(folder: Folder, name: string): boolean {
  try {
    const trial = new InventoryGraph();
    readFile(folder, name, trial);
    return trial.hosts.size > 0;
  } catch (thrown) {
    // A file with an inventory's name must be one.
    if (thrown instanceof KsoError && !/^(?:hosts|inventory)\b/.test(name)) return false;
    throw thrown;
  }
}

function readFile(folder: Folder, name: string, graph: InventoryGraph): void {
  const where = displayPath(folder, name);
  const text = folder.read(name);
  if (text.startsWith("#!"))
    throw new KsoError("unresolvable", `Cannot use ${where}: it is a program, and kso runs none; save what it prints`);
  if ([".yml", ".yaml", ".json"].includes(extname(name))) readYamlInventory(readYaml(text, where), where, graph);
  else readIniInventory(text, where, graph);
}

/** Decides each host's groups and variables. */
function siteOf(graph: InventoryGraph, places: readonly Folder[]): Site & { encrypted: readonly string[] } {
  const parents = graph.parents();
  const sealed = new Set<string>();
  const files = new Map<string, LoadedVariables>();
  const filesFor = (place: number, kind: "group_vars" | "host_vars", name: string): readonly VariableSource[] => {
    const key = `${place} ${kind} ${name}`;
    const folder = places[place] as Folder;
    const safe = !/^\/|(?:^|\/)\.\.(?:\/|$)/.test(name);
    const loaded =
      files.get(key) ??
      (safe && folder.kind(kind) === "folder"
        ? loadVariables(folder, kind, name, "vars")
        : { sources: [], encrypted: [] });
    files.set(key, loaded);
    for (const file of loaded.encrypted) sealed.add(file);
    return loaded.sources;
  };
  const depths = new Map<string, number>();
  const depth = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    depths.set(name, 0);
    const found = name === "all" ? 0 : 1 + Math.max(0, ...[...(parents.get(name) ?? [])].map(depth));
    depths.set(name, found);
    return found;
  };
  const priority = (name: string): number => {
    const set = graph.groups.get(name)?.vars.get("ansible_group_priority")?.value;
    return typeof set === "bigint" || typeof set === "string" ? Number(set) || 1 : 1;
  };
  const order = (a: string, b: string): number =>
    depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : a > b ? 1 : 0);

  const members = membersOf(graph, parents);
  const inline = (name: string): VariableSource => graph.groups.get(name)?.vars ?? new Map();
  const layersBy = new Map<string, readonly VariableSource[]>();
  const hosts = [...graph.hosts].map(([name, own]): InventoryHost => {
    const groups = [...(members.of.get(name) ?? [])].sort(order);
    const key = groups.join("\n");
    const shared = layersBy.get(key) ?? [
      ...[inline("all"), ...groups.map(inline)],
      ...places.flatMap((_, place) => filesFor(place, "group_vars", "all")),
      ...places.flatMap((_, place) => groups.flatMap((group) => filesFor(place, "group_vars", group))),
    ];
    layersBy.set(key, shared);
    const layers = [...shared, own, ...places.flatMap((_, place) => filesFor(place, "host_vars", name))];
    return {
      name,
      groups: groups.filter((group) => group !== "ungrouped" || groups.length === 1).sort(),
      sources: layers,
    };
  });
  return { hosts, groups: members.in, encrypted: [...sealed] };
}

/** Each host's groups with all above them but `all`, and each group's hosts. */
function membersOf(
  graph: InventoryGraph,
  parents: ReadonlyMap<string, ReadonlySet<string>>,
): { of: ReadonlyMap<string, ReadonlySet<string>>; in: ReadonlyMap<string, readonly string[]> } {
  const of = new Map<string, Set<string>>([...graph.hosts.keys()].map((name) => [name, new Set()]));
  const climb = (host: string, group: string): void => {
    const found = of.get(host);
    if (!found || group === "all" || found.has(group)) return;
    found.add(group);
    for (const parent of parents.get(group) ?? []) climb(host, parent);
  };
  for (const [name, { hosts }] of graph.groups) for (const host of hosts) climb(host, name);
  const within = new Map<string, string[]>([["all", [...graph.hosts.keys()]]]);
  for (const name of graph.groups.keys()) if (name !== "all") within.set(name, hostsBelow(graph, name));
  return { of, in: within };
}
