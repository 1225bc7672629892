// Release + Kubernetes version + platforms + selection → plan. Pure, offline, and everything has its reason.

import { type Catalog, chooseRelease } from "../catalog/catalog.ts";
import { contributionsOf } from "../catalog/contributions.ts";
import { chooseKubernetes, type Digests, evaluateRelease, lookup } from "../catalog/release.ts";
import { type Asked, assemble, type Resolved } from "./assemble.ts";
import { requirementsFor } from "./requires.ts";

/** What a person asks for of a release. */
export interface Request extends Asked {
  readonly release?: string | undefined;
  readonly kubernetes?: string | undefined;
}

/** @throws KsoError `unresolvable` when there is no such plan; the message says what there is. */
export function resolve(catalog: Catalog, request: Request): Resolved {
  const manifest = chooseRelease(catalog, request.release);
  const further = Object.keys(catalog.overlay("kubernetes")?.manifest.files?.kubelet?.versions ?? {});
  const kubernetes = chooseKubernetes(manifest, request.kubernetes, further);
  const release = evaluateRelease(manifest, kubernetes);
  const digests: Digests = {
    component: (name) => catalog.component(name),
    overlay: (name) => catalog.overlay(name),
    release: manifest,
  };
  return assemble(
    {
      release: { name: manifest.name, version: manifest.version, commit: manifest.source.commit },
      kubernetes,
      plugins: catalog.plugins,
      brought: catalog.brought,
      contributed: catalog.plugins.flatMap((plugin) =>
        request.platforms.flatMap((platform) => contributionsOf(plugin, release, platform)),
      ),
      lists: manifest.lists,
      requires: requirements(catalog, manifest.version),
      digestOf: ({ component, digests: file, name, version, platform }) =>
        lookup(digests, component, file ?? name, version, platform.arch),
    },
    request,
  );
}

/** What each component requires in that release, by the manifests. */
export function requirements(catalog: Catalog, version: string): ReadonlyMap<string, readonly string[]> {
  const names = catalog.plugins.map(({ name }) => name);
  return requirementsFor(version, names, (name) => ({
    ...(catalog.overlay(name)?.manifest.requires ?? catalog.component(name)?.requires),
  }));
}
