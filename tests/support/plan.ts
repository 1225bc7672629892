// Plans for tests, straight from the embedded data.
import { plugins } from "../../plugins/index.ts";
import { openCatalog } from "../../src/cli/manifests.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Contribution } from "../../src/core/plugin.ts";
import { minor } from "../../src/core/version.ts";
import type { Catalog } from "../../src/resolve/catalog.ts";
import { evaluateRelease } from "../../src/resolve/release.ts";
import { type Request, resolve } from "../../src/resolve/resolve.ts";

export const catalog: Catalog = openCatalog(plugins, new Map(), undefined);

/** A plan with defaults for what a test does not care about. */
export function planFor(request: Partial<Request>): Plan {
  return resolve(catalog, { platforms, selection: {}, gaps: "exclude", ...request }).plan;
}

/** All that plugins contribute to an embedded release, at the newest Kubernetes version of each minor one. */
export function contributionsFor(release: string): Contribution[] {
  const manifest = catalog.release(release);
  const newest = [...Map.groupBy(manifest.kubernetes.versions, minor).values()].flatMap(([first]) => first ?? []);
  return newest.flatMap((kubernetes) =>
    platforms.flatMap((platform) =>
      plugins.flatMap((plugin) => [...plugin.contribute(evaluateRelease(manifest, kubernetes), platform)]),
    ),
  );
}
