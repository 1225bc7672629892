// Items that cannot be evaluated: a plan names them with their expression.
import type { Plan, Unavailable } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { ComponentOwners } from "./contributions.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import { type BrokenField, type DownloadItem, listedName } from "./items.ts";

/** A field of an item that cannot be used, for one platform. */
export interface BrokenItem {
  readonly item: DownloadItem;
  readonly platform: Platform;
  readonly broken: BrokenField;
}

/** Fields without which nobody knows whether an item is required. */
const decisiveFields: ReadonlySet<string> = new Set(["", "enabled", "container", "file", "groups", "when"]);

/** What is broken in a download. In a plan for a cluster only items count that it requires, or may require. */
export function brokenFields(download: ItemDownload, forCluster: boolean): BrokenItem[] {
  const { item, platform } = download;
  const matters = !forCluster || isRequired(download) || item.broken.some(({ field }) => decisiveFields.has(field));
  if (!matters) return [];
  return item.broken.filter(({ field }) => field !== "when").map((broken) => ({ item, platform, broken }));
}

/** The plan with broken items among what is unavailable; in a plan for no cluster only those of included components. */
export function withBrokenItems(
  plan: Plan,
  items: readonly BrokenItem[],
  owners: ComponentOwners,
  forCluster: boolean,
): Plan {
  const included = new Set(plan.components.filter((decision) => decision.included).map(({ component }) => component));
  const unavailable = items
    .map((item) => unavailableItem(item, owners))
    .filter(({ component }) => forCluster || included.has(component));
  return { ...plan, unavailable: [...plan.unavailable, ...unavailable] };
}

function unavailableItem({ item, platform, broken }: BrokenItem, owners: ComponentOwners): Unavailable {
  const kind = item.kind ?? "file";
  const name = listedName(item);
  return {
    kind,
    name,
    component: owners(kind, name),
    platform: platformName(platform),
    included: false,
    version: item.version ?? item.tag ?? "unknown",
    locator: broken.expression,
    reason: `its ${broken.field || "value"} ("${broken.expression}") cannot be evaluated: ${broken.reason}`,
  };
}
