// An inventory as kubespray's playbooks see it: with the checkout's own group_vars, and with the groups that kubespray makes by
// itself when it starts: `k8s_cluster` from its parts (from 2.29 on), old names with hyphens before.
import { displayPath } from "../ansible/folder.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
import { openInventory } from "../ansible/inventory/open.ts";
import type { InventoryOptions } from "../ansible/inventory/options.ts";
import { Dict, isList, unwrap } from "../ansible/jinja/values.ts";
import { readYaml } from "../ansible/yaml.ts";
import type { Checkout } from "./checkout.ts";

type GroupMappings = ReadonlyMap<string, readonly string[]>;

/** playbooks/legacy_groups.yml and boilerplate.yml up to 2.28: new name → old names. */
const legacyGroups: GroupMappings = new Map([
  ["kube_control_plane", ["kube-master"]],
  ["kube_node", ["kube-node"]],
  ["k8s_cluster", ["k8s-cluster"]],
  ["calico_rr", ["calico-rr"]],
  ["no_floating", ["no-floating"]],
]);

/**
 * Reads the inventory of a cluster that a checkout installs.
 * @throws KsoError `usage` when there is none of that name, `unresolvable` for what cannot be read.
 */
export function openClusterInventory(options: InventoryOptions, checkout: Checkout): Inventory {
  return openInventory(options, { playbook: checkout.folder, groupMappings: groupMappings(checkout) });
}

function groupMappings({ folder }: Checkout): GroupMappings {
  const path = "roles/dynamic_groups/tasks/main.yml";
  if (folder.kind(path) !== "file") return legacyGroups;
  const tasks = readYaml(folder.read(path), displayPath(folder, path));
  for (const task of isList(tasks) ? tasks : []) {
    const vars = task instanceof Dict ? task.get("vars") : undefined;
    const mappings = vars instanceof Dict ? vars.get("group_mappings") : undefined;
    if (mappings instanceof Dict) return mappingsIn(mappings);
  }
  return legacyGroups;
}

function mappingsIn(mappings: Dict): GroupMappings {
  return new Map(
    mappings
      .entries()
      .map(([name, sources]) => [
        String(unwrap(name)),
        isList(sources) ? sources.map((source) => String(unwrap(source))) : [],
      ]),
  );
}
