// What each release of a catalog holds, in a few figures.
import type { Catalog } from "../catalog/catalog.ts";
import { type Counts, countsOf } from "../core/counts.ts";
import { platforms } from "../core/platform.ts";
import { resolve } from "./resolve.ts";

/** One release. */
export interface ReleaseSummary extends Counts {
  readonly version: string;
  /** kubespray's commit that its data was read from, and the day of it. */
  readonly commit: string;
  readonly date: string;
  /** The version that it installs by default, and all it knows, newest first. */
  readonly kubernetes: { readonly default: string; readonly versions: readonly string[] };
  /** Components that it lists, at its default version of Kubernetes. */
  readonly components: number;
  /** False where a --manifests folder adds it, or changes it. */
  readonly embedded: boolean;
}

/** The releases, newest first. Files count for each architecture. */
export function summarizeReleases(catalog: Catalog): ReleaseSummary[] {
  return [...catalog.releases].reverse().map((version) => {
    const { source, kubernetes } = catalog.release(version);
    const { plan } = resolve(catalog, { release: version, platforms, selection: {}, unavailable: "exclude" });
    return {
      version,
      commit: source.commit,
      date: source.date.slice(0, 10),
      kubernetes: { default: kubernetes.default, versions: kubernetes.versions },
      components: new Set(plan.artifacts.map(({ component }) => component)).size,
      ...countsOf(plan.artifacts),
      embedded: catalog.embedded.has(version),
    };
  });
}
