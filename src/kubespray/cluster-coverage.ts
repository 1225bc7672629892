// Whether a bundle answers every request of a cluster's run.
import type { Catalog } from "../catalog/catalog.ts";
import type { Lock } from "../core/lock.ts";
import { platforms as allPlatforms, type Platform, parsePlatform } from "../core/platform.ts";
import { lockOf, releasesOf, releasesText } from "../core/releases.ts";
import { allowUnresolved } from "../plan/unresolved.ts";
import { type Coverage, checkCoverage } from "./coverage.ts";
import type { ClusterPlan } from "./plan.ts";
import type { RequiredDownloads } from "./required-downloads.ts";
import { type ClusterOptions, resolveCluster } from "./resolve.ts";
import { otherNames, outsideHosts } from "./site-requests.ts";

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
  const { plan, required } = clusterOf(catalog, lock, options);
  const { version } = plan.release;
  const isOwn = releasesOf(lock).some((release) => release.version === version);
  const coverage = checkCoverage(plan, required, isOwn ? lockOf(lock, version) : lock);
  const notes = [...coverage.notes, ...otherNameNotes(required), ...outsideNotes(required)];
  return { ...coverage, notes: lock.releases && !isOwn ? [...notes, strangerNote(lock, version)] : notes };
}

/** The checkout is of none of a bundle's releases. */
function strangerNote(lock: Lock, version: string): string {
  return `the checkout is kubespray ${version}, and the bundle is for ${releasesText(lock)}: it was held against all of the bundle`;
}

/** What a server of kso's does not answer, though the bundle has it: the inventory asks for it under another name. */
function otherNameNotes(required: RequiredDownloads | undefined): string[] {
  const names = otherNames(required?.downloads ?? []);
  if (names.length === 0) return [];
  return [
    `the inventory asks the site under names that neither kso serve nor kso push gives by itself: ${names.join(", ")}; push with --layout inventory, or let kso config kubespray write these variables`,
  ];
}

/** Where hosts would dial out for files, though the bundle has them: no variable leads to the site. */
function outsideNotes(required: RequiredDownloads | undefined): string[] {
  const hosts = outsideHosts(required?.downloads ?? []);
  if (hosts.length === 0) return [];
  return [
    `the inventory has hosts ask ${hosts.join(", ")} for files; kso config kubespray writes what leads to the site`,
  ];
}

/**
 * The plan of a cluster that a bundle is for.
 * @throws KsoError `usage` where there is no checkout or inventory, `unresolvable` where there is no such plan.
 */
export function clusterOf(catalog: Catalog, lock: Lock, options: CoverageOptions): ClusterPlan {
  const { platforms = allPlatforms, allowUnresolved: allowed = [] } = options;
  const assumed = options.platforms ? undefined : lock.platforms.map(parsePlatform);
  const resolved = resolveCluster(catalog, { ...options, platforms, assumed });
  return { ...resolved, plan: allowUnresolved(resolved, allowed) };
}
