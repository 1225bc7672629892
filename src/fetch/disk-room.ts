// Is there room for what is to come, before the first byte of it: in the store, and for the output that is made of it?
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf, type Lock } from "../core/lock.ts";
import { formatSize } from "../core/size.ts";
import { freeBytes } from "../files/disk.ts";
import { totalSize } from "../files/extents.ts";
import type { DownloadForecast } from "./options.ts";

/** Room that is left free on a file system. Bytes. */
const margin = 32_000_000;

/** Of an archive: headers and padding are about a kilobyte an entry. Bytes. */
const entryOverhead = 1024;

/** What will be made of the fetched plan. */
export interface PlannedOutput {
  readonly path: string;
  /** What the receiver has already, and the output leaves out; binaries by their digests. */
  readonly base: { readonly lock: Lock; readonly binaries?: readonly string[] } | undefined;
  readonly binaries: readonly { readonly digest: Digest; readonly size: number }[] | undefined;
  /** Its blobs are hard links, where it is on the store's own file system. */
  readonly links: boolean;
}

/**
 * Describes what is to come, one sentence an entry.
 * @throws KsoError `unexpected` when there is no room for it.
 */
export async function checkRoom(
  { fetch, total }: DownloadForecast,
  store: string,
  output: PlannedOutput | undefined,
): Promise<string[]> {
  const unsized = fetch.unsized > 0 ? ` and ${fetch.unsized} files whose size no server told` : "";
  const download = fetch.items > 0 ? [`${formatSize(fetch.bytes)}${unsized} to fetch into ${store}`] : [];
  if (!output) {
    await assertFree(store, fetch.bytes, { what: "the store", flag: "--store" });
    return download;
  }
  const bytes = outputSize(total, output);
  const directory = existingParent(existsSync(output.path) ? realpathSync(output.path) : resolve(output.path));
  const sameDevice = statSync(directory).dev === statSync(store).dev;
  // What is there from before is looked at when it is written.
  const room = output.links && (sameDevice || existsSync(output.path)) ? 0 : bytes;
  const what = sameDevice && room > 0 ? "the store and the bundle" : "the store";
  await assertFree(store, fetch.bytes + (sameDevice ? room : 0), { what, flag: "--store" });
  if (!sameDevice) await assertFree(directory, room, { what: "the bundle", flag: "-o" });
  const about = fetch.unsized > 0 ? "more than" : "about";
  return [...download, `${output.path} will have ${about} ${formatSize(bytes)}`];
}

function outputSize(total: DownloadForecast["total"], { base, binaries = [] }: PlannedOutput): number {
  const baseDigests = new Set<string>(base ? blobsOf(base.lock).map(({ digest }) => digest) : []);
  for (const { published } of base?.lock.files ?? []) if (published) baseDigests.add(published.digest);
  const blobs = total.filter(({ digests }) => !digests.some((digest) => baseDigests.has(digest)));
  const newBinaries = binaries.filter(({ digest }) => !base?.binaries?.includes(digest));
  const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0) + totalSize(newBinaries);
  return bytes + total.length * entryOverhead;
}

async function assertFree(
  directory: string,
  bytes: number,
  { what, flag }: { readonly what: string; readonly flag: string },
): Promise<void> {
  const free = await freeBytes(directory);
  if (bytes > 0 && free < bytes + margin)
    throw new KsoError(
      "unexpected",
      `Not enough room for ${what} in ${directory}: ${formatSize(bytes)} are needed and ${formatSize(free)} are free; free some or name another place with ${flag}`,
    );
}

function existingParent(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : existingParent(dirname(path));
}
