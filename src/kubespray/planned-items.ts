// What the items of a checkout contribute to a plan.
import { type Contributed, problemOf, withPin } from "../catalog/contributions.ts";
import type { Contribution } from "../core/plugin.ts";
import { referenceFault } from "../core/reference.ts";
import { type ComponentOwners, itemContributions, pluginVersions } from "./contributions.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import type { BrokenField } from "./items.ts";
import { downloadReason } from "./reasons.ts";
import { type BrokenItem, brokenFields } from "./unresolved.ts";

/** What contributions are made from, besides the items. */
export interface ItemContext {
  /** What plugins contribute. */
  readonly described: readonly Contributed[];
  readonly owners: ComponentOwners;
  /** Who wrote the URLs and the names: the checkout. */
  readonly writer: string;
  /** Whether the plan is for the hosts of an inventory. Otherwise an item contributes both its file and its image. */
  readonly forCluster: boolean;
}

/** The contributions of all items, and what cannot be used. */
export interface PlannedItems {
  readonly contributed: readonly Contributed[];
  readonly broken: readonly BrokenItem[];
}

/** Collects the contributions of all items. One that is not valid (a malformed URL or image name) is listed as broken. */
export function contributeItems(downloads: readonly ItemDownload[], context: ItemContext): PlannedItems {
  const asPlugins = pluginVersions(context.described);
  const contributed: Contributed[] = [];
  const broken: BrokenItem[] = [];
  for (const download of downloads) {
    const { item, platform, templar } = download;
    // A task may fetch what no digest is published for in the checkout, and a plugin knows it.
    if (download.role !== undefined && item.digest === undefined && isDescribed(download, context.described)) continue;
    broken.push(...brokenFields(download, context.forCluster));
    const reason = isRequired(download) ? downloadReason(download, downloads) : undefined;
    const kinds = context.forCluster ? [item.kind] : (["file", "image"] as const);
    for (const written of itemContributions(item, templar, kinds)) {
      const problem = problemOf(written);
      if (problem !== undefined) {
        broken.push({ item, platform, broken: locatorFault(written, problem), hosts: download.hosts });
        continue;
      }
      const contribution = asPlugins(withPin(written), platform);
      contributed.push({
        ...contribution,
        component: context.owners(contribution.kind, contribution.name),
        platform,
        writer: context.writer,
        ...(reason !== undefined && { reason, needed: true }),
      });
    }
  }
  return { contributed, broken };
}

function isDescribed({ item, platform }: ItemDownload, described: readonly Contributed[]): boolean {
  return described.some((other) => other.kind === "file" && other.url === item.url && other.platform === platform);
}

/** What is wrong with a contribution whose fields all have values. */
function locatorFault(contribution: Contribution, problem: string): BrokenField {
  if (contribution.kind === "file") return { field: "url", expression: contribution.url, reason: problem };
  const { image } = contribution;
  return { field: "repo and tag", expression: image, reason: referenceFault(image) ?? problem };
}
