// Checks, before the first byte, that there is room: in the store, and for the output that is made from it.
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { formatCounts } from "../core/counts.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf, type Lock, type LockedBinary } from "../core/lock.ts";
import { formatSize } from "../core/size.ts";
import { freeBytes } from "../files/disk.ts";
import { totalSize } from "../files/extents.ts";
import type { DownloadForecast } from "./options.ts";

/** Room that is left free on a file system. Bytes. */
export const margin = 32_000_000;

/** Headers and padding of one entry of an archive. Bytes. */
const entryOverhead = 1024;

/** The output that will be made from the fetched plan. */
export interface PlannedOutput {
  readonly path: string;
  /** What the receiver has already and the output leaves out. */
  readonly base: { readonly lock: Lock } | undefined;
  /** The binaries of kso that it brings along; undefined where it could bring none. */
  readonly binaries: readonly LockedBinary[] | undefined;
  /** Its blobs are hard links where it is on the store's file system. */
  readonly links: boolean;
}

function amountOf({ bytes, unsized }: DownloadForecast["fetch"]): string {
  const files = `${unsized} ${unsized === 1 ? "file" : "files"} whose size no server told`;
  if (unsized === 0) return formatSize(bytes);
  return bytes === 0 ? files : `${formatSize(bytes)} and ${files}`;
}

/**
 * Checks the room. Returns sentences about what is to be downloaded and written.
 * @throws KsoError `usage` when there is no room for it.
 */
export function checkRoom(
  { fetch, total, dockerHub }: DownloadForecast,
  store: string,
  output: PlannedOutput | undefined,
): string[] {
  const { pulls } = dockerHub;
  const hub = pulls > 0 ? `; up to ${pulls} pulls of Docker Hub` : "";
  const counts = `${formatCounts(fetch)}${hub}; ${formatSize(freeBytes(store))} free`;
  const download = fetch.items > 0 ? [`${amountOf(fetch)} to fetch into ${store} (${counts})`] : [];
  if (!output) {
    assertFree(store, fetch.bytes, { what: "the store", flag: "--store", largest: fetch.largest });
    return download;
  }
  const bytes = outputSize(total, output);
  const directory = existingParent(existsSync(output.path) ? realpathSync(output.path) : resolve(output.path));
  const sameDevice = statSync(directory).dev === statSync(store).dev;
  // How much of an existing output stays is decided when it is written.
  const outputBytes = output.links && (sameDevice || existsSync(output.path)) ? 0 : bytes;
  const what = sameDevice && outputBytes > 0 ? "the store and the bundle" : "the store";
  assertFree(store, fetch.bytes + (sameDevice ? outputBytes : 0), { what, flag: "--store", largest: fetch.largest });
  if (!sameDevice) assertFree(directory, outputBytes, { what: "the bundle", flag: "-o", largest: [] });
  // With nothing to fetch, writing begins at once, and says how much it is.
  if (fetch.items === 0) return [];
  const about = fetch.unsized > 0 ? "more than" : "about";
  const free = sameDevice ? "" : ` (${formatSize(freeBytes(directory))} free there)`;
  return [...download, `${output.path} will have ${about} ${formatSize(bytes)}${free}`];
}

function outputSize(total: DownloadForecast["total"], { base, binaries = [] }: PlannedOutput): number {
  const baseDigests = new Set<string>(base ? blobsOf(base.lock).map(({ digest }) => digest) : []);
  for (const { published } of base?.lock.files ?? []) if (published) baseDigests.add(published.digest);
  const blobs = total.filter(({ digests }) => !digests.some((digest) => baseDigests.has(digest)));
  const newBinaries = binaries.filter(({ digest }) => !base?.lock.binaries?.some((binary) => binary.digest === digest));
  const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0) + totalSize(newBinaries);
  return bytes + total.length * entryOverhead;
}

interface Purpose {
  readonly what: string;
  readonly flag: string;
  readonly largest: DownloadForecast["fetch"]["largest"];
}

function assertFree(directory: string, bytes: number, { what, flag, largest }: Purpose): void {
  const free = freeBytes(directory);
  if (bytes > 0 && free < bytes + margin)
    throw new KsoError(
      "usage",
      `Not enough room for ${what} in ${directory}: ${formatSize(bytes)} are needed and ${formatSize(free)} are free; free some or name another place with ${flag}${largestText(largest)}`,
    );
}

function largestText(largest: Purpose["largest"]): string {
  const names = largest.filter(({ bytes }) => bytes > 0).map(({ name, bytes }) => `${name} ${formatSize(bytes)}`);
  return names.length === 0 ? "" : `; the largest to fetch: ${names.join(", ")}`;
}

/** The nearest folder of a path that is there. */
export function existingParent(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : existingParent(dirname(path));
}
