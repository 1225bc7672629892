// Opens an inventory: a file, or a folder of files, with group_vars and host_vars beside. Read as Ansible does, with its precedence,
// and never run: an executable inventory is refused.
import { statSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { displayPath, type Folder, openFolder } from "../folder.ts";
import { readYaml } from "../yaml.ts";
import { InventoryGraph } from "./graph.ts";
import { resolveHosts } from "./hosts.ts";
import { readIniInventory } from "./ini.ts";
import type { Inventory } from "./inventory.ts";
import type { InventoryOptions } from "./options.ts";
import { VariableFiles } from "./variable-files.ts";
import { readYamlInventory } from "./yaml.ts";

/** What a playbook adds to an inventory. */
export interface PlaybookContext {
  /** The playbook's folder: its group_vars and host_vars count too, and links may lead into it. */
  readonly playbook: Folder;
  /** The tasks of the playbook that make groups (`group_by`), in their order: each sees the groups that those before it made. */
  readonly groupTasks: readonly GroupTask[];
}

/** A group that a task makes: its hosts join it when the task is done. */
export interface MadeGroup {
  readonly name: string;
  /** The groups that it lies below; none but `all` by default. */
  readonly parents: readonly string[];
  readonly hosts: readonly string[];
}

/** What a `group_by` task makes of an inventory. */
export type GroupTask = (inventory: Inventory) => readonly MadeGroup[];

/**
 * Reads the inventories that the options name, merged in their order.
 * @throws KsoError `usage` when there is none of that name, `unresolvable` for what cannot be read.
 */
export function openInventory({ inventories }: InventoryOptions, { playbook, groupTasks }: PlaybookContext): Inventory {
  const graph = new InventoryGraph();
  const folders = inventories.map((path) => readSource(path, playbook, graph));
  if (graph.hosts.size === 0)
    throw new KsoError("unresolvable", `Cannot use the inventory ${inventories.join(", ")}: it names no host`);
  const variables = new VariableFiles([...folders, playbook]);
  const resolve = (): Inventory => ({ ...resolveHosts(graph, variables), encrypted: variables.encrypted });
  let inventory = resolve();
  for (const groupTask of groupTasks) if (addGroups(graph, groupTask(inventory))) inventory = resolve();
  return inventory;
}

/** Adds the groups that a task makes. @returns whether there are any. */
function addGroups(graph: InventoryGraph, groups: readonly MadeGroup[]): boolean {
  for (const { name, parents, hosts } of groups) {
    for (const host of hosts) graph.group(name).hosts.add(host);
    for (const parent of parents) graph.addChild(parent, name);
  }
  return groups.length > 0;
}

/** Reads one inventory into the graph. @returns the folder that its group_vars and host_vars lie in. */
function readSource(path: string, playbook: Folder, graph: InventoryGraph): Folder {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new KsoError("usage", `Cannot read the inventory ${path}: there is no such file or folder`);
  const folder = openFolder(stats.isDirectory() ? path : dirname(path), { targets: [playbook.path] });
  const files = stats.isDirectory() ? inventoryFiles(folder) : [basename(path)];
  for (const file of files) readFile(folder, file, graph);
  return folder;
}

const inventoryEndings = ["", ".ini", ".yml", ".yaml", ".json"];

/** The inventory files of a folder. Ansible skips .ini files in a folder; kso takes them where there is no other inventory. */
function inventoryFiles(folder: Folder): readonly string[] {
  const files = folder
    .list("")
    .filter((name) => !/^\.|~$/.test(name) && inventoryEndings.includes(extname(name)) && folder.kind(name) === "file");
  const inventories = files.filter((name) => extname(name) !== ".ini" && looksLikeInventory(folder, name));
  return inventories.length > 0 ? inventories : files.filter((name) => extname(name) === ".ini");
}

/** Whether a file can be read as an inventory with hosts. The folder may hold other files, which Ansible skips with a warning. */
function looksLikeInventory(folder: Folder, name: string): boolean {
  try {
    const trial = new InventoryGraph();
    readFile(folder, name, trial);
    return trial.hosts.size > 0;
  } catch (thrown) {
    // A broken file that is named like an inventory is an error.
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
