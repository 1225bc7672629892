// Do plugins and kubespray say the same? In travel a checkout and the manifest that was made from it; out travels every place where a
// plugin writes another URL or image than kubespray itself, or where kubespray has an item that no plugin knows.

import { contributionsOf as fromPlugin } from "../catalog/contributions.ts";
import { evaluateRelease } from "../catalog/release.ts";
import { KsoError } from "../core/errors.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import { platformName, platforms } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { minor } from "../core/version.ts";
import type { Checkout } from "../kubespray/checkout.ts";
import { itemContributions } from "../kubespray/contributed.ts";
import { anyHost, templarFor } from "../kubespray/host.ts";
import { evaluateItems } from "../kubespray/items.ts";
import { kubernetesVariable } from "../kubespray/release.ts";

/** One sentence for each disagreement, over the default and the newest Kubernetes version of each line, and both platforms. */
export function disagreements(checkout: Checkout, manifest: ReleaseManifest, plugins: readonly Plugin[]): string[] {
  const { default: usual, versions } = manifest.kubernetes;
  const newest = [...Map.groupBy(versions, minor).values()].flatMap(([first]) => first ?? []);
  const found = new Set<string>();
  for (const kubernetes of new Set([usual, ...newest]))
    for (const platform of platforms) {
      const site = anyHost();
      const layer = kubernetesVariable(checkout, kubernetes);
      const host = templarFor(checkout, site, site.host, platform.machine, layer);
      const release = evaluateRelease(manifest, kubernetes);
      const described = plugins.flatMap((plugin) => {
        try {
          return fromPlugin(plugin, release, platform);
        } catch (thrown) {
          // It wants a variable that the release no longer has: every plan of it would fail.
          if (!(thrown instanceof KsoError)) throw thrown;
          found.add(thrown.message);
          return [];
        }
      });
      for (const item of evaluateItems(checkout, host)) {
        for (const { field, expression, reason } of item.broken)
          if (field !== "when")
            found.add(`${item.name}: its ${field} ("${expression}") cannot be evaluated: ${reason}`);
        const chosen = { item, platform, both: true, needed: true };
        for (const own of itemContributions(chosen, () => "kubespray", host, "kubespray")) {
          const same = described.filter(({ kind, name }) => kind === own.kind && name === own.name);
          const words = same.map((one) => (one.kind === "file" ? one.url : one.image));
          const said = own.kind === "file" ? own.url : own.image;
          if (words.includes(said)) continue;
          found.add(
            same.length === 0
              ? `${own.kind} ${own.name}: no plugin describes it; kubespray says ${said}`
              : `${own.kind} ${own.name} for ${platformName(platform)}: kubespray says ${said}, and the plugin ${same[0]?.component} ${words.join(", ")}`,
          );
        }
      }
    }
  return [...found];
}
