// Finds versions that upstream published since, with their digests. A version is taken whole, or is named with what it lacks.

import { type Contributed, contributionsOf } from "../../catalog/contributions.ts";
import { withVersion } from "../../catalog/release.ts";
import { mapConcurrently } from "../../core/concurrency.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import { platformName, platforms } from "../../core/platform.ts";
import type { DigestSource, Plugin, Release, Upstream } from "../../core/plugin.ts";
import type { Progress } from "../../core/progress.ts";
import { locationFor, publishedDigest } from "./digests.ts";
import type { UpstreamReader } from "./upstream-client.ts";
import { findNewVersions, type UpstreamVersion } from "./versions.ts";

/** A plugin that says where newer versions appear. */
export type PluginWithUpstream = Plugin & { readonly upstream: Upstream };

/** Where new versions are looked for, and how. */
export interface FindOptions {
  readonly plugins: readonly PluginWithUpstream[];
  /** The release whose URLs count. */
  readonly release: Release;
  /** Lines of Kubernetes that are looked at: `1.35`. */
  readonly minors: readonly string[];
  /** The versions that the manifests have already. */
  knownVersions(plugin: PluginWithUpstream): ReadonlySet<string>;
  readonly upstream: UpstreamReader;
  readonly jobs: number;
  /** Components of which a version is taken although some digest of it is not published. */
  readonly allowMissing: readonly string[];
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** A new version of a component. */
export interface NewVersion {
  readonly component: string;
  readonly version: string;
  /** File → where its digests are published, and architecture (`any`: one file serves all) → digest. */
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly digests: Readonly<Record<string, Digest>> }>
  >;
  /** The files without a published digest, with the reason. */
  readonly lacks: readonly string[];
}

/** A version that is not taken; without a version, all of a component. */
export interface SkippedVersion {
  readonly component: string;
  readonly version?: string;
  readonly reason: string;
}

/** What was found, for any number of components. */
export interface UpdateResult {
  readonly found: readonly NewVersion[];
  /** Versions whose digests upstream has not published. */
  readonly skipped: readonly SkippedVersion[];
  /** Versions that could not be read, or whose digests are malformed or contradict each other. */
  readonly failed: readonly SkippedVersion[];
}

/** Looks for newer versions of every plugin, several at a time. */
export async function findUpdates(options: FindOptions): Promise<UpdateResult> {
  const { plugins, progress, jobs, signal } = options;
  progress.expect({ items: plugins.length, bytes: 0 });
  const results = await mapConcurrently(jobs, plugins, async (plugin): Promise<UpdateResult> => {
    const item = progress.begin(plugin.name);
    try {
      return await findForPlugin(plugin, options);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof KsoError)) throw thrown;
      return { found: [], skipped: [], failed: [{ component: plugin.name, reason: messageOf(thrown) }] };
    } finally {
      item.done();
    }
  });
  return {
    found: results.flatMap(({ found }) => found),
    skipped: results.flatMap(({ skipped }) => skipped),
    failed: results.flatMap(({ failed }) => failed),
  };
}

async function findForPlugin(plugin: PluginWithUpstream, options: FindOptions): Promise<UpdateResult> {
  const found: NewVersion[] = [];
  const skipped: SkippedVersion[] = [];
  const failed: SkippedVersion[] = [];
  const versions = await findNewVersions(
    plugin.upstream,
    options.knownVersions(plugin),
    options.minors,
    options.upstream,
  );
  for (const version of versions) {
    const subject = { component: plugin.name, version: version.version };
    try {
      const { files, unpublished, neverPublished } = await digestsOfVersion(plugin, version, options);
      const hasFiles = Object.keys(files).length > 0;
      // What no version has published is known beforehand; what this one lacks may still come.
      if (unpublished.length > 0 && !(hasFiles && options.allowMissing.includes(plugin.name)))
        skipped.push({ ...subject, reason: unpublished.join("; ") });
      else if (hasFiles) found.push({ ...subject, files, lacks: [...neverPublished, ...unpublished] });
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (!(thrown instanceof KsoError)) throw thrown;
      failed.push({ ...subject, reason: messageOf(thrown) });
    }
  }
  return { found, skipped, failed };
}

/** The digests of one version, and why there are none of some files. */
interface VersionDigests {
  readonly files: Record<string, { source: string; digests: Record<string, Digest> }>;
  /** Files of this version without a digest, with the reason. */
  readonly unpublished: string[];
  /** Files whose digests upstream never publishes, with the reason. */
  readonly neverPublished: string[];
}

async function digestsOfVersion(
  plugin: PluginWithUpstream,
  { version, assets }: UpstreamVersion,
  options: FindOptions,
): Promise<VersionDigests> {
  const { name, upstream } = plugin;
  const release = withVersion(options.release, upstream.pin, version);
  const result: VersionDigests = { files: {}, unpublished: [], neverPublished: [] };
  for (const [url, items] of Map.groupBy(filesOfVersion(plugin, release, version), (item) => item.url)) {
    const [item] = items as [ContributedFile];
    const key = item.digests ?? item.name;
    const source: DigestSource = upstream.digests[key] ?? { none: `plugin ${name} does not say where it is published` };
    if ("none" in source) {
      result.neverPublished.push(`${key}: ${source.none}`);
      continue;
    }
    const location = locationFor(source, upstream, { url, version, platform: item.platform });
    const digest = await publishedDigest(location, assets, options.upstream);
    const isForAll = items.length === platforms.length;
    if (typeof digest === "string") {
      result.files[key] ??= { source: location.source, digests: {} };
      result.files[key].digests[isForAll ? "any" : item.platform.arch] = digest;
    } else {
      const platform = isForAll ? "" : ` for ${platformName(item.platform)}`;
      result.unpublished.push(`${key}${platform}: ${digest.unpublished}`);
    }
  }
  return result;
}

type ContributedFile = Contributed & { kind: "file" };

/** The files that a plugin describes of just this version, for all platforms. */
function filesOfVersion(plugin: PluginWithUpstream, release: Release, version: string): ContributedFile[] {
  return platforms.flatMap((platform) =>
    contributionsOf(plugin, release, platform).filter(
      (item): item is ContributedFile =>
        item.kind === "file" && item.version === version && item.unavailable === undefined,
    ),
  );
}
