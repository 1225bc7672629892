// --kubespray-dir and --inventory: a plan from a checkout instead of embedded data, for a cluster instead of all there is.

import type { Catalog } from "../catalog/catalog.ts";
import { KsoError } from "../core/errors.ts";
import { openCheckout } from "../kubespray/checkout.ts";
import { openClusterInventory } from "../kubespray/inventory.ts";
import { type CheckoutRequest, type ClusterPlan, planCheckout } from "../kubespray/plan.ts";
import type { PlanRequest } from "../plan/resolve.ts";
import type { SelectionOptions } from "./flags/table.ts";

/** The plan from the checkout that the flags name. @throws KsoError `usage` for flags that contradict each other. */
export function resolveCheckout(
  options: Pick<SelectionOptions, "inventory"> & { readonly kubesprayDir: string },
  catalog: Catalog,
  request: PlanRequest & Pick<CheckoutRequest, "assumed">,
): ClusterPlan {
  if (request.release !== undefined)
    throw new KsoError("usage", "--kubespray names an embedded release and --kubespray-dir a checkout; take one");
  const checkout = openCheckout(options.kubesprayDir);
  const inventory = options.inventory;
  return planCheckout(checkout, catalog, {
    ...request,
    ...(inventory !== undefined && { inventory: openClusterInventory(inventory, checkout) }),
  });
}
