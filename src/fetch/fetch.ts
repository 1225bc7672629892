// Plan → lock. First everything is named and sized, which costs next to nothing; then the blobs travel, the largest first;
// then each file is held to the architecture it was fetched for. What fails stops nothing else and is named at the end.
import { digestParts } from "../core/digest.ts";
import { messageOf } from "../core/errors.ts";
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import type { Artifact, ImageArtifact } from "../core/plan.ts";
import { HttpError } from "../http/error.ts";
import { checkFile, checkImage } from "./architecture.ts";
import { explainWrong, lockFile, sizeAt, type WantedFile, wantedFiles } from "./files.ts";
import { findImage, hubBudget, type KnownImage, knowImage, openRegistries, wantedImages } from "./images.ts";
import type { Failure, FetchOptions, Outcome } from "./options.ts";
import { type Transfer, type Transferred, transferAll, WrongDigest } from "./transfer.ts";
import { type News, openNews } from "./upstream-drift.ts";

/** Fills the store with all that the plan names. Failures are in the outcome; it throws only when nothing can go on. */
export async function fetchAll(options: FetchOptions): Promise<Outcome> {
  const failures = new Map<string, Failure>();
  const fail = (artifact: Artifact, url: string, cause: unknown, attempts: number): void => {
    const path = artifact.kind === "file" ? artifact.path : artifact.image;
    const { kind, name, component } = artifact;
    failures.set(path, { kind, artifact: path, name, component, url, cause: messageOf(cause), attempts });
  };

  const files = wantedFiles(options);
  const news = openNews(options);
  const images = await knowImages(options, news, fail);
  const sized = await inLanes(options.jobs, [...sameBytes(files)], async ([transfer, owners]) => {
    const there = transfer.expected.some((digest) => localSize(options, digest) !== undefined);
    if (there) for (const file of owners) await news.file(file);
    return [there ? transfer : await withSize(transfer, options), owners] as const;
  });
  const transfers = new Map<Transfer, Owners>();
  for (const [transfer, owners] of sized) transfers.set(transfer, { files: owners, images: [] });
  for (const [transfer, owners] of imageTransfers(images, options))
    transfers.set(transfer, { files: [], images: owners });
  await options.before?.(forecast([...transfers.keys()], images, options));

  const lockedFiles: LockedFile[] = [];
  const fetched = { items: 0, bytes: 0 };
  const due = [...transfers.keys()].filter((transfer) => !isThere(transfer, options));
  options.progress.expect({
    items: due.length,
    bytes: due.reduce((sum, { size }) => sum + (size ?? 0), 0),
  });
  const isDue = new Set(due);
  await transferAll([...transfers.keys()], options, async (transfer, result) => {
    const owners = transfers.get(transfer) as Owners;
    if (result.arrived && isDue.has(transfer)) {
      fetched.items++;
      fetched.bytes += result.size;
    }
    for (const file of owners.files) {
      try {
        if (!result.arrived) throw await wordsFor(file, result, options);
        lockedFiles.push(lockFile(file, result, options, await checkFile(file, result.digest, options)));
      } catch (cause) {
        options.signal?.throwIfAborted();
        const [source] = file.transfer.sources;
        fail(
          file.artifact,
          result.arrived ? (source?.url ?? "") : result.url,
          cause,
          result.arrived ? 1 : result.attempts,
        );
      }
    }
    if (!result.arrived)
      for (const { artifact } of owners.images) fail(artifact, result.url, result.cause, result.attempts);
  });

  const lockedImages: LockedImage[] = [];
  for (const { artifact, locked } of images) {
    if (failures.has(artifact.image)) continue;
    try {
      const mismatch = await checkImage(artifact, locked, options);
      lockedImages.push(mismatch === undefined ? locked : { ...locked, mismatch });
    } catch (cause) {
      fail(artifact, artifact.image, cause, 1);
    }
  }
  const lock = failures.size === 0 ? lockOf(options, lockedFiles, lockedImages) : undefined;
  return { lock, failures: [...failures.values()].sort((a, b) => (a.artifact < b.artifact ? -1 : 1)), fetched };
}

type Fail = (artifact: Artifact, url: string, cause: unknown, attempts: number) => void;

async function knowImages(options: FetchOptions, news: News, fail: Fail): Promise<KnownImage[]> {
  const registries = openRegistries(options, options.http);
  const probes = openRegistries(options, options.probe);
  const each = async <T, R>(
    items: readonly T[],
    of: (item: T) => ImageArtifact,
    act: (item: T) => Promise<R>,
  ): Promise<R[]> => {
    const results = await inLanes(options.jobs, items, async (item) => {
      try {
        return [await act(item)];
      } catch (cause) {
        options.signal?.throwIfAborted();
        const answer = cause instanceof HttpError ? cause : undefined;
        fail(of(item), answer?.url ?? of(item).image, cause, answer?.attempts ?? 1);
        return [];
      }
    });
    return results.flat();
  };
  const found = await each(
    wantedImages(options),
    (artifact) => artifact,
    (artifact) => findImage(artifact, registries, probes, news, options),
  );
  const budget = hubBudget([registries, probes], found, options);
  if (budget) options.progress.note(budget);
  return await each(
    found,
    ({ artifact }) => artifact,
    (image) => knowImage(image, options),
  );
}

/** Whose bytes a transfer brings. */
interface Owners {
  readonly files: readonly WantedFile[];
  readonly images: readonly KnownImage[];
}

/** Files with the same bytes are fetched once, from wherever one of them can be had. */
function sameBytes(files: readonly WantedFile[]): Map<Transfer, readonly WantedFile[]> {
  const groups = new Map<string, WantedFile[]>();
  for (const file of files) {
    const { expected, key } = file.transfer;
    const bytes = expected.length > 0 ? expected.join() : key;
    groups.set(bytes, [...(groups.get(bytes) ?? []), file]);
  }
  const transfers = new Map<Transfer, readonly WantedFile[]>();
  for (const group of groups.values()) {
    const [first] = group;
    if (first) transfers.set({ ...first.transfer, sources: group.flatMap(({ transfer }) => transfer.sources) }, group);
  }
  return transfers;
}

/** Each blob once, however many images share it. */
function imageTransfers(images: readonly KnownImage[], options: FetchOptions): Map<Transfer, readonly KnownImage[]> {
  const owners = new Map<string, KnownImage[]>();
  for (const image of images)
    for (const { digest } of image.locked.blobs) owners.set(digest, [...(owners.get(digest) ?? []), image]);
  const transfers = new Map<Transfer, readonly KnownImage[]>();
  for (const blob of new Map(images.flatMap(({ locked }) => locked.blobs.map((one) => [one.digest, one]))).values()) {
    if (options.store.has(blob)) continue;
    const sharers = owners.get(blob.digest) ?? [];
    const transfer: Transfer = {
      label: `${sharers[0]?.artifact.image} ${blob.digest.slice(7, 19)}`,
      key: digestParts(blob.digest).hex,
      size: blob.size,
      expected: [blob.digest],
      sources: sharers.flatMap(({ repositories }) => repositories.map((repository) => repository.blob(blob))),
    };
    transfers.set(transfer, sharers);
  }
  return transfers;
}

async function withSize(transfer: Transfer, options: FetchOptions): Promise<Transfer> {
  return { ...transfer, size: await sizeAt(options, transfer) };
}

function localSize({ store }: FetchOptions, digest: `${"sha256" | "sha512"}:${string}`): number | undefined {
  const known = digest.startsWith("sha256:") ? digest : store.alias(digest);
  return known && store.sizeOf(known);
}

function isThere({ expected }: Transfer, options: FetchOptions): boolean {
  return expected.some((digest) => localSize(options, digest) !== undefined);
}

function forecast(
  transfers: readonly Transfer[],
  images: readonly KnownImage[],
  options: FetchOptions,
): Parameters<NonNullable<FetchOptions["before"]>>[0] {
  const due = transfers.filter((transfer) => !isThere(transfer, options));
  const blobs = new Map(images.flatMap(({ locked }) => locked.blobs.map(({ digest, size }) => [digest, size])));
  const files = transfers.filter(({ expected: [digest] }) => !(digest && blobs.has(digest)));
  const size = (transfer: Transfer): number =>
    transfer.size ??
    transfer.expected.map((digest) => localSize(options, digest)).find((known) => known !== undefined) ??
    0;
  const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, one) => total + one, 0);
  return {
    fetch: {
      items: due.length,
      bytes: sum(due.map(size)),
      unsized: due.filter((transfer) => transfer.size === undefined).length,
    },
    total: [
      ...[...blobs].map(([digest, bytes]) => ({ digests: [digest], bytes })),
      ...files.map((file) => ({ digests: file.expected, bytes: size(file) })),
    ],
  };
}

/** A wrong digest is the one failure that deserves an inquiry. */
async function wordsFor(
  file: WantedFile,
  { cause }: Transferred & { arrived: false },
  { probe }: FetchOptions,
): Promise<unknown> {
  return cause instanceof WrongDigest ? new Error(await explainWrong(file, cause, probe)) : cause;
}

function lockOf(options: FetchOptions, files: readonly LockedFile[], images: readonly LockedImage[]): Lock {
  const { plan, version } = options;
  const by =
    <T>(key: (item: T) => string): ((a: T, b: T) => number) =>
    (a, b) =>
      key(a) < key(b) ? -1 : 1;
  return {
    schema: "kso.lock/1",
    kso: version,
    release: plan.release,
    kubernetes: plan.kubernetes,
    platforms: plan.platforms,
    files: [...files].sort(by(({ path }) => path)),
    images: [...images].sort(by(({ image }) => image)),
    unavailable: plan.unavailable,
  };
}

/** Runs `act` on all items, so many at one time; results in the items' order. */
async function inLanes<T, R>(lanes: number, items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results;
}
