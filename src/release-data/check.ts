// Checks that plugins describe all of a checkout, as kubespray has it.
import type { Contributed } from "../catalog/contributions.ts";
import { evaluateRelease } from "../catalog/release.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import { platforms } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { newestOfEachMinor } from "../core/version.ts";
import { openCheckout } from "../kubespray/checkout.ts";
import { pluginContributions } from "../kubespray/release.ts";
import { type Audit, auditReferences } from "./audit.ts";
import { readRelease } from "./checkout-release.ts";
import { compareWithPlugins } from "./compare-plugins.ts";
import { referencesIn } from "./references.ts";
import { roleFiles } from "./role-files.ts";

/** Which checkout is checked. */
export interface CheckoutOptions {
  readonly kubesprayDir: string;
  /** The release's version, where the checkout does not say it. */
  readonly version?: string | undefined;
}

/** The outcome of the check. */
export interface CheckoutReport extends Audit {
  /** `kubespray-2.32.0`. */
  readonly release: string;
  /** Where a plugin and kubespray name different things: one sentence each. */
  readonly disagreements: readonly string[];
}

/**
 * Audits everything that the roles of a checkout name, and compares the plugins with the checkout's items.
 * @throws KsoError `unresolvable` when neither the options nor the checkout say which release it is.
 */
export function checkCheckout({ kubesprayDir, version }: CheckoutOptions, plugins: readonly Plugin[]): CheckoutReport {
  const checkout = openCheckout(kubesprayDir);
  const { manifest } = readRelease(checkout, version);
  return {
    release: manifest.name,
    ...auditReferences(referencesIn(roleFiles(checkout)), allContributions(manifest, plugins)),
    disagreements: compareWithPlugins(checkout, manifest, plugins),
  };
}

/** All that plugins contribute to the release, at the newest Kubernetes version of each minor one. */
function allContributions(manifest: ReleaseManifest, plugins: readonly Plugin[]): readonly Contributed[] {
  return newestOfEachMinor(manifest.kubernetes.versions).flatMap((kubernetes) =>
    pluginContributions(plugins, evaluateRelease(manifest, kubernetes), platforms),
  );
}
