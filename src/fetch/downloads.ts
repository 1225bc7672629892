// The downloads for files and images, each blob once, and their sizes.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { digestParts } from "../core/digest.ts";
import type { Store } from "../store/store.ts";
import { type PlannedFile, sizeAt } from "./files.ts";
import type { IdentifiedImage } from "./identify-image.ts";
import { type DownloadForecast, type FetchFailure, type FetchOptions, failureOf, type StepResult } from "./options.ts";
import { findPresent, forecastSize, type Transfer } from "./transfer.ts";

/** How many of the largest downloads a forecast names. */
const shownLargest = 3;

/** A transfer, and the files and images that it is for. */
export interface Download {
  readonly transfer: Transfer;
  readonly files: readonly PlannedFile[];
  readonly images: readonly IdentifiedImage[];
}

/** Is the blob in the store, whatever its size? */
export function isPresent({ expected }: Transfer, store: Store): boolean {
  return findPresent({ expected, size: undefined }, store) !== undefined;
}

/** The downloads of all files; where a file is not in the store, with the size that a server tells. */
export async function fileDownloads(
  files: readonly PlannedFile[],
  options: FetchOptions,
): Promise<StepResult<Download>> {
  const failed: FetchFailure[] = [];
  const groups = groupByBytes(files);
  const absent = groups.filter(({ transfer }) => !isPresent(transfer, options.store)).length;
  const text = `asking for the sizes of ${absent === 1 ? "1 file" : `${absent} files`}`;
  const count = absent > 0 ? options.progress.step(text, absent) : (): void => undefined;
  const done = await mapConcurrently(options.jobs, groups, async ({ transfer, files: sharers }) => {
    try {
      return [{ transfer: await sized(transfer, options), files: sharers, images: [] }];
    } catch (cause) {
      options.signal?.throwIfAborted();
      const [{ url } = { url: "" }] = transfer.sources;
      failed.push(...sharers.map(({ artifact }) => failureOf(artifact, url, cause, 1)));
      return [];
    } finally {
      if (!isPresent(transfer, options.store)) count();
    }
  });
  return { done: done.flat(), failed };
}

/** The transfer with the size that a server tells. */
async function sized(transfer: Transfer, options: FetchOptions): Promise<Transfer> {
  if (isPresent(transfer, options.store)) return transfer;
  return { ...transfer, announced: await sizeAt(options, transfer) };
}

/** One transfer for all files with the same bytes, from the sources of all of them. */
function groupByBytes(files: readonly PlannedFile[]): Pick<Download, "transfer" | "files">[] {
  const groups = Map.groupBy(files, ({ transfer: { expected, key } }) => (expected.length > 0 ? expected.join() : key));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const sources = group.flatMap(({ transfer }) => transfer.sources);
    return first ? [{ transfer: { ...first.transfer, sources }, files: group }] : [];
  });
}

/** The downloads of all blobs of images that are not in the store; each blob once, however many images share it. */
export function imageDownloads(images: readonly IdentifiedImage[], { store }: FetchOptions): Download[] {
  // By size, too: a registry that lies about it harms none of the images that share the blob.
  const keyOf = ({ digest, size }: Descriptor): string => `${digest} ${size}`;
  const blobs = new Map(images.flatMap(({ locked }) => locked.blobs.map((blob) => [keyOf(blob), blob])));
  const owners = new Map<string, IdentifiedImage[]>();
  for (const image of images)
    for (const blob of image.locked.blobs) owners.set(keyOf(blob), [...(owners.get(keyOf(blob)) ?? []), image]);
  return [...blobs.values()]
    .filter((blob) => !store.has(blob))
    .map((blob) => {
      const sharers = owners.get(keyOf(blob)) ?? [];
      const transfer: Transfer = {
        label: `${sharers[0]?.artifact.image} ${blob.digest.slice(7, 19)}`,
        key: digestParts(blob.digest).hex,
        size: blob.size,
        expected: [blob.digest],
        sources: sharers.flatMap(({ repositories }) => repositories.map((repository) => repository.blobRequest(blob))),
      };
      return { transfer, files: [], images: sharers };
    });
}

/** How much is to be downloaded, and how much the lock will name. */
export function forecastOf(
  downloads: readonly Download[],
  images: readonly IdentifiedImage[],
  { store }: FetchOptions,
): Omit<DownloadForecast, "dockerHub"> {
  const transfers = downloads.map(({ transfer }) => transfer);
  const dueDownloads = downloads.filter(({ transfer }) => !isPresent(transfer, store));
  const due = dueDownloads.map(({ transfer }) => transfer);
  const unsized = due.filter((transfer) => forecastSize(transfer) === undefined);
  const blobs = new Map(images.flatMap(({ locked }) => locked.blobs.map(({ digest, size }) => [digest, size])));
  const files = transfers.filter(({ expected: [digest] }) => !(digest && blobs.has(digest)));
  const sizeOf = (transfer: Transfer): number =>
    forecastSize(transfer) ?? findPresent({ expected: transfer.expected, size: undefined }, store)?.size ?? 0;
  return {
    fetch: {
      items: due.length,
      files: dueDownloads.reduce((sum, download) => sum + download.files.length, 0),
      images: new Set(dueDownloads.flatMap((download) => download.images.map(({ artifact }) => artifact.image))).size,
      bytes: due.reduce((total, transfer) => total + sizeOf(transfer), 0),
      unsized: unsized.length,
      unsizedNames: unsized.map(({ label }) => label),
      largest: due
        .map((transfer) => ({ name: transfer.label, bytes: sizeOf(transfer) }))
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, shownLargest),
    },
    total: [
      ...[...blobs].map(([digest, bytes]) => ({ digests: [digest], bytes })),
      ...files.map((transfer) => ({ digests: transfer.expected, bytes: sizeOf(transfer) })),
    ],
  };
}
