// Items that cannot be evaluated: a plan names each once, with its expression.
import type { Unresolved } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { UnresolvedCandidate } from "../plan/assemble.ts";
import type { ComponentOwners } from "./contributions.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import { type BrokenField, type DownloadItem, hasImage, listedName } from "./items.ts";

/** A field of an item that cannot be used, for one platform. */
export interface BrokenItem {
  readonly item: DownloadItem;
  readonly platform: Platform;
  readonly broken: BrokenField;
  /** The hosts that want it, where they are known. */
  readonly hosts: readonly string[];
}

/** Fields without which nobody knows whether an item is required. */
const decisiveFields: ReadonlySet<string> = new Set(["", "enabled", "container", "file", "groups", "when"]);

/** What is broken in a download. In a plan for a cluster only items count that it requires, or may require. */
export function brokenFields(download: ItemDownload, forCluster: boolean): BrokenItem[] {
  const { item, platform, hosts } = download;
  const matters = !forCluster || isRequired(download) || item.broken.some(({ field }) => decisiveFields.has(field));
  if (!matters) return [];
  // The conditions rest on the fields; they are named where every field is fine.
  const fields = item.broken.filter(({ field }) => field !== "when");
  return (fields.length > 0 ? fields : item.broken).map((broken) => ({ item, platform, broken, hosts }));
}

/** Each item once, for all its platforms and hosts, as its first broken field says. */
export function unresolvedItems(
  items: readonly BrokenItem[],
  owners: ComponentOwners,
  isDefault: (item: Unresolved) => boolean,
): readonly UnresolvedCandidate[] {
  const byName = new Map<string, Unresolved>();
  for (const broken of items) {
    const item = unresolvedItem(broken, owners);
    const key = `${item.kind} ${item.name}`;
    byName.set(key, merged(byName.get(key) ?? item, item));
  }
  return [...byName.values()].map((item) => ({ item, isDefault: isDefault(item) }));
}

function unresolvedItem({ item, platform, broken, hosts }: BrokenItem, owners: ComponentOwners): Unresolved {
  const kind = item.kind ?? (hasImage(item) ? "image" : "file");
  const name = listedName(item);
  return {
    kind,
    name,
    component: owners(kind, name),
    platforms: [platformName(platform)],
    field: broken.field,
    expression: broken.expression,
    reason: broken.reason,
    ...(hosts.length > 0 && { hosts }),
  };
}

function merged(first: Unresolved, { platforms, hosts = [] }: Unresolved): Unresolved {
  const allHosts = [...new Set([...(first.hosts ?? []), ...hosts])];
  return {
    ...first,
    platforms: [...new Set([...first.platforms, ...platforms])],
    ...(allHosts.length > 0 && { hosts: allHosts }),
  };
}
