// Fetching as commands do it: the plan becomes a lock, failures become failures.json and exit code 4.
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { blobsOf, formatLock, type Lock } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";
import { size } from "../core/size.ts";
import type { DeltaBase, KsoBinary } from "../export/exporter.ts";
import { addBaseImages, joinBaseImages, separateBaseImages } from "../fetch/base-images.ts";
import { fetchAll } from "../fetch/fetch.ts";
import type { DownloadForecast, FetchOutcome } from "../fetch/options.ts";
import { writeAtomic } from "../files/atomic.ts";
import { freeBytes } from "../files/disk.ts";
import type { Store } from "../store/store.ts";
import type { Output } from "./command.ts";
import { credentialsHere, networkOf, readEarlierLock } from "./environment.ts";
import type { FetchingOptions } from "./flags/table.ts";
import type { Watch } from "./terminal/watch.ts";
import { version } from "./version.ts";

/** Room that is left free on a file system. Bytes. */
const margin = 32_000_000;

interface Workplace {
  readonly store: Store;
  readonly watch: Watch;
  readonly signal: AbortSignal;
  readonly archive?: Archive;
  readonly bases?: readonly ImageArtifact[];
}

export interface Fetched {
  readonly lock: Lock;
  readonly path: string;
  readonly fetched: FetchOutcome["fetched"];
}

/** What will be made of it, so that there is room for both. */
export interface Archive {
  readonly path: string;
  readonly base: DeltaBase | undefined;
  readonly binaries: readonly KsoBinary[] | undefined;
  /** Its blobs are links, where it is on the store's own file system. */
  readonly links: boolean;
}

/**
 * Fills the store and writes the lock; `bases` are fetched along with the plan.
 * @throws KsoError `fetch` when something could not be had; failures.json beside the lock names it.
 */
export async function fetchPlan(
  plan: Plan,
  options: FetchingOptions,
  output: Output,
  { store, watch, signal, archive, bases = [] }: Workplace,
): Promise<Fetched> {
  const { jobs, acceptDigest: accept } = options;
  const { path, lock: earlier } = readEarlierLock(options);
  const { http, probe } = networkOf(options, jobs, signal);
  const wanted = addBaseImages(plan, bases);
  const outcome = await watch(`Fetch ${plan.release.name}`, (progress) =>
    fetchAll({
      ...{ plan: wanted, store, http, probe, jobs, accept, version, progress, signal },
      lock: earlier && joinBaseImages(earlier),
      credentials: credentialsHere(),
      allowMissing: options.allowMissing,
      allowMismatch: options.allowArchMismatch,
      deep: options.deep,
      today: today(),
      before: async (forecast) => {
        for (const line of await roomFor(forecast, store.path, archive)) progress.note(line);
      },
    }),
  );
  const failures = join(dirname(path), "failures.json");
  if (!outcome.lock) {
    await writeAtomic(failures, `${JSON.stringify(outcome.failures, null, 2)}\n`);
    for (const { artifact, cause, attempts } of outcome.failures)
      output.tell(`failed: ${artifact}: ${cause}${attempts > 1 ? ` (${attempts} tries)` : ""}`);
    throw new KsoError(
      "fetch",
      `${outcome.failures.length} of ${wanted.artifacts.length} artifacts could not be fetched (see ${failures}); all others are in the store, run the same command again to go on`,
    );
  }
  if (existsSync(failures)) await fs.remove(failures);
  const lock = separateBaseImages(outcome.lock, plan, earlier);
  await writeAtomic(path, formatLock(lock));
  return { lock, path, fetched: outcome.fetched };
}

/** The UTC day, or that of SOURCE_DATE_EPOCH. */
function today(): string {
  const epoch = Number(process.env["SOURCE_DATE_EPOCH"]);
  return (epoch > 0 ? new Date(epoch * 1000) : new Date()).toISOString().slice(0, 10);
}

/**
 * What is to come, in words.
 * @throws KsoError `unexpected` when there is no room for it, before the first byte of it.
 */
async function roomFor(
  { fetch, total }: DownloadForecast,
  store: string,
  archive: Archive | undefined,
): Promise<string[]> {
  const unsized = fetch.unsized > 0 ? ` and ${fetch.unsized} files whose size no server told` : "";
  const said = fetch.items > 0 ? [`${size(fetch.bytes)}${unsized} to fetch into ${store}`] : [];
  if (!archive) {
    await need(store, fetch.bytes, "the store");
    return said;
  }
  const sealed = sizeOf(total, archive);
  const target = existingParent(existsSync(archive.path) ? fs.realpathSync(archive.path) : resolve(archive.path));
  const together = statSync(target).dev === statSync(store).dev;
  // What is there from before is looked at when it is written.
  const room = archive.links && (together || existsSync(archive.path)) ? 0 : sealed;
  await need(
    store,
    fetch.bytes + (together ? room : 0),
    together && room > 0 ? "the store and the bundle" : "the store",
  );
  if (!together) await need(target, room, "the bundle", "-o");
  const about = fetch.unsized > 0 ? "more than" : "about";
  return [...said, `${archive.path} will have ${about} ${size(sealed)}`];
}

/** Of the archive: headers and padding are about a kilobyte an entry. Bytes. */
function sizeOf(total: DownloadForecast["total"], { base, binaries = [] }: Archive): number {
  const there = new Set<string>(base ? blobsOf(base.lock).map(({ digest }) => digest) : []);
  for (const { published } of base?.lock.files ?? []) if (published) there.add(published.digest);
  const wanted = total.filter(({ digests }) => !digests.some((digest) => there.has(digest)));
  const own = binaries.filter(({ digest }) => !base?.binaries?.includes(digest));
  const bytes = wanted.reduce((sum, one) => sum + one.bytes, 0) + own.reduce((sum, one) => sum + one.size, 0);
  return bytes + total.length * 1024;
}

async function need(folder: string, bytes: number, what: string, flag = "--store"): Promise<void> {
  const free = await freeBytes(folder);
  if (bytes > 0 && free < bytes + margin)
    throw new KsoError(
      "unexpected",
      `Not enough room for ${what} in ${folder}: ${size(bytes)} are needed and ${size(free)} are free; free some or name another place with ${flag}`,
    );
}

function existingParent(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : existingParent(dirname(path));
}
