// Plans for tests, straight from the embedded data.
import { plugins } from "../../plugins/index.ts";
import { openCatalog } from "../../src/cli/manifests.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Catalog } from "../../src/resolve/catalog.ts";
import { type Request, resolve } from "../../src/resolve/resolve.ts";

export const catalog: Catalog = openCatalog(plugins, new Map(), undefined);

/** A plan with defaults for what a test does not care about. */
export function planFor(request: Partial<Request>): Plan {
  return resolve(catalog, { platforms, selection: {}, gaps: "exclude", ...request }).plan;
}
