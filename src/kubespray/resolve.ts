// Resolves a cluster: the plan of a checkout, for the inventory in a file or a folder.
import type { InventoryOptions } from "../ansible/inventory/options.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { openCheckout } from "./checkout.ts";
import { openClusterInventory } from "./inventory.ts";
import { type CheckoutPlanOptions, type ClusterPlan, planCheckout } from "./plan.ts";

/** A checkout and an inventory by their paths, and what is planned. */
export interface ClusterOptions extends Omit<CheckoutPlanOptions, "inventory"> {
  readonly kubesprayDir: string;
  /** Where it names no inventory, all that the checkout lists. */
  readonly inventory: InventoryOptions;
}

/**
 * The plan of a cluster.
 * @throws KsoError `usage` where there is no checkout or inventory, `unresolvable` where there is no such plan.
 */
export function resolveCluster(catalog: Catalog, options: ClusterOptions): ClusterPlan {
  const { kubesprayDir, inventory, ...planOptions } = options;
  const checkout = openCheckout(kubesprayDir);
  return planCheckout(checkout, catalog, {
    ...planOptions,
    ...(inventory.inventories.length > 0 && { inventory: openClusterInventory(inventory, checkout) }),
  });
}
