// Resolves a cluster: the plan of a checkout, for the inventory in a file or a folder.
import { extraVariables } from "../ansible/extra-vars.ts";
import { configurationFor } from "../ansible/inventory/open.ts";
import type { InventoryOptions } from "../ansible/inventory/options.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { KsoError } from "../core/errors.ts";
import { openCheckout } from "./checkout.ts";
import { openClusterInventory } from "./inventory.ts";
import { type CheckoutPlanOptions, type ClusterPlan, planCheckout } from "./plan.ts";

/** A checkout and an inventory by their paths, and what is planned. */
export interface ClusterOptions extends Omit<CheckoutPlanOptions, "inventory"> {
  readonly kubesprayDir: string;
  /** Where neither it nor ansible.cfg names an inventory, all that the checkout lists. */
  readonly inventory: InventoryOptions;
}

/**
 * The plan of a cluster.
 * @throws KsoError `usage` where there is no checkout or inventory, `unresolvable` where there is no such plan.
 */
export function resolveCluster(catalog: Catalog, options: ClusterOptions): ClusterPlan {
  const { kubesprayDir, inventory, ...planOptions } = options;
  const checkout = openCheckout(kubesprayDir);
  const { inventories, mergesHashes } = configurationFor(inventory, checkout.folder.path);
  if (inventory.inventories.length + inventories.length > 0)
    return planCheckout(checkout, catalog, { ...planOptions, inventory: openClusterInventory(inventory, checkout) });
  if (inventory.limit !== undefined)
    throw new KsoError("usage", "--limit wants --inventory: it chooses among the hosts of one");
  return planCheckout(checkout, catalog, { ...planOptions, extraVars: extraVariables(inventory, mergesHashes) });
}
