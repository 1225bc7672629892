// What the checkout's own generate_list.sh would print, in its order: every `…download_url` of the defaults, then every image of
// `downloads`, then what kubeadm names. Items that it leaves out (Argo CD's manifests) come in by name only.
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Checkout } from "./checkout.ts";
import { type DownloadItem, hasImage } from "./items.ts";

/** The names in both lists; those of items that contribute nothing are left out by the caller. */
export function releaseLists(
  checkout: Checkout,
  templar: Templar,
  items: readonly DownloadItem[],
): ReleaseManifest["lists"] {
  const itemsByUrl = itemsByUrlVariable(templar.rawOf("downloads"));
  const urls = checkout.defaults
    .flatMap((source) => [...source.keys()])
    .filter((name) => name.endsWith("download_url"));
  const images = items.filter((item) => hasImage(item) && !item.name.startsWith("kubeadm_"));
  const controlPlane = new Set(items.map(({ name }) => name).filter((name) => name.startsWith("kubeadm_kube-")));
  return {
    files: [...new Set(urls.flatMap((url) => itemsByUrl.get(url) ?? []))],
    images: [...images.map(({ name }) => name), ...[...controlPlane].map((name) => name.replace("kubeadm_", ""))],
  };
}

/** `kubelet_download_url` → the items that have it as their URL. */
function itemsByUrlVariable(downloads: PythonValue | undefined): ReadonlyMap<string, readonly string[]> {
  const itemsByUrl = new Map<string, string[]>();
  for (const [name, fields] of downloads instanceof Dict ? downloads.entries() : []) {
    const url = fields instanceof Dict ? fields.get("url") : undefined;
    for (const variable of urlVariables(url))
      itemsByUrl.set(variable, [...(itemsByUrl.get(variable) ?? []), String(unwrap(name))]);
  }
  return itemsByUrl;
}

function urlVariables(expression: PythonValue | undefined): string[] {
  if (typeof expression !== "string") return [];
  return [...expression.matchAll(/\b\w+download_url\b/g)].map(([name]) => name);
}
