// An inventory as kubespray's playbooks see it: with the checkout's own group_vars, and with the groups that the playbooks make by
// themselves before they download.
import { join } from "node:path";
import { type Folder, openFolder } from "../ansible/folder.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
import { openInventory } from "../ansible/inventory/open.ts";
import type { InventoryOptions } from "../ansible/inventory/options.ts";
import type { Checkout } from "./checkout.ts";
import { groupTasksOf } from "./playbook-groups.ts";

/**
 * Reads the inventory of a cluster that a checkout installs.
 * @throws KsoError `usage` when there is none of that name, `unresolvable` for what cannot be read.
 */
export function openClusterInventory(options: InventoryOptions, checkout: Checkout): Inventory {
  const context = { playbook: checkout.folder, play: playFolder(checkout) };
  return openInventory(options, { ...context, groupTasks: groupTasksOf(checkout) });
}

/** The folder of the file whose play downloads: kubespray's own cluster.yml imports the one in `playbooks`. */
function playFolder({ folder, playbooks }: Checkout): Folder {
  const path = playbooks().downloadRoles[0]?.play.folder ?? ".";
  return path === "." ? folder : openFolder(join(folder.path, path), { targets: [folder.path] });
}
