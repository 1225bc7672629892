// What the checkout's own generate_list.sh would print, in its order: every `…download_url` of the defaults, then every image of
// `downloads`, then what kubeadm names. Items that it leaves out (Argo CD's manifests) come in by name only.

import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Checkout } from "./checkout.ts";
import type { DownloadItem } from "./items.ts";

/** The names in both lists; those of items that contribute nothing are left out by the caller. */
export function releaseLists(
  checkout: Checkout,
  host: Templar,
  items: readonly DownloadItem[],
): ReleaseManifest["lists"] {
  const downloads = host.rawOf("downloads");
  const raw = downloads instanceof Dict ? downloads : new Dict();
  // `kubelet_download_url` → the items that ask for it.
  const asking = new Map<string, string[]>();
  for (const [name, fields] of raw.entries()) {
    const url = fields instanceof Dict ? fields.get("url") : undefined;
    for (const variable of variablesIn(url))
      asking.set(variable, [...(asking.get(variable) ?? []), String(unwrap(name))]);
  }
  const urls = checkout.defaults.flatMap((layer) => [...layer.keys()]).filter((name) => /download_url$/.test(name));
  const named = new Set(items.filter(({ name }) => name.startsWith("kubeadm_kube-")).map(({ name }) => name));
  return {
    files: [...new Set(urls.flatMap((url) => asking.get(url) ?? []))],
    images: [
      ...items.filter(({ name, repo }) => repo !== undefined && !name.startsWith("kubeadm_")).map(({ name }) => name),
      ...[...named].map((name) => name.replace("kubeadm_", "")),
    ],
  };
}

function variablesIn(expression: PythonValue | undefined): string[] {
  if (typeof expression !== "string") return [];
  return [...expression.matchAll(/\b\w+download_url\b/g)].map(([name]) => name);
}
