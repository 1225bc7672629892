// Everything that can be planned from, behind one interface: embedded data, a user's manifests and a user's plugins alike.
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import type { Plugin } from "../core/plugin.ts";
import { nearestOrAll } from "../core/suggest.ts";
import { compare, withoutV } from "../core/version.ts";

/** A user's component manifest, and the file it came from. */
export interface Overlay {
  readonly manifest: ComponentManifest;
  readonly path: string;
}

/** Everything that can be planned from. */
export interface Catalog {
  /** All plugins, built-in ones first. */
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  /** Versions of all releases, oldest first. */
  readonly releases: readonly string[];
  /** Those that this kso has as they are: no folder of the user's adds or changes them. */
  readonly embedded: ReadonlySet<string>;
  release(version: string): ReleaseManifest;
  component(name: string): ComponentManifest | undefined;
  overlay(name: string): Overlay | undefined;
}

/** The version that `2.31.0`, `v2.31.0` and `kubespray-2.31.0` name. */
export function releaseVersion(request: string): string {
  return withoutV(request.replace(/^kubespray-/, ""));
}

/**
 * The release of that version (`2.31.0`, `v2.31.0`, `kubespray-2.31.0`), or the newest.
 * @throws KsoError `unresolvable` when there is none.
 */
export function chooseRelease(catalog: Catalog, request: string | undefined): ReleaseManifest {
  const version = request === undefined ? catalog.releases.at(-1) : releaseVersion(request);
  if (version !== undefined && catalog.releases.includes(version)) return catalog.release(version);
  const newestFirst = [...catalog.releases].sort((a, b) => compare(b, a));
  throw new KsoError(
    "unresolvable",
    `Unknown kubespray release "${request}"${nearestOrAll(version ?? "", newestFirst)}`,
  );
}
