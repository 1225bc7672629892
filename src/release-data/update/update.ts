// What is known travels in; versions that upstream published since, with their digests, travel out. A version goes out whole
// or is named with what it lacks.

import { type Contributed, contributionsOf } from "../../catalog/contributions.ts";
import { withVersion } from "../../catalog/release.ts";
import { mapConcurrently } from "../../core/concurrency.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import { type Platform, platformName, platforms } from "../../core/platform.ts";
import type { DigestSource, Plugin, Release, Upstream } from "../../core/plugin.ts";
import type { Progress } from "../../core/progress.ts";
import { locationFor, publishedDigest } from "./digests.ts";
import type { Ask } from "./upstream-client.ts";
import { findNewVersions, type UpstreamVersion } from "./versions.ts";

export type PluginWithUpstream = Plugin & { readonly upstream: Upstream };

export interface UpdateOptions {
  readonly plugins: readonly PluginWithUpstream[];
  /** The release whose URLs count. */
  readonly release: Release;
  /** Lines of Kubernetes that are looked at: `1.35`. */
  readonly minors: readonly string[];
  /** The versions of a component that need no look. */
  known(plugin: PluginWithUpstream): ReadonlySet<string>;
  readonly ask: Ask;
  readonly jobs: number;
  /** Take a version although some digest of it is not published. */
  readonly allowMissing: boolean;
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
  /** What is published nowhere. */
  readonly lacks: readonly string[];
}

/** Something that is not taken: a version, or all of a component. */
export interface SkippedVersion {
  readonly component: string;
  readonly version?: string;
  readonly reason: string;
}

export interface UpdateResult {
  readonly found: readonly NewVersion[];
  /** Upstream has not published what is needed. */
  readonly skipped: readonly SkippedVersion[];
  /** It could not be asked, or what it published cannot be believed. */
  readonly failed: readonly SkippedVersion[];
}

export async function findUpdates(options: UpdateOptions): Promise<UpdateResult> {
  const { plugins, progress, jobs, signal } = options;
  progress.expect({ items: plugins.length, bytes: 0 });
  const results = await mapConcurrently(jobs, plugins, async (plugin): Promise<UpdateResult> => {
    const item = progress.begin(plugin.name);
    try {
      return await updateOne(plugin, options);
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

async function updateOne(plugin: PluginWithUpstream, options: UpdateOptions): Promise<UpdateResult> {
  const result: { found: NewVersion[]; skipped: SkippedVersion[]; failed: SkippedVersion[] } = {
    found: [],
    skipped: [],
    failed: [],
  };
  for (const version of await findNewVersions(plugin.upstream, options.known(plugin), options.minors, options.ask)) {
    const at = { component: plugin.name, version: version.version };
    try {
      const found = await digestsOfVersion(plugin, version, options);
      const some = Object.keys(found.files).length > 0;
      // What no version has published is known beforehand; what this one lacks may still come.
      if (found.missing.length > 0 && !(some && options.allowMissing))
        result.skipped.push({ ...at, reason: found.missing.join("; ") });
      else if (some) result.found.push({ ...at, files: found.files, lacks: [...found.never, ...found.missing] });
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (!(thrown instanceof KsoError)) throw thrown;
      result.failed.push({ ...at, reason: messageOf(thrown) });
    }
  }
  return result;
}

interface Digests {
  readonly files: Record<string, { source: string; digests: Record<string, Digest> }>;
  readonly missing: string[];
  readonly never: string[];
}

async function digestsOfVersion(
  plugin: PluginWithUpstream,
  version: UpstreamVersion,
  options: UpdateOptions,
): Promise<Digests> {
  const { upstream } = plugin;
  const release = withVersion(options.release, upstream.pin, version.version);
  const items = platforms.flatMap((platform) =>
    contributionsOf(plugin, release, platform).filter(
      (item): item is Contributed & { kind: "file" } =>
        item.kind === "file" && item.version === version.version && item.unavailable === undefined,
    ),
  );
  const found: Digests = { files: {}, missing: [], never: [] };
  for (const [url, same] of Map.groupBy(items, (item) => item.url)) {
    const [item] = same as [Contributed & { kind: "file" }];
    const key = item.digests ?? item.name;
    const rule: DigestSource = upstream.digests[key] ?? {
      none: `plugin ${plugin.name} does not say where it is published`,
    };
    if ("none" in rule) {
      found.never.push(`${key}: ${rule.none}`);
      continue;
    }
    const arch = same.length === platforms.length ? "any" : item.platform.arch;
    const place = locationFor(rule, upstream, { url, version: version.version, platform: item.platform });
    const digest = await publishedDigest(place, version.assets, options.ask);
    if (typeof digest === "string") {
      found.files[key] ??= { source: place.source, digests: {} };
      found.files[key].digests[arch] = digest;
    } else found.missing.push(`${key}${wordFor(arch, item.platform)}: ${digest.missing}`);
  }
  return found;
}

function wordFor(arch: string, platform: Platform): string {
  return arch === "any" ? "" : ` for ${platformName(platform)}`;
}
