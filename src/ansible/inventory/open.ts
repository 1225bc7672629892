// Opens the inventories of a run: files, folders of files and lists of hosts, with group_vars and host_vars beside. Read as Ansible
// does, with its precedence, and never run: programs and plugins are refused.
import { KsoError } from "../../core/errors.ts";
import { type AnsibleConfiguration, configurationNotes, openConfiguration } from "../configuration.ts";
import { extraVariables } from "../extra-vars.ts";
import { type Folder, statsOf } from "../folder.ts";
import { openVault } from "../vault.ts";
import { InventoryGraph } from "./graph.ts";
import { resolveHosts } from "./hosts.ts";
import type { Inventory } from "./inventory.ts";
import { limitedHosts } from "./limit.ts";
import type { InventoryOptions } from "./options.ts";
import { isHostList, SourceReader, sourceFolder } from "./sources.ts";
import { VariableFiles } from "./variable-files.ts";

/** What a playbook adds to an inventory. */
export interface PlaybookContext {
  /** The playbook's folder: links may lead into it. */
  readonly playbook: Folder;
  /** The folder of the file that the play stands in: its group_vars and host_vars count too. */
  readonly play: Folder;
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
 * The ansible.cfg of a run: beside the first inventory, in the working directory, or in the playbook's folder, the first that is there.
 * @throws KsoError `unresolvable` for one that cannot be read.
 */
export function configurationFor({ inventories: [first] }: InventoryOptions, playbook: string): AnsibleConfiguration {
  const beside = first === undefined || isHostList(first) || !statsOf(first) ? [] : [sourceFolder(first)];
  return openConfiguration([...beside, ".", playbook]);
}

/**
 * Reads the inventories that the options name, or ansible.cfg where they name none, merged in their order.
 * @throws KsoError `usage` when there is none of that name, `unresolvable` for what cannot be read.
 */
export function openInventory(options: InventoryOptions, { playbook, play, groupTasks }: PlaybookContext): Inventory {
  const configuration = configurationFor(options, playbook.path);
  const vault = openVault(options);
  const inventories = options.inventories.length > 0 ? options.inventories : configuration.inventories;
  const reader = new SourceReader({
    graph: new InventoryGraph(configuration),
    configuration,
    vault,
    playbook: playbook.path,
    followLinks: options.followLinks,
  });
  const folders = inventories.flatMap((path) => reader.read(path) ?? []);
  const { graph } = reader;
  if (graph.hosts.size === 0)
    throw new KsoError("unresolvable", `Cannot use the inventory ${inventories.join(", ")}: it names no host`);
  const limit = limitedHosts(options.limit, graph);
  const variables = new VariableFiles([...folders, play], vault);
  const facts = { playbook: playbook.path, named: options.inventories.length > 0, hasPasswords: vault.hasPasswords };
  const run: Omit<Inventory, "hosts" | "groups" | "encrypted"> = {
    extraVars: extraVariables(options, configuration.mergesHashes),
    mergesHashes: configuration.mergesHashes,
    ...(limit && { limit: limit.hosts }),
    notes: [...configurationNotes(configuration, facts), ...graph.notes, ...(limit?.notes ?? [])],
  };
  const resolve = (): Inventory => ({ ...run, ...resolveHosts(graph, variables), encrypted: variables.encrypted });
  let inventory = resolve();
  for (const groupTask of groupTasks) if (addGroups(graph, groupTask(inventory))) inventory = resolve();
  return inventory;
}

/** Adds the groups that a task makes. @returns whether there are any. */
function addGroups(graph: InventoryGraph, groups: readonly MadeGroup[]): boolean {
  for (const { name, parents, hosts } of groups) {
    // A host that is in the group by a child of it keeps its place.
    const there = new Set(graph.hostsBelow(name));
    for (const host of hosts) if (!there.has(host)) graph.group(name).hosts.add(host);
    for (const parent of parents) graph.addChild(parent, name);
  }
  return groups.length > 0;
}
