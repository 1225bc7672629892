// Brings a folder of manifests up to date with what upstream published since.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Catalog, chooseRelease } from "../../catalog/catalog.ts";
import { contributionsOf } from "../../catalog/contributions.ts";
import { findImageFact, type ImageFactSources } from "../../catalog/image-facts.ts";
import { evaluateRelease } from "../../catalog/release.ts";
import { assertNamedLikeFile, componentSchema, parseManifest } from "../../catalog/schema.ts";
import { KsoError } from "../../core/errors.ts";
import type { ComponentManifest } from "../../core/manifest.ts";
import { platforms } from "../../core/platform.ts";
import type { Plugin, Release } from "../../core/plugin.ts";
import type { Progress } from "../../core/progress.ts";
import { compare, minor } from "../../core/version.ts";
import { readText } from "../../files/read.ts";
import { componentNamed } from "../../plan/selection.ts";
import { makeManifestFolder, writeManifest } from "../manifest-folder.ts";
import { findUpdates, type PluginWithUpstream, type UpdateResult } from "./find.ts";
import { type FoundImages, findImages, type ImageReader, mergeImages } from "./images.ts";
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
  /** Look up images again that are known already. */
  readonly refreshImages: boolean;
  /** Only say what would be written. */
  readonly dryRun: boolean;
  /** Components of which a version is taken although some digest of it is not published. */
  readonly allowMissing: readonly string[];
  readonly jobs: number;
}

/** The connection to upstream, while new versions are looked for. */
export interface Connection {
  readonly upstream: UpstreamReader;
  readonly images: ImageReader;
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
 * Looks for newer versions, and for the architectures of images, and writes them into the folder's manifests. The result also names what
 * was not taken.
 * @throws KsoError `unresolvable` for an unknown release or component, and for a manifest that is broken.
 */
export async function updateManifests(
  options: UpdateOptions,
  { catalog, online }: UpdateDependencies,
): Promise<UpdateResult & FoundImages> {
  const { folder, jobs } = options;
  const manifest = chooseRelease(catalog, options.release);
  const release = evaluateRelease(manifest, manifest.kubernetes.default);
  const named = choosePlugins(catalog, options);
  const plugins = choosePublished(named, release, options);
  const allowMissing = options.allowMissing.map((name) => componentNamed(name, { ...catalog, owners: new Map() }));
  const existing = new Map(named.map(({ name }) => [name, readManifest(folder, name)]));
  const releases =
    options.release === undefined ? catalog.releases.map((version) => catalog.release(version)) : [manifest];
  const minors = [...new Set(releases.flatMap(({ kubernetes }) => kubernetes.versions.map(minor)))].sort(compare);
  const result = await online(async ({ upstream, images, progress, signal }) => ({
    ...(await findUpdates({
      plugins,
      release,
      minors,
      knownVersions: ({ name }) => versionsIn(catalog.component(name), existing.get(name)),
      upstream,
      jobs,
      allowMissing,
      progress,
      signal,
    })),
    ...(await findImages({
      plugins: named,
      release,
      isKnown: (image, platform) =>
        !options.refreshImages && findImageFact(factSources(catalog, existing), image, platform) !== undefined,
      reader: images,
      jobs,
      progress,
      signal,
    })),
  }));
  if (!options.dryRun) await writeFound(folder, existing, result);
  return result;
}

type Existing = ReadonlyMap<string, ComponentManifest | undefined>;

function factSources(catalog: Catalog, existing: Existing): ImageFactSources {
  return {
    component: (name) => catalog.component(name),
    overlay: (name) => {
      const manifest = existing.get(name);
      return manifest && { manifest, path: name };
    },
  };
}

async function writeFound(
  folder: string,
  existing: Existing,
  { found, images }: UpdateResult & FoundImages,
): Promise<void> {
  const versions = mergeNewVersions(existing, found).map((manifest) => [manifest.name, manifest] as const);
  const current = new Map([...existing, ...versions]);
  const changed = mergeImages(current, images).map((manifest) => [manifest.name, manifest] as const);
  for (const manifest of new Map([...versions, ...changed]).values()) await writeInto(folder, manifest);
}

/** The plugins that are named, or all. @throws KsoError `unresolvable` for a name that no plugin has. */
function choosePlugins({ plugins }: Catalog, { components }: Pick<UpdateOptions, "components">): readonly Plugin[] {
  if (!components) return plugins;
  const names = components.map((component) => componentNamed(component, { plugins, owners: new Map() }));
  return plugins.filter(({ name }) => names.includes(name));
}

/** Those with an upstream. One that was named and has neither that nor images is an error: there is nothing to look for. */
function choosePublished(
  plugins: readonly Plugin[],
  release: Release,
  { components, skipUnpublished }: Pick<UpdateOptions, "components" | "skipUnpublished">,
): PluginWithUpstream[] {
  const hasImages = (plugin: Plugin): boolean =>
    platforms.some((platform) => contributionsOf(plugin, release, platform).some(({ kind }) => kind === "image"));
  const unpublished = plugins.find((plugin) => plugin.upstream === undefined && !hasImages(plugin));
  if (components && unpublished && !skipUnpublished)
    throw new KsoError(
      "unresolvable",
      `--only ${unpublished.name}: nobody publishes digests of it, and ${release.name} has no image of it: there is nothing to look for`,
    );
  return plugins.filter((plugin): plugin is PluginWithUpstream => plugin.upstream !== undefined);
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
