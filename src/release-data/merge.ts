// Merges releases that were read into the manifests that exist. A digest is stored once: where an older release publishes another
// one than a newer, the older release's manifest says so.

import { evaluateRelease, type FileKey, findDigest } from "../catalog/release.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import { type Platform, platforms } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { compare, withoutV } from "../core/version.ts";
import { architectures, hasChecksumTable, ownerOf } from "./checksum-tables.ts";
import { DigestTables, tablesOfManifests } from "./digest-tables.ts";

/** All data kso embeds, or that a folder has. */
export interface ManifestSet {
  readonly components: ReadonlyMap<string, ComponentManifest>;
  readonly releases: ReadonlyMap<string, ReleaseManifest>;
}

/** One of kubespray's own checksum tables: `kubelet_checksums`. */
export interface ChecksumTable {
  readonly name: string;
  readonly rows: readonly Checksum[];
}

/** One row of it, as it is written there. */
export interface Checksum {
  /** `amd64`, `linux/arm64`, `no_arch` (for all). */
  readonly architecture: string;
  readonly version: string;
  /** Hex, `sha256:…`, or 0 where there is none. */
  readonly value: string;
}

/** A release that was read, and its own checksum tables. */
export interface ImportedRelease {
  readonly manifest: ReleaseManifest;
  readonly checksums: readonly ChecksumTable[];
}

/** A release's manifest, and what the release itself publishes. */
interface PublishedRelease {
  readonly manifest: ReleaseManifest;
  find(key: FileKey): Digest | undefined;
}

/**
 * The manifests with the releases in them; a release that exists is replaced.
 * @throws KsoError `unresolvable` for a value that is no checksum, and for a table that is unknown.
 */
export function mergeReleases(
  plugins: readonly Plugin[],
  imported: readonly ImportedRelease[],
  existing: ManifestSet,
): ManifestSet {
  const incoming = imported
    .map((release) => ({ manifest: release.manifest, tables: readChecksums(release) }))
    .sort((a, b) => compare(a.manifest.version, b.manifest.version));
  const replaced = new Set(incoming.map(({ manifest }) => manifest.name));
  const remaining = [...existing.releases.values()].filter(({ name }) => !replaced.has(name));

  const tables = tablesOfManifests(existing.components.values());
  const newestRemaining = remaining
    .map(({ version }) => version)
    .sort(compare)
    .at(-1);
  // What a newer release publishes stays; an older one that is imported later records where it differs.
  for (const { manifest, tables: published } of incoming)
    tables.merge(published, newestRemaining === undefined || compare(manifest.version, newestRemaining) > 0);

  const components = new Map(
    plugins.map(({ name }) => [name, componentManifest(name, existing.components.get(name), tables)]),
  );
  const releases: PublishedRelease[] = [
    ...remaining.map((manifest) => publishedBy(manifest, existing.components)),
    ...incoming.map(({ manifest, tables: published }) => ({ manifest, find: (key: FileKey) => published.find(key) })),
  ].sort((a, b) => compare(a.manifest.version, b.manifest.version));
  return {
    components,
    releases: new Map(
      releases.map((release) => [release.manifest.name, withDifferences(release, plugins, components)]),
    ),
  };
}

function readChecksums({ manifest, checksums }: ImportedRelease): DigestTables {
  const tables = new DigestTables();
  for (const { name, rows } of checksums) {
    const owner = ownerOf(name, manifest.version);
    if (!owner) throw new KsoError("unresolvable", `Cannot import ${manifest.name}: no component is known for ${name}`);
    tables.table(owner.component, owner.file, `kubespray ${name}`);
    for (const { architecture, version, value } of rows) {
      const arch = architectures[architecture];
      if (arch === undefined || value === "0") continue;
      const digest = parseDigest(value.includes(":") ? value : `sha256:${value}`);
      if (!digest)
        throw new KsoError(
          "unresolvable",
          `Cannot import ${manifest.name}: ${name} ${version} ${architecture} is "${value}"`,
        );
      tables.set({ ...owner, version: withoutV(version), arch }, digest);
    }
  }
  return tables;
}

function componentManifest(
  name: string,
  existing: ComponentManifest | undefined,
  tables: DigestTables,
): ComponentManifest {
  const { requires, images } = existing ?? {};
  const files = tables.manifestFiles(name);
  const schema = { $schema: "./schema/component.json", name };
  return { ...schema, ...(requires && { requires }), ...(files && { files }), ...(images && { images }) };
}

/** What a release publishes by its manifest and the common tables. */
function publishedBy(manifest: ReleaseManifest, components: ReadonlyMap<string, ComponentManifest>): PublishedRelease {
  const sources = { component: (name: string) => components.get(name), release: manifest };
  return { manifest, find: (key) => findDigest(sources, key)?.digest };
}

/** The manifest with `digests` where the component manifests would say something else about what this release pins. */
function withDifferences(
  release: PublishedRelease,
  plugins: readonly Plugin[],
  components: ReadonlyMap<string, ComponentManifest>,
): ReleaseManifest {
  const { digests: _, ...manifest } = release.manifest;
  const common = publishedBy(manifest, components);
  const differences = new DigestTables<Digest | null>();
  for (const key of pinnedFiles(manifest, plugins)) {
    const published = release.find(key);
    if (published !== common.find(key)) differences.set(key, published ?? null);
  }
  const digests = differences.toRecord();
  return digests ? { ...manifest, digests } : manifest;
}

/** Every file that the release can ask for and kubespray has a table of, whatever the Kubernetes version. */
function* pinnedFiles(manifest: ReleaseManifest, plugins: readonly Plugin[]): Iterable<FileKey> {
  for (const kubernetes of manifest.kubernetes.versions) {
    const release = evaluateRelease(manifest, kubernetes);
    for (const plugin of plugins) for (const platform of platforms) yield* filesWithTable(plugin, release, platform);
  }
}

function filesWithTable(plugin: Plugin, release: Release, platform: Platform): FileKey[] {
  return [...plugin.contribute(release, platform)].flatMap((item) => {
    if (item.kind !== "file") return [];
    const { version, name, digests: file = name } = item;
    return hasChecksumTable(plugin.name, file) ? [{ component: plugin.name, file, version, arch: platform.arch }] : [];
  });
}
