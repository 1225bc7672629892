// An inventory as kubespray's playbooks see it: with the checkout's own group_vars, and with the groups that the playbooks make by
// themselves before they download.
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
  return openInventory(options, { playbook: checkout.folder, groupTasks: groupTasksOf(checkout) });
}
