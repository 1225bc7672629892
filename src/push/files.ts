// The files of a bundle onto a shelf. In travel names and digests; out travels what became of each. What is there with its size
// (and its digest, where that is known) is left alone; `SHA256SUMS` beside them says what is there, for people and for the next run.
import { Semaphore } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import { sliceExtents, totalSize } from "../files/extents.ts";
import type { Parcel, Seen, Shelf } from "./file-target.ts";
import { type Arrived, extentsOf, type Failed, type Means, type Pushed } from "./options.ts";
import { reasonFor } from "./reason.ts";

export interface FileOptions extends Means {
  readonly shelf: Shelf;
  /** The digest of what lies there, in hex. */
  readonly hash: (extents: ReturnType<typeof extentsOf>, algorithm: "sha256" | "md5") => Promise<string>;
}

const sumsName = "SHA256SUMS";

/** @throws KsoError `remote` when nothing can be put there at all. What fails later is in the result. */
export async function pushFiles(options: FileOptions): Promise<Pushed> {
  const { lock, shelf, signal, progress, jobs } = options;
  const files = [...new Map(lock.files.map((file) => [file.path, file])).values()];
  if (files.length === 0) return { arrived: [], failed: [], sent: { items: 0, bytes: 0 }, mounted: 0 };
  for (const { path, digest } of files)
    if (!options.source.locate(digest))
      throw new KsoError("verify", `Cannot push ${path}: in the bundle ${digest} is missing; kso verify tells more`);
  const sums = await beforeAll(shelf, signal);
  const seen = new Map<string, Seen | undefined>();
  const semaphore = new Semaphore(jobs);
  await Promise.all(
    files.map(async ({ path }) => {
      const free = await semaphore.acquire(signal);
      await shelf
        .look(path)
        .then((found) => seen.set(path, found))
        .catch(nothingSent(shelf, signal))
        .finally(free);
    }),
  );
  const missing = files.filter((file) => !isThere(file, seen.get(file.path), sums.get(file.path)));
  missing.sort((a, b) => b.size - a.size);
  const bytes = totalSize(missing);
  const there = files.filter((file) => !missing.includes(file)).map((file) => arrivedOf(file, shelf, "there"));
  if (options.dryRun) {
    const arrived = [...there, ...missing.map((file) => arrivedOf(file, shelf, "missing"))].sort(byItem);
    return { arrived, failed: [], sent: { items: missing.length, bytes }, mounted: 0 };
  }
  progress.expect({ items: missing.length, bytes });
  const put = await putAll(missing, options);
  const arrived = [...there, ...put.arrived];
  for (const { item, digest } of arrived) sums.set(item, digest);
  const failed = [...put.failed, ...(await writeSums(shelf, sums, put.arrived.length, arrived.length, signal))];
  const sent = { items: put.arrived.length, bytes: put.bytes };
  return { arrived: arrived.sort(byItem), failed: failed.sort(byItem), sent, mounted: 0 };
}

async function putAll(
  missing: readonly LockedFile[],
  options: FileOptions,
): Promise<{ arrived: Arrived[]; failed: Failed[]; bytes: number }> {
  const { shelf, signal, jobs } = options;
  const semaphore = new Semaphore(jobs);
  const arrived: Arrived[] = [];
  const failed: Failed[] = [];
  let bytes = 0;
  // Failures in a row: a server that is gone is not asked for every file.
  let strikes = 0;
  const one = async (file: LockedFile): Promise<void> => {
    const free = await semaphore.acquire(signal);
    try {
      if (strikes >= jobs * 2) throw new KsoError("remote", `given up after ${jobs * 2} failures in a row`);
      await put(file, options);
      bytes += file.size;
      arrived.push(arrivedOf(file, shelf, "pushed"));
      strikes = 0;
    } catch (cause) {
      signal.throwIfAborted();
      strikes++;
      failed.push({ item: file.path, target: shelf.urlOf(file.path), cause: reasonFor(cause) });
    } finally {
      free();
    }
  };
  await Promise.all(missing.map(one));
  return { arrived, failed, bytes };
}

/** @returns the failure to write them, if there is one. */
async function writeSums(
  shelf: Shelf,
  sums: ReadonlyMap<string, Digest>,
  fresh: number,
  all: number,
  signal: AbortSignal,
): Promise<Failed[]> {
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = sorted.map(([path, digest]) => `${digest.slice("sha256:".length)}  ${path}\n`).join("");
  try {
    if (fresh > 0 || (all > 0 && !(await shelf.read(sumsName)))) await shelf.write(sumsName, text);
    return [];
  } catch (cause) {
    signal.throwIfAborted();
    return [{ item: sumsName, target: shelf.urlOf(sumsName), cause: reasonFor(cause) }];
  }
}

/** The place, and what an earlier push has noted there. */
async function beforeAll(shelf: Shelf, signal: AbortSignal): Promise<Map<string, Digest>> {
  const text = await shelf
    .probe()
    .then(() => shelf.read(sumsName))
    .catch(nothingSent(shelf, signal));
  const lines = (text ?? "").matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm);
  return new Map([...lines].map(([, hex, path]) => [path as string, `sha256:${hex}` as const]));
}

function nothingSent(shelf: Shelf, signal: AbortSignal): (cause: unknown) => never {
  return (cause) => {
    signal.throwIfAborted();
    throw new KsoError("remote", `Cannot push to ${shelf.name}: ${reasonFor(cause)}; nothing was sent`, cause);
  };
}

/** The server's word on the digest counts, or else the note of an earlier push. */
function isThere(file: LockedFile, seen: Seen | undefined, noted: Digest | undefined): boolean {
  return seen !== undefined && seen.size === file.size && (seen.digest ?? noted ?? file.digest) === file.digest;
}

async function put(file: LockedFile, options: FileOptions): Promise<void> {
  const { shelf, progress } = options;
  const { path, digest, size } = file;
  const extents = extentsOf(options, file);
  const item = progress.begin(path, size);
  try {
    // No web server would notice.
    const found = await options.hash(extents, "sha256");
    if (`sha256:${found}` !== digest)
      throw new KsoError("verify", `in the bundle it is sha256:${found} and not ${digest}; kso verify tells more`);
    const parcel: Parcel = {
      ...{ path, digest, size, advance: item.advance, retry: item.retry },
      part: (offset, length) => ({ size: length, open: () => options.open(sliceExtents(extents, offset, length)) }),
      hash: (offset, length, algorithm) => options.hash(sliceExtents(extents, offset, length), algorithm),
    };
    await shelf.put(parcel);
    const seen = await shelf.look(path);
    if (!seen) throw new KsoError("remote", "read back, it is not there");
    if (!isThere(file, seen, undefined))
      throw new KsoError(
        "remote",
        `read back, it has ${seen.size ?? "an unknown number of"} bytes of ${size}, ${seen.digest ?? "of unknown digest"}`,
      );
    item.done();
  } catch (cause) {
    item.fail(reasonFor(cause));
    throw cause;
  }
}

function arrivedOf({ path, digest }: LockedFile, shelf: Shelf, state: Arrived["state"]): Arrived {
  return { item: path, target: shelf.urlOf(path), digest, state };
}

function byItem(a: { item: string }, b: { item: string }): number {
  return a.item < b.item ? -1 : 1;
}
