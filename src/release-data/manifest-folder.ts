// A folder of manifests: one file a component, and one a release below `releases/`.
import { join } from "node:path";
import fs from "fs-extra";
import { globSync } from "tinyglobby";
import type { GenericSchema } from "valibot";
import { componentSchema, parseManifest, releaseSchema } from "../catalog/schema.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import { writeAtomic } from "../files/atomic.ts";
import { diskError } from "../files/disk.ts";
import { readText } from "../files/read.ts";
import type { ManifestSet } from "./merge.ts";

/**
 * All manifests of a folder; none where there is no such folder.
 * @throws KsoError `unresolvable` naming a manifest that is broken.
 */
export async function readManifests(folder: string): Promise<ManifestSet> {
  return {
    components: await readAll<ComponentManifest>(folder, "*.json", componentSchema),
    releases: await readAll<ReleaseManifest>(folder, "releases/*.json", releaseSchema),
  };
}

/** Writes manifests into a folder and replaces those of the same name. @throws KsoError `usage` where none can be made. */
export async function writeManifests(folder: string, { components, releases }: ManifestSet): Promise<void> {
  await makeManifestFolder(join(folder, "releases"));
  for (const manifest of components.values()) await writeManifest(join(folder, `${manifest.name}.json`), manifest);
  for (const manifest of releases.values())
    await writeManifest(join(folder, "releases", `${manifest.name}.json`), manifest);
}

/** Makes a folder for manifests where there is none. @throws KsoError `usage` where that cannot be. */
export async function makeManifestFolder(folder: string): Promise<void> {
  try {
    await fs.ensureDir(folder);
  } catch (cause) {
    throw diskError(`Cannot write to ${folder}`, cause, "name another place with -o");
  }
}

/** Writes one manifest as indented JSON; the file appears whole or not at all. */
export async function writeManifest(path: string, manifest: ComponentManifest | ReleaseManifest): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

async function readAll<T extends { name: string }>(
  folder: string,
  pattern: string,
  schema: GenericSchema<T>,
): Promise<Map<string, T>> {
  const manifests = globSync(pattern, { cwd: folder }).map((path) =>
    parseManifest<T>(schema, readText(join(folder, path), "-o"), path),
  );
  return new Map(manifests.map((manifest) => [manifest.name, manifest]));
}
