// Everything that can be planned from, behind one interface: embedded data, a user's manifests and a user's plugins alike.
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import type { Plugin } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { bare, compare } from "../core/version.ts";

/** A component manifest that the user brought, and the file it came from. */
export interface Overlay {
  readonly manifest: ComponentManifest;
  readonly path: string;
}

export interface Catalog {
  /** All plugins, built-in ones first. */
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  /** Versions of all releases, oldest first. */
  readonly releases: readonly string[];
  release(version: string): ReleaseManifest;
  component(name: string): ComponentManifest | undefined;
  overlay(name: string): Overlay | undefined;
}

/**
 * The release of that version (`2.31.0`, `v2.31.0`), or the newest.
 * @throws KsoError `unresolvable` when there is none.
 */
export function chooseRelease(catalog: Catalog, asked: string | undefined): ReleaseManifest {
  const newest = catalog.releases.at(-1);
  const wanted = asked === undefined ? newest : bare(asked.replace(/^kubespray-/, ""));
  if (wanted !== undefined && catalog.releases.includes(wanted)) return catalog.release(wanted);
  const known = [...catalog.releases].sort((a, b) => compare(b, a));
  throw new KsoError(
    "unresolvable",
    `Unknown kubespray release "${asked}"${didYouMean(wanted ?? "", known)}; there are: ${known.join(", ")}`,
  );
}
