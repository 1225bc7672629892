// Names of artifacts and their components: a server tells by them which component a missing name is a part of.
import { platforms } from "../core/platform.ts";
import type { Catalog } from "./catalog.ts";
import { contributionsOf } from "./contributions.ts";
import { evaluateRelease } from "./release.ts";

/** The name of an artifact as it is inside the air gap, and its component. */
export interface ArtifactName {
  readonly kind: "file" | "image";
  readonly name: string;
  readonly component: string;
}

/** Returns the names of all that the plugins describe for a release; nothing for a release that the catalog lacks. */
export function* artifactNames(catalog: Catalog, release: string, kubernetes: string): Iterable<ArtifactName> {
  if (!catalog.releases.includes(release)) return;
  const evaluated = evaluateRelease(catalog.release(release), kubernetes);
  for (const plugin of catalog.plugins)
    for (const platform of platforms)
      for (const contribution of contributionsOf(plugin, evaluated, platform)) {
        const { kind, component } = contribution;
        const name = kind === "file" ? contribution.url.replace(/^https?:\/\//, "") : contribution.image;
        yield { kind, name, component };
      }
}
