// Inventories made up of files, opened as a run opens them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openFolder } from "../../src/ansible/folder.ts";
import type { Inventory } from "../../src/ansible/inventory/inventory.ts";
import { openInventory } from "../../src/ansible/inventory/open.ts";
import { type InventoryOptions, noInventory } from "../../src/ansible/inventory/options.ts";
import { Dict, isList, type PythonValue, unwrap } from "../../src/ansible/jinja/values.ts";
import { plant, type Tree } from "./checkout.ts";
import { temporary } from "./temp.ts";

/** A site: files below a folder, of which `site/kubespray` is the playbook's. */
export interface Site extends Disposable {
  readonly path: string;
  readonly at: (name: string) => string;
  /** Opens inventories by their paths in the site; lists of hosts stay as they are. */
  readonly open: (inventories: readonly string[], options?: Partial<InventoryOptions>) => Inventory;
}

/** Plants a site. */
export function siteOf(files: Tree): Site {
  const folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  plant(folder.path, files);
  mkdirSync(at("kubespray"), { recursive: true });
  return {
    path: folder.path,
    at,
    open: (inventories, options = {}) =>
      openInventory(
        { ...noInventory, inventories: inventories.map((name) => (name.includes(",") ? name : at(name))), ...options },
        { playbook: openFolder(at("kubespray")), play: openFolder(at("kubespray")), groupTasks: [] },
      ),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Host → its groups. */
export function groupsOf({ hosts }: Inventory): Record<string, readonly string[]> {
  return Object.fromEntries(hosts.map(({ name, groups }) => [name, groups]));
}

/** A host's variables as JSON, without what Ansible sets for each; of several sources the later one wins. */
export function variablesOf({ hosts }: Inventory, name: string): Record<string, unknown> {
  const sources = hosts.find((host) => host.name === name)?.sources ?? [];
  const {
    inventory_dir: _,
    inventory_file: __,
    ...variables
  } = Object.fromEntries(sources.flatMap((source) => [...source].map(([key, { value }]) => [key, toJson(value)])));
  return variables;
}

function toJson(value: PythonValue): unknown {
  const plain = unwrap(value);
  if (typeof plain === "bigint") return Number(plain);
  if (isList(plain)) return plain.map(toJson);
  return plain instanceof Dict
    ? Object.fromEntries(plain.entries().map(([key, item]) => [String(key), toJson(item)]))
    : plain;
}
