// What a --manifests folder has and what was found travel in; the manifests that change travel out.
import type { Digest } from "../../core/digest.ts";
import type { ComponentManifest } from "../../core/manifest.ts";
import { compare } from "../../core/version.ts";
import type { NewVersion } from "./update.ts";

type Files = Record<string, { source: string; versions: Record<string, Readonly<Record<string, Digest>>> }>;

/** The manifests with what was found. A version that stands there already was not looked for, and stays as it is. */
export function mergeFound(
  there: ReadonlyMap<string, ComponentManifest | undefined>,
  found: readonly NewVersion[],
): ComponentManifest[] {
  return [...Map.groupBy(found, ({ component }) => component)].map(([name, versions]): ComponentManifest => {
    const before: ComponentManifest = there.get(name) ?? { name };
    const files = structuredClone(before.files ?? {}) as Files;
    for (const { version, files: fresh } of versions)
      for (const [file, { source, digests }] of Object.entries(fresh)) {
        files[file] ??= { source, versions: {} };
        files[file].versions[version] = digests;
      }
    return { ...before, files: sorted(files) };
  });
}

/** Newest version first, so that what came is at the top. */
function sorted(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, { source, versions }]) => [
        file,
        { source, versions: Object.fromEntries(Object.entries(versions).sort(([a], [b]) => compare(b, a))) },
      ]),
  );
}
