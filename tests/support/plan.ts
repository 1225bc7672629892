// Plans for tests, straight from the embedded data.
import { plugins } from "../../plugins/index.ts";
import type { Catalog } from "../../src/catalog/catalog.ts";
import { openCatalog } from "../../src/catalog/open.ts";
import { evaluateRelease } from "../../src/catalog/release.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Contribution } from "../../src/core/plugin.ts";
import { newestOfEachMinor } from "../../src/core/version.ts";
import { type PlanRequest, resolve } from "../../src/plan/resolve.ts";

export const catalog: Catalog = openCatalog({ plugins });

/** A plan with defaults for what a test does not care about. */
export function planFor(request: Partial<PlanRequest>): Plan {
  return resolve(catalog, { platforms, selection: {}, unavailable: "exclude", ...request }).plan;
}

/** All that plugins contribute to an embedded release, at the newest Kubernetes version of each minor one. */
export function contributionsFor(release: string): Contribution[] {
  const manifest = catalog.release(release);
  return newestOfEachMinor(manifest.kubernetes.versions).flatMap((kubernetes) =>
    platforms.flatMap((platform) =>
      plugins.flatMap((plugin) => [...plugin.contribute(evaluateRelease(manifest, kubernetes), platform)]),
    ),
  );
}
