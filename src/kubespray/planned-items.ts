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
    const { item, platform } = download;
    // A task may fetch what no digest is published for in the checkout, and a plugin knows it.
    if (download.role !== undefined && item.digest === undefined && isDescribed(download, context.described)) continue;
    const faults = brokenFields(download, context.forCluster);
    broken.push(...faults);
    const reason = isRequired(download) ? downloadReason(download, downloads) : undefined;
    for (const written of writtenContributions(download, faults, context)) {
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

/** What an item is. A file whose checksum is broken is unresolved, and nothing that upstream publishes no digest of. */
function writtenContributions(
  { item, templar }: ItemDownload,
  faults: readonly BrokenItem[],
  { forCluster }: ItemContext,
): readonly Contribution[] {
  const written = itemContributions(item, templar, forCluster ? [item.kind] : ["file", "image"]);
  return faults.some(isAboutDigest) ? written.filter(({ kind }) => kind !== "file") : written;
}

function isAboutDigest({ broken: { field } }: BrokenItem): boolean {
  return field === "checksum" || field === "sha256";
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
