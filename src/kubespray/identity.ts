// Which release a checkout is. galaxy.yml says it from 2.24 on; before that it lags behind, and a fork may not have it. A checkout
// that pins everything as an embedded release does is that release.
import type { Catalog } from "../catalog/catalog.ts";
import { evaluateRelease } from "../catalog/release.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Release } from "../core/plugin.ts";
import type { Checkout } from "./checkout.ts";

/** What a checkout pins. */
export interface CheckoutPins extends Pick<Release, "kubernetes" | "pins"> {
  /** The Kubernetes version that the checkout installs when nobody chooses another. */
  readonly defaultKubernetes: string;
}

/** `2.31.0`: the embedded release that a checkout is, or what it calls itself (`0.0.0` when it says nothing). */
export function identifyRelease(
  checkout: Checkout,
  { kubernetes, pins, defaultKubernetes }: CheckoutPins,
  catalog: Catalog,
): string {
  const matches = (manifest: ReleaseManifest): boolean => {
    if (checkout.commit !== undefined && manifest.source.commit === checkout.commit) return true;
    // Two patch releases may differ in the default version alone.
    if (manifest.kubernetes.default !== defaultKubernetes) return false;
    if (!manifest.kubernetes.versions.includes(kubernetes)) return false;
    return Object.entries(evaluateRelease(manifest, kubernetes).pins).every(([name, value]) => pins[name] === value);
  };
  const { version } = checkout;
  if (catalog.releases.includes(version) && matches(catalog.release(version))) return version;
  return [...catalog.releases].reverse().find((release) => matches(catalog.release(release))) ?? version;
}
