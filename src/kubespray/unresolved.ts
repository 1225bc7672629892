// Items that cannot be evaluated: a plan names each once, with its expression.
import type { VariableLookup } from "../ansible/host-variables.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
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

/** The field, with the file that sets the variable which cannot be evaluated, where that is known. */
export function withFile(broken: BrokenField, lookup: VariableLookup): BrokenField {
  const { reason } = broken;
  // `a: b: 'c' is undefined`: a rests on b, and b on c.
  const variable = /^(?:\w+: )+/.exec(reason)?.[0].split(": ").at(-2);
  const from = variable === undefined ? undefined : lookup(variable)?.from;
  return from === undefined || reason.includes(from) ? broken : { ...broken, reason: `${reason}, in ${from}` };
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

/** Something that cannot be evaluated, on some hosts. */
export interface UnresolvedItem extends Unresolved {
  readonly hosts: readonly string[];
  /** Whether the cluster wants it, or may want it. */
  readonly needed: boolean;
}

/** Broken items, as a plan names them. */
export function unresolvedItems(
  items: readonly BrokenItem[],
  owners: ComponentOwners,
  isNeeded: (item: Unresolved) => boolean,
): readonly UnresolvedItem[] {
  return items.map(({ item, platform, broken, hosts }) => {
    const kind = item.kind ?? (hasImage(item) ? "image" : "file");
    const name = listedName(item);
    const unresolved = {
      kind,
      name,
      component: owners(kind, name),
      platforms: [platformName(platform)],
      ...broken,
      hosts,
    };
    return { ...unresolved, needed: isNeeded(unresolved) };
  });
}

/** Each item once, for all platforms and hosts that want it, as its first broken field says. */
export function unresolvedCandidates(items: readonly UnresolvedItem[]): readonly UnresolvedCandidate[] {
  const byName = new Map<string, UnresolvedItem>();
  for (const item of items) {
    const key = `${item.kind} ${item.name}`;
    const first = byName.get(key);
    byName.set(key, first?.needed === item.needed ? merged(first, item) : first?.needed ? first : item);
  }
  return [...byName.values()].map(({ needed: isDefault, hosts, ...item }) => ({
    item: { ...item, ...(hosts.length > 0 && { hosts }) },
    isDefault,
  }));
}

function merged(first: UnresolvedItem, { platforms, hosts }: UnresolvedItem): UnresolvedItem {
  return {
    ...first,
    platforms: [...new Set([...first.platforms, ...platforms])],
    hosts: [...new Set([...first.hosts, ...hosts])],
  };
}

/** Files of an inventory that Ansible Vault encrypted and no password opens: they may want anything. */
export function encryptedVariables({ encrypted }: Pick<Inventory, "encrypted">): readonly Unresolved[] {
  return encrypted.map((path) => ({
    kind: "variables",
    name: /(?:group|host)_vars\/.*$/.exec(path)?.[0] ?? path,
    component: "inventory",
    platforms: [],
    field: "",
    expression: "",
    reason: "it is encrypted with Ansible Vault; what it sets, and what that wants, is not known",
  }));
}
