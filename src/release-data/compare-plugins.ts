// Compares a checkout with the plugins: every place where a plugin writes another URL or image than kubespray itself, or where
// kubespray has an item that no plugin knows.

import { type Contributed, contributionsOf } from "../catalog/contributions.ts";
import { evaluateRelease, sampleVersions } from "../catalog/release.ts";
import { KsoError } from "../core/errors.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import { type Platform, platformName, platforms } from "../core/platform.ts";
import type { Contribution, Plugin, Release } from "../core/plugin.ts";
import { anyHostTemplar } from "../kubespray/any-host.ts";
import type { Checkout } from "../kubespray/checkout.ts";
import { itemContributions } from "../kubespray/contributions.ts";
import { evaluateItems } from "../kubespray/items.ts";
import { kubernetesVariable } from "../kubespray/release.ts";

/** One sentence for each disagreement, over the default and the newest Kubernetes version of each minor one, and all platforms. */
export function compareWithPlugins(
  checkout: Checkout,
  manifest: ReleaseManifest,
  plugins: readonly Plugin[],
): string[] {
  const disagreements = sampleVersions(manifest).flatMap((kubernetes) =>
    platforms.flatMap((platform) => {
      const { described, failures } = describedByPlugins(plugins, evaluateRelease(manifest, kubernetes), platform);
      return [...failures, ...compareItems(checkout, kubernetes, platform, described)];
    }),
  );
  return [...new Set(disagreements)];
}

/** What plugins contribute, and the messages of those that fail: every plan of such a release would fail as well. */
function describedByPlugins(
  plugins: readonly Plugin[],
  release: Release,
  platform: Platform,
): { described: Contributed[]; failures: string[] } {
  const failures: string[] = [];
  const described = plugins.flatMap((plugin) => {
    try {
      return contributionsOf(plugin, release, platform);
    } catch (thrown) {
      if (!(thrown instanceof KsoError)) throw thrown;
      failures.push(thrown.message);
      return [];
    }
  });
  return { described, failures };
}

function compareItems(
  checkout: Checkout,
  kubernetes: string,
  platform: Platform,
  described: readonly Contributed[],
): string[] {
  const templar = anyHostTemplar(checkout, platform.machine, kubernetesVariable(checkout, kubernetes));
  return evaluateItems(checkout, templar).flatMap((item) => [
    ...item.broken
      .filter(({ field }) => field !== "when")
      .map(
        ({ field, expression, reason }) =>
          `${item.name}: its ${field} ("${expression}") cannot be evaluated: ${reason}`,
      ),
    ...itemContributions(item, templar, ["file", "image"]).flatMap(
      (contribution) => disagreement(contribution, platform, described) ?? [],
    ),
  ]);
}

/** What kubespray says and plugins do not; undefined when a plugin says the same. */
function disagreement(item: Contribution, platform: Platform, described: readonly Contributed[]): string | undefined {
  const candidates = described.filter(({ kind, name }) => kind === item.kind && name === item.name);
  const locators = candidates.map(locatorOf);
  if (locators.includes(locatorOf(item))) return undefined;
  const [first] = candidates;
  return first
    ? `${item.kind} ${item.name} for ${platformName(platform)}: kubespray says ${locatorOf(item)}, and the plugin ${first.component} ${locators.join(", ")}`
    : `${item.kind} ${item.name}: no plugin describes it; kubespray says ${locatorOf(item)}`;
}

function locatorOf(item: Contribution): string {
  return item.kind === "file" ? item.url : item.image;
}
