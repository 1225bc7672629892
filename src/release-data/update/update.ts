// Brings a folder of manifests up to date with what upstream published since.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Catalog, chooseRelease } from "../../catalog/catalog.ts";
import { evaluateRelease } from "../../catalog/release.ts";
import { assertNamedLikeFile, componentSchema, parseManifest } from "../../catalog/schema.ts";
import { KsoError } from "../../core/errors.ts";
import type { ComponentManifest } from "../../core/manifest.ts";
import type { Progress } from "../../core/progress.ts";
import { compare, minor } from "../../core/version.ts";
import { readText } from "../../files/read.ts";
import { componentNamed } from "../../plan/selection.ts";
import { makeManifestFolder, writeManifest } from "../manifest-folder.ts";
import { findUpdates, type PluginWithUpstream, type UpdateResult } from "./find.ts";
import { mergeNewVersions } from "./merge.ts";
import type { UpstreamReader } from "./upstream-client.ts";

/** Which manifests are updated, and how. */
export interface UpdateOptions {
  readonly folder: string;
  /** The release whose URLs and Kubernetes versions count; default: the newest one's URLs, and the versions of all. */
  readonly release?: string | undefined;
  /** The only components to look at; default: all that have an upstream. */
  readonly components?: readonly string[] | undefined;
  /** Leave out components that have no upstream, where an error would name them. */
  readonly skipUnpublished: boolean;
  /** Only say what would be written. */
  readonly dryRun: boolean;
  /** Components of which a version is taken although some digest of it is not published. */
  readonly allowMissing: readonly string[];
  readonly jobs: number;
}

/** The connection to upstream, while new versions are looked for. */
export interface Connection {
  readonly upstream: UpstreamReader;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What an update needs of others. */
export interface UpdateDependencies {
  readonly catalog: Catalog;
  /** Connects, runs `work`, and disconnects. */
  online<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
}

/**
 * Looks for newer versions and writes them into the folder's manifests. The result also names what was not taken.
 * @throws KsoError `unresolvable` for an unknown release or component, and for a manifest that is broken.
 */
export async function updateManifests(
  options: UpdateOptions,
  { catalog, online }: UpdateDependencies,
): Promise<UpdateResult> {
  const { folder, jobs } = options;
  const plugins = choosePlugins(catalog, options);
  const allowMissing = options.allowMissing.map((name) => componentNamed(name, { ...catalog, owners: new Map() }));
  const existing = new Map(plugins.map(({ name }) => [name, readManifest(folder, name)]));
  const manifest = chooseRelease(catalog, options.release);
  const releases =
    options.release === undefined ? catalog.releases.map((version) => catalog.release(version)) : [manifest];
  const minors = [...new Set(releases.flatMap(({ kubernetes }) => kubernetes.versions.map(minor)))].sort(compare);
  const result = await online(({ upstream, progress, signal }) =>
    findUpdates({
      plugins,
      release: evaluateRelease(manifest, manifest.kubernetes.default),
      minors,
      knownVersions: ({ name }) => versionsIn(catalog.component(name), existing.get(name)),
      upstream,
      jobs,
      allowMissing,
      progress,
      signal,
    }),
  );
  if (!options.dryRun) for (const changed of mergeNewVersions(existing, result.found)) await writeInto(folder, changed);
  return result;
}

/** Plugins with an upstream; one that is named and has none is an error. */
function choosePlugins(
  { plugins }: Catalog,
  { components, skipUnpublished }: Pick<UpdateOptions, "components" | "skipUnpublished">,
): PluginWithUpstream[] {
  const candidates = plugins.filter((plugin): plugin is PluginWithUpstream => plugin.upstream !== undefined);
  if (!components) return candidates;
  const names = components.map((component) => componentNamed(component, { plugins, owners: new Map() }));
  const unpublished = names.find((name) => !candidates.some((plugin) => plugin.name === name));
  if (unpublished !== undefined && !skipUnpublished)
    throw new KsoError(
      "unresolvable",
      `--only ${unpublished}: nobody publishes digests of it; there are: ${candidates.map(({ name }) => name).join(", ")}`,
    );
  return candidates.filter(({ name }) => names.includes(name));
}

function readManifest(folder: string, name: string): ComponentManifest | undefined {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) return undefined;
  const manifest = parseManifest(componentSchema, readText(path, "-o"), path);
  assertNamedLikeFile(manifest.name, name, path);
  return manifest;
}

function versionsIn(...manifests: readonly (ComponentManifest | undefined)[]): Set<string> {
  const files = manifests.flatMap((manifest) => Object.values(manifest?.files ?? {}));
  return new Set(files.flatMap(({ versions }) => Object.keys(versions)));
}

async function writeInto(folder: string, manifest: ComponentManifest): Promise<void> {
  await makeManifestFolder(folder);
  await writeManifest(join(folder, `${manifest.name}.json`), manifest);
}
