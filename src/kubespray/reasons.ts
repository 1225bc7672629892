// Why an item or a component is in a cluster's plan, or not.
import type { Contributed } from "../catalog/contributions.ts";
import type { ComponentOwners } from "./contributions.ts";
import { type ItemDownload, isRequired } from "./item-download.ts";
import { listedName } from "./items.ts";

/** `enabled: kube_network_plugin = calico, group k8s_cluster, 3 hosts`. */
export function downloadReason(download: ItemDownload, downloads: readonly ItemDownload[]): string {
  const { item, role, uncertain } = download;
  if (!isRequired(download))
    return `not wanted: ${item.enabled ? "no host is in its groups" : item.cause || "not enabled"}`;
  // The same image on both architectures is one artifact: its hosts count together.
  const same = downloads.filter(
    (other) => other.item.name === item.name && other.item.kind === item.kind && other.role === role,
  );
  const count = new Set(same.flatMap(({ hosts }) => hosts)).size;
  const groups = item.groups.length > 0 && role === undefined ? `, group ${item.groups.join(" and ")}` : "";
  const cause =
    role === undefined
      ? `enabled: ${item.cause || "always"}`
      : `fetched by the role ${role}${uncertain === undefined ? "" : `, unless a run finds otherwise (${uncertain})`}`;
  return `${cause}${groups}, ${count} host${count === 1 ? "" : "s"}`;
}

/** Component → why it is in or out, as its first item says. */
export function componentReasons(
  contributed: readonly Contributed[],
  downloads: readonly ItemDownload[],
  owners: ComponentOwners,
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { component, reason, needed } of contributed)
    if (needed && reason !== undefined && !reasons.has(component)) reasons.set(component, reason);
  for (const download of downloads) {
    const component = owners(download.item.kind ?? "file", listedName(download.item));
    if (!reasons.has(component)) reasons.set(component, downloadReason(download, downloads));
  }
  for (const { component } of contributed)
    if (!reasons.has(component)) reasons.set(component, `not enabled; --with ${component} takes it in`);
  return reasons;
}
