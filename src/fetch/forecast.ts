// `kso fetch --dry-run`: what a fetch would do, found out without a blob: registries are asked for tags and manifests, file servers for
// sizes. A manifest that a registry counts as a pull is not read: looking must not use up what fetching needs.

import { type Counts, countsOf } from "../core/counts.ts";
import { artifactName, type Unavailable } from "../core/plan.ts";
import { freeBytes } from "../files/disk.ts";
import { locateCharts } from "./charts.ts";
import { existingParent } from "./disk-room.ts";
import { fileDownloads, forecastOf, imageDownloads } from "./downloads.ts";
import { plannedFiles } from "./files.ts";
import { identifyImages } from "./images.ts";
import type { FetchFailure, FetchOptions } from "./options.ts";
import type { PullBudget } from "./registries.ts";
import { withHealth } from "./source-health.ts";
import { UpstreamDrift } from "./upstream-drift.ts";

/** What a fetch would do. Sizes in bytes. */
export interface FetchForecast {
  /** All that the lock would have. */
  readonly items: Counts;
  /** What of it is not in the store. */
  readonly fetch: Counts & { readonly bytes: number };
  /** All blobs of the lock, as far as their sizes are known. */
  readonly bytes: number;
  /** Of what the size is unknown: no server tells it, or a manifest was not read. */
  readonly unknown: readonly string[];
  readonly dockerHub: PullBudget;
  readonly store: { readonly path: string; readonly needed: number; readonly free: number };
  readonly unavailable: readonly Unavailable[];
  /** What would fail. */
  readonly failures: readonly FetchFailure[];
}

/** Finds out what a fetch with these options would do; `store` is one that is only looked at. */
export async function forecastFetch(fetchOptions: FetchOptions): Promise<FetchForecast> {
  const options: FetchOptions = { ...fetchOptions, http: withHealth(fetchOptions.http), sparesPulls: true };
  const images = await identifyImages(options, new UpstreamDrift(options));
  const { charts, failed: absent } = await locateCharts(options);
  const sized = await fileDownloads(plannedFiles(options, charts), options);
  const { fetch, total } = forecastOf([...sized.done, ...imageDownloads(images.done, options)], images.done, options);
  const unread = images.unread.map(artifactName);
  const { path } = options.store;
  const whole = countsOf(
    options.plan.artifacts.filter(
      (artifact, at, all) => at === all.findIndex((other) => artifactName(other) === artifactName(artifact)),
    ),
  );
  const gone = new Set(images.unavailable.map(({ locator }) => locator));
  for (const { locked } of images.done) gone.delete(locked.image);
  return {
    items: { ...whole, images: whole.images - gone.size },
    fetch: { files: fetch.files, images: fetch.images + unread.length, bytes: fetch.bytes },
    bytes: total.reduce((sum, { bytes }) => sum + bytes, 0),
    unknown: [...fetch.unsizedNames, ...unread].toSorted(),
    dockerHub: images.dockerHub,
    store: { path, needed: fetch.bytes, free: freeBytes(existingParent(path)) },
    unavailable: [...options.plan.unavailable, ...images.unavailable],
    failures: [...absent, ...images.failed, ...sized.failed],
  };
}
