// Whether a bundle answers every request of a cluster's run.
import type { Catalog } from "../catalog/catalog.ts";
import type { Lock } from "../core/lock.ts";
import { platforms as allPlatforms, type Platform, parsePlatform } from "../core/platform.ts";
import { allowUnresolved } from "../plan/unresolved.ts";
import { type Coverage, checkCoverage } from "./coverage.ts";
import { type ClusterOptions, resolveCluster } from "./resolve.ts";

/** The cluster that a bundle is for. */
export interface CoverageOptions extends Omit<ClusterOptions, "platforms" | "assumed"> {
  /** Default: all, and a host whose architecture the inventory does not say has each of the bundle's. */
  readonly platforms?: readonly Platform[] | undefined;
  /** Names of what may be unresolved. */
  readonly allowUnresolved?: readonly string[] | undefined;
}

/**
 * Compares what a cluster requests with a bundle's lock.
 * @throws KsoError `usage` where there is no checkout or inventory, `unresolvable` where there is no such plan.
 */
export function clusterCoverage(catalog: Catalog, lock: Lock, options: CoverageOptions): Coverage {
  const { platforms = allPlatforms, allowUnresolved: allowed = [] } = options;
  const assumed = options.platforms ? undefined : lock.platforms.map(parsePlatform);
  const resolved = resolveCluster(catalog, { ...options, platforms, assumed });
  return checkCoverage(allowUnresolved(resolved, allowed), resolved.required, lock);
}
