// Merges found versions into the manifests of a folder.
import type { Digest } from "../../core/digest.ts";
import type { ComponentManifest } from "../../core/manifest.ts";
import { compare } from "../../core/version.ts";
import type { NewVersion } from "./find.ts";

type Files = Record<string, { source: string; versions: Record<string, Readonly<Record<string, Digest>>> }>;

/** The manifests that change, with the new versions in them. A version that a manifest has already is never among the new ones. */
export function mergeNewVersions(
  existing: ReadonlyMap<string, ComponentManifest | undefined>,
  found: readonly NewVersion[],
): ComponentManifest[] {
  return [...Map.groupBy(found, ({ component }) => component)].map(([name, versions]): ComponentManifest => {
    const manifest: ComponentManifest = existing.get(name) ?? { name };
    const files = structuredClone(manifest.files ?? {}) as Files;
    for (const { version, files: added } of versions)
      for (const [file, { source, digests }] of Object.entries(added)) {
        files[file] ??= { source, versions: {} };
        files[file].versions[version] = digests;
      }
    return { ...manifest, files: newestFirst(files) };
  });
}

/** The files by name, each with its newest version first, so that what was added is at the top. */
function newestFirst(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, { source, versions }]) => [
        file,
        { source, versions: Object.fromEntries(Object.entries(versions).sort(([a], [b]) => compare(b, a))) },
      ]),
  );
}
