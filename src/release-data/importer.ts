// Facts of one or more releases and the manifests that are there travel in; the new manifests travel out.
// A digest is stored once. Where an older release publishes another one than a newer, the older release keeps its own word.

import { type DigestSources, digestInRow, evaluateRelease, findDigest } from "../catalog/release.ts";
import type { Digest } from "../core/digest.ts";
import { parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../core/manifest.ts";
import { type Platform, platforms } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { bare, compare, minor } from "../core/version.ts";
import type { Facts, ReleaseFacts } from "./facts.ts";
import { releaseOrigins } from "./origins.ts";
import { importPins, kubernetesOf, supportedMinors } from "./pins.ts";
import {
  architectures,
  controlPlane,
  destination,
  fileNames,
  fileOrder,
  imageOrder,
  isTabled,
  supplement,
} from "./tables.ts";

/** All data kso embeds. */
export interface ManifestSet {
  readonly components: ReadonlyMap<string, ComponentManifest>;
  readonly releases: ReadonlyMap<string, ReleaseManifest>;
}

type Files = Record<string, { source: string; versions: Record<string, Record<string, Digest>> }>;

/**
 * Merges facts into manifests.
 * @throws KsoError `unresolvable` when facts contradict themselves or a table is unknown.
 */
export function importFacts(
  plugins: readonly Plugin[],
  incoming: readonly ReleaseFacts[],
  existing: ManifestSet,
): ManifestSet {
  return importReleases(
    plugins,
    incoming.map((release) => ({ manifest: importRelease(release), checksums: release.facts.checksums })),
    existing,
  );
}

/** A release that was read, and its own tables. */
export interface ImportedRelease {
  readonly manifest: ReleaseManifest;
  /** Table → architecture (`no_arch`: for all) → version → what the release writes there. */
  readonly checksums: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The same for releases that were read in whichever way. */
export function importReleases(
  plugins: readonly Plugin[],
  incoming: readonly ImportedRelease[],
  existing: ManifestSet,
): ManifestSet {
  const fresh = incoming.map((one) => ({ manifest: one.manifest, digests: readTables(one) }));
  const known = [...existing.releases.values()]
    .filter((manifest) => !fresh.some(({ manifest: other }) => other.name === manifest.name))
    .map((manifest) => ({ manifest, digests: wordOf(manifest, existing.components) }));
  const releases = [...known, ...fresh].sort((a, b) => compare(a.manifest.version, b.manifest.version));

  const files = new Map<string, Files>();
  for (const manifest of existing.components.values())
    files.set(manifest.name, structuredClone(manifest.files ?? {}) as Files);
  // What a newer release publishes stays; an older one that comes later has its own word where it differs.
  const newest = known
    .map(({ manifest }) => manifest.version)
    .sort(compare)
    .at(-1);
  for (const { manifest, digests } of fresh.sort((a, b) => compare(a.manifest.version, b.manifest.version)))
    merge(files, digests.tables, newest === undefined || compare(manifest.version, newest) > 0);
  const components = new Map<string, ComponentManifest>();
  for (const { name } of plugins) {
    const { requires } = existing.components.get(name) ?? {};
    const merged = files.get(name) ?? {};
    components.set(name, {
      $schema: "./schema/component.json",
      name,
      ...(requires && { requires }),
      ...(Object.keys(merged).length > 0 && { files: sortFiles(merged) }),
    });
  }

  return {
    components,
    releases: new Map(
      releases.map(({ manifest, digests }) => [manifest.name, withOwnWord(plugins, manifest, digests, components)]),
    ),
  };
}

/** Looks up what one release publishes. */
interface Word {
  of(component: string, file: string, version: string, arch: string): Digest | undefined;
}

function wordOf(release: ReleaseManifest, components: ReadonlyMap<string, ComponentManifest>): Word {
  const digests: DigestSources = { component: (name) => components.get(name), release };
  return { of: (component, file, version, arch) => findDigest(digests, { component, file, version, arch })?.digest };
}

interface Tables extends Word {
  readonly tables: ReadonlyMap<string, Files>;
}

function readTables({ manifest, checksums }: ImportedRelease): Tables {
  const { version: kubespray, name: release } = manifest;
  const tables = new Map<string, Files>();
  for (const [table, byArchitecture] of Object.entries(checksums)) {
    const to = destination(table, kubespray);
    if (!to) throw new KsoError("unresolvable", `Cannot import ${release}: no component is known for ${table}`);
    const files = tables.get(to.component) ?? {};
    tables.set(to.component, files);
    files[to.file] ??= { source: `kubespray ${table}`, versions: {} };
    const { versions } = files[to.file] as Files[string];
    for (const [name, byVersion] of Object.entries(byArchitecture)) {
      const arch = architectures[name];
      if (!arch || typeof byVersion !== "object" || byVersion === null) continue;
      for (const [version, value] of Object.entries(byVersion)) {
        const text = String(value);
        if (text === "0") continue;
        const digest = parseDigest(text.includes(":") ? text : `sha256:${text}`);
        if (!digest)
          throw new KsoError("unresolvable", `Cannot import ${release}: ${table} ${version} ${name} is "${text}"`);
        versions[bare(version)] = { ...versions[bare(version)], [arch]: digest };
      }
    }
  }
  return {
    tables,
    of: (component, file, version, arch) => digestInRow(tables.get(component)?.[file]?.versions[version], arch),
  };
}

function merge(into: Map<string, Files>, tables: ReadonlyMap<string, Files>, wins: boolean): void {
  for (const [component, files] of tables) {
    const merged = into.get(component) ?? {};
    into.set(component, merged);
    for (const [file, { source, versions }] of Object.entries(files)) {
      merged[file] ??= { source, versions: {} };
      for (const [version, digests] of Object.entries(versions)) {
        const all = (merged[file] as Files[string]).versions;
        all[version] = wins ? { ...all[version], ...digests } : { ...digests, ...all[version] };
      }
    }
  }
}

/** Newest version first, so that a diff of the next import is at the top. */
function sortFiles(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, { source, versions }]) => [
        file,
        {
          source,
          versions: Object.fromEntries(
            Object.entries(versions)
              .sort(([a], [b]) => compare(b, a))
              .map(([version, digests]) => [version, Object.fromEntries(Object.entries(digests).sort())]),
          ),
        },
      ]),
  );
}

function importRelease(release: ReleaseFacts): ReleaseManifest {
  const { facts, pins: samples } = release;
  const version = bare(facts.tag);
  const minors = supportedMinors(release);
  // The file without a Kubernetes version in its name comes first: it is the release as it installs by default.
  const [defaults] = samples;
  if (!defaults) throw new KsoError("unresolvable", `Cannot import ${facts.tag}: there are no pins for it`);
  const { pins, byKubernetes } = importPins(release);
  const role = facts.shadowed_elsewhere.find(([name]) => name === "argocd_version")?.[2];
  const added = supplement(version, (item) => item in facts.downloads_raw);
  return {
    $schema: "../schema/release.json",
    name: `kubespray-${version}`,
    version,
    source: {
      repository: "https://github.com/kubernetes-sigs/kubespray",
      tag: facts.tag,
      commit: facts.commit,
      date: facts.commit_date,
    },
    kubernetes: {
      default: kubernetesOf(defaults),
      versions: (facts.kube_versions.amd64 ?? [])
        .map(bare)
        .filter((text) => minors.has(minor(text)))
        .sort((a, b) => compare(b, a)),
    },
    pins: Object.fromEntries(
      Object.entries({ ...pins, ...added, ...(role && { argocd_role_version: bare(role) }) }).sort(([a], [b]) =>
        a < b ? -1 : 1,
      ),
    ),
    byKubernetes,
    origins: releaseOrigins(facts),
    lists: { files: listedFiles(facts), images: listedImages(facts) },
  };
}

function listedFiles(facts: Facts): string[] {
  const names = Object.keys(facts.download_url_templates)
    .filter((name) => name.endsWith("_download_url"))
    .map((name) => name.replace(/_download_url$/, ""))
    .map((name) => fileNames[name] ?? name);
  return inOrder(names, fileOrder);
}

function listedImages(facts: Facts): string[] {
  const names = Object.entries(facts.downloads_raw).flatMap(([name, item]) => (item.repo ? [name] : []));
  return [...inOrder(names, imageOrder), ...controlPlane];
}

function inOrder(names: readonly string[], order: readonly string[]): string[] {
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name)).sort()];
}

/** Adds `digests` where the component manifests would say something else about what this release pins. */
function withOwnWord(
  plugins: readonly Plugin[],
  manifest: ReleaseManifest,
  word: Word,
  components: ReadonlyMap<string, ComponentManifest>,
): ReleaseManifest {
  const { digests: _, ...rest } = manifest;
  const common = wordOf(rest, components);
  const own: Record<string, Record<string, Record<string, Record<string, Digest | null>>>> = {};
  for (const { component, file, version, platform } of pinnedFiles(plugins, rest)) {
    if (!isTabled(component, file)) continue;
    const said = word.of(component, file, version, platform.arch);
    if (said === common.of(component, file, version, platform.arch)) continue;
    own[component] ??= {};
    own[component][file] ??= {};
    own[component][file][version] ??= {};
    own[component][file][version][platform.arch] = said ?? null;
  }
  return Object.keys(own).length > 0 ? { ...rest, digests: own } : rest;
}

/** Every file that the release can ask for, whatever the Kubernetes version. */
function* pinnedFiles(
  plugins: readonly Plugin[],
  manifest: ReleaseManifest,
): Iterable<{ component: string; file: string; version: string; platform: Platform }> {
  for (const kubernetes of manifest.kubernetes.versions) {
    const release = evaluateRelease(manifest, kubernetes);
    for (const plugin of plugins) {
      for (const platform of platforms) {
        for (const item of plugin.contribute(release, platform)) {
          if (item.kind !== "file") continue;
          yield { component: plugin.name, file: item.digests ?? item.name, version: item.version, platform };
        }
      }
    }
  }
}
