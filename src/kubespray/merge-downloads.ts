// Puts the evaluations of several hosts together: one download for each file or image that is requested.
import type { Platform } from "../core/platform.ts";
import type { EvaluatedItem, HostEvaluation } from "./host-evaluations.ts";
import type { ItemDownload } from "./item-download.ts";

/** The downloads of all hosts, by platform. */
export function mergeDownloads(
  evaluations: readonly (readonly [platform: Platform, evaluations: readonly HostEvaluation[]])[],
): readonly ItemDownload[] {
  return withPods(evaluations.flatMap(([platform, evaluated]) => mergePlatform(platform, evaluated)));
}

function mergePlatform(platform: Platform, evaluations: readonly HostEvaluation[]): ItemDownload[] {
  const merged = new Map<string, ItemDownload & { readonly hosts: string[] }>();
  for (const { items, templar, hosts } of evaluations)
    for (const evaluated of items) {
      const { item, requested, place, fetchedBy } = evaluated;
      const key = downloadKey(evaluated);
      const { role, uncertain } = fetchedBy ?? {};
      const download = merged.get(key) ?? { item, requested, place, role, uncertain, platform, templar, hosts: [] };
      if (isFetched(evaluated)) download.hosts.push(...(fetchedBy?.hosts ?? hosts));
      merged.set(key, download);
    }
  // An item that some hosts require is required; that others do not says nothing new.
  const downloads = [...merged.values()];
  const required = new Set(downloads.filter(({ hosts }) => hosts.length > 0).map(({ item }) => item.name));
  return downloads.filter(({ item, hosts }) => hosts.length > 0 || !required.has(item.name));
}

function isFetched({ item, fetchedBy }: EvaluatedItem): boolean {
  return item.required || fetchedBy !== undefined;
}

function downloadKey(evaluated: EvaluatedItem): string {
  const { item, requested } = evaluated;
  const locators =
    item.kind === "image"
      ? `${item.repo}:${item.tag}@${item.digest} ${requested.repo}`
      : `${item.url} ${requested.url}`;
  return `${item.name} ${item.kind} ${locators} ${item.checksum} ${isFetched(evaluated)} ${item.broken.length}`;
}

/** Static pods and proxies run where the download role put their images; everything else where the scheduler likes. */
const staticPods = /^(?:etcd|nginx|haproxy|kube-vip|kubeadm_.*)$/;

function withPods(downloads: readonly ItemDownload[]): readonly ItemDownload[] {
  const images = downloads.filter(({ item, hosts }) => item.kind === "image" && hosts.length > 0);
  const required = new Set(images.map(({ item }) => item.name));
  return downloads.map((download) => {
    const { item, hosts } = download;
    const anywhere =
      item.kind === "image" && hosts.length === 0 && required.has(item.name) && !staticPods.test(item.name);
    return anywhere ? { ...download, anywhere } : download;
  });
}
