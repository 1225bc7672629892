// Which release a checkout is. galaxy.yml says it from 2.24 on; before that it lags behind, and a fork may not have it. A checkout
// that pins everything as an embedded release does is that release.

import type { Catalog } from "../catalog/catalog.ts";
import { evaluateRelease } from "../catalog/release.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Release } from "../core/plugin.ts";
import type { Checkout } from "./checkout.ts";

/**
 * `2.31.0`: the embedded release that it is, or what it calls itself (`0.0.0` when it says nothing).
 * `usual` is the Kubernetes version that the checkout installs when nobody says otherwise.
 */
export function identifyRelease(
  checkout: Checkout,
  { kubernetes, pins }: Pick<Release, "kubernetes" | "pins">,
  usual: string,
  catalog: Catalog,
): string {
  const is = (manifest: ReleaseManifest): boolean => {
    if (checkout.commit !== undefined && manifest.source.commit === checkout.commit) return true;
    // Patch releases may differ in nothing else.
    if (manifest.kubernetes.default !== usual || !manifest.kubernetes.versions.includes(kubernetes)) return false;
    return Object.entries(evaluateRelease(manifest, kubernetes).pins).every(([name, value]) => pins[name] === value);
  };
  const own = checkout.version;
  if (catalog.releases.includes(own) && is(catalog.release(own))) return own;
  return [...catalog.releases].reverse().find((version) => is(catalog.release(version))) ?? own;
}
