// Resolves a release, a Kubernetes version, platforms and a selection to a plan: pure, offline, with a reason for everything.
import { type Catalog, chooseRelease } from "../catalog/catalog.ts";
import { plannedRelease } from "../catalog/configurable-release.ts";
import { contributionsOf } from "../catalog/contributions.ts";
import { findImageFact } from "../catalog/image-facts.ts";
import { chooseKubernetes, type DigestSources, evaluateRelease, findDigest } from "../catalog/release.ts";
import { assemble, type PlanOptions, type Resolution } from "./assemble.ts";
import { requirementsFor } from "./requires.ts";

/** What is planned for, from embedded data. */
export interface PlanRequest extends PlanOptions {
  readonly release?: string | undefined;
  readonly kubernetes?: string | undefined;
}

/**
 * The plan of a release.
 * @throws KsoError `unresolvable` when there is no such plan; the message says what there is.
 */
export function resolve(catalog: Catalog, request: PlanRequest): Resolution {
  const manifest = chooseRelease(catalog, request.release);
  const userVersions = Object.keys(catalog.overlay("kubernetes")?.manifest.files?.kubelet?.versions ?? {});
  const kubernetes = chooseKubernetes(manifest, request.kubernetes, userVersions);
  const release = evaluateRelease(manifest, kubernetes);
  const sources: DigestSources = {
    component: (name) => catalog.component(name),
    overlay: (name) => catalog.overlay(name),
    release: manifest,
  };
  return assemble(
    {
      release: plannedRelease(
        catalog,
        { name: manifest.name, version: manifest.version, commit: manifest.source.commit },
        manifest.origins,
      ),
      kubernetes,
      plugins: catalog.plugins,
      userPlugins: catalog.userPlugins,
      contributed: catalog.plugins.flatMap((plugin) =>
        request.platforms.flatMap((platform) => contributionsOf(plugin, release, platform)),
      ),
      unresolved: [],
      lists: manifest.lists,
      requires: releaseRequirements(catalog, manifest.version),
      digestOf: ({ component, name, digests: file = name, version, platform: { arch } }) =>
        findDigest(sources, { component, file, version, arch }),
      imageFact: (image, platform) => findImageFact(sources, image, platform),
    },
    request,
  );
}

/** What each component requires in that release, by the manifests. */
export function releaseRequirements(catalog: Catalog, version: string): ReadonlyMap<string, readonly string[]> {
  const names = catalog.plugins.map(({ name }) => name);
  return requirementsFor(version, names, (name) => ({
    ...(catalog.overlay(name)?.manifest.requires ?? catalog.component(name)?.requires),
  }));
}
