// What an upgrade of kubespray brings: two plans of one selection, and what differs.
import type { Catalog } from "../catalog/catalog.ts";
import type { Plan } from "../core/plan.ts";
import { comparePlans, type PlanDifference } from "./plan-difference.ts";
import { selectionFor } from "./release-requests.ts";
import { type PlanRequest, resolve } from "./resolve.ts";

/** Which releases are compared. */
export interface ReleaseDifferenceOptions {
  /** What both are planned for. */
  readonly request: PlanRequest;
  readonly from: string;
  /** Default: the newest. */
  readonly to?: string | undefined;
}

/** Both plans, and what differs. */
export interface ReleaseDifference {
  readonly from: Plan;
  readonly to: Plan;
  readonly difference: PlanDifference;
}

/**
 * Plans both releases and compares the plans. A component that only one of them has is no error: it is added or removed.
 * @throws KsoError `unresolvable` where one of them cannot be planned.
 */
export function diffReleases(options: ReleaseDifferenceOptions, catalog: Catalog): ReleaseDifference {
  const { request, to = catalog.releases.at(-1) } = options;
  const requests = { from: { ...request, release: options.from }, to: { ...request, release: to } };
  const components = {
    from: resolve(catalog, { ...requests.from, selection: {} }).components,
    to: resolve(catalog, { ...requests.to, selection: {} }).components,
  };
  const planOf = (side: "from" | "to"): Plan => {
    const selection = selectionFor(components[side], Object.values(components), request.selection);
    return resolve(catalog, { ...requests[side], selection }).plan;
  };
  const plans = { from: planOf("from"), to: planOf("to") };
  return { ...plans, difference: comparePlans(plans.from, plans.to) };
}
