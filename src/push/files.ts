// Pushes the files of a bundle to a file target. A file that is there with its size (and its digest, where that is known) is not
// sent again; `SHA256SUMS` beside the files records their digests, for people and for the next push.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Extent } from "../core/descriptor.ts";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import { sliceExtents, totalSize } from "../files/extents.ts";
import { pushChartIndexes } from "./chart-indexes.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { type FileTarget, type StoredFile, storedName } from "./file-target.ts";
import {
  byItem,
  emptyResult,
  type PushContext,
  type PushedItem,
  type PushFailure,
  type PushResult,
  partOf,
} from "./options.ts";
import { pushAdvice, pushReason } from "./reason.ts";
import { pushFailure } from "./remedy.ts";

/** What a push of files needs beside its bundle. */
export interface PushFilesOptions extends PushContext {
  readonly target: FileTarget;
  /** The digest of these bytes, in hex. */
  readonly hash: (extents: readonly Extent[], algorithm: "sha256" | "md5") => Promise<string>;
}

const checksumsName = "SHA256SUMS";

/** Name at the target → digest, as `SHA256SUMS` there has it. */
type Checksums = Map<string, Digest>;

/**
 * Pushes all files of the bundle. What fails on the way is in the result.
 * @throws KsoError `remote` when nothing can be put there at all, `verify` when the bundle lacks a file.
 */
export async function pushFiles(options: PushFilesOptions): Promise<PushResult> {
  const { target, progress } = options;
  const files = nameFiles(options);
  if (files.length === 0) return emptyResult;
  assertPresent(files, options);
  const checksums = await readChecksums(options);
  const missing = await missingFiles(files, checksums, options);
  const present = files.filter((file) => !missing.includes(file)).map((file) => pushedFile(file, target, "there"));
  const bytes = totalSize(missing);
  if (options.dryRun) {
    const arrived = [...present, ...missing.map((file) => pushedFile(file, target, "missing"))].sort(byItem);
    return { ...emptyResult, arrived, sent: { items: missing.length, bytes } };
  }
  progress.expect({ items: missing.length, bytes, counts: { files: missing.length, images: 0 } });
  const put = await putAll(missing, options);
  const arrived = [...present, ...put.arrived];
  for (const { item, digest } of arrived) {
    // Where an earlier kso wrote it as the URL has it, sha256sum found no such file.
    checksums.delete(item);
    checksums.set(storedName(item), digest);
  }
  const counts = { pushed: put.arrived.length, arrived: arrived.length };
  const indexes = arrived.length > 0 ? await pushChartIndexes(options) : [];
  const failed = [...put.failed, ...indexes, ...(await writeChecksums(checksums, counts, options))];
  return {
    arrived: arrived.sort(byItem),
    failed: failed.sort(byItem),
    sent: { items: put.arrived.length, bytes: put.bytes },
    mounted: 0,
  };
}

/** The files under the paths that they get, each path once. @throws KsoError `unresolvable` naming two files that would get one path. */
function nameFiles({ lock, layout }: PushContext): LockedFile[] {
  const named = new Map<string, LockedFile>();
  for (const file of lock.files)
    for (const path of layout?.files.get(file.path) ?? [file.path]) {
      const other = named.get(path);
      if (other !== undefined && other.digest !== file.digest)
        throw new KsoError(
          "unresolvable",
          `"${other.url}" and "${file.url}" are different files, and the inventory asks for both as "${path}"; nothing was sent; tell them apart in its *_download_url, by {{ image_arch }} for two architectures`,
        );
      named.set(path, { ...file, path });
    }
  return [...named.values()];
}

function assertPresent(files: readonly LockedFile[], { source }: PushFilesOptions): void {
  for (const { path, digest } of files)
    if (!source.locate(digest))
      throw new KsoError("verify", `Cannot push ${path}: in the bundle ${digest} is missing; kso verify tells more`);
}

/** Probes the target, and reads the digests that an earlier push has recorded there. */
async function readChecksums({ target, signal }: PushFilesOptions): Promise<Checksums> {
  const text = await target
    .probe()
    .then(() => target.read(checksumsName))
    .catch(nothingSent(target, signal));
  const entries = (text ?? "").matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm);
  return new Map([...entries].map(([, hex, path]) => [path as string, `sha256:${hex}` as const]));
}

/** The files that the target lacks, the largest first. */
async function missingFiles(
  files: readonly LockedFile[],
  checksums: Checksums,
  { target, signal, jobs }: PushFilesOptions,
): Promise<LockedFile[]> {
  const stored = await mapConcurrently(jobs, files, async ({ path }) => {
    signal.throwIfAborted();
    return await target.stat(path).catch(nothingSent(target, signal));
  });
  return files
    .filter((file, index) => !isStored(file, stored[index], checksums.get(storedName(file.path))))
    .sort((a, b) => b.size - a.size);
}

/** Is the file at the target? The server's digest counts, or else the one that an earlier push has recorded. */
function isStored(file: LockedFile, stored: StoredFile | undefined, recorded: Digest | undefined): boolean {
  return (
    stored !== undefined && stored.size === file.size && (stored.digest ?? recorded ?? file.digest) === file.digest
  );
}

/** Handles a failure before anything was sent: throws KsoError `remote`. */
function nothingSent(target: FileTarget, signal: AbortSignal): (cause: unknown) => never {
  return (cause) => {
    signal.throwIfAborted();
    throw new KsoError(
      "remote",
      `Cannot push to ${target.name}: ${pushReason(cause)}${pushAdvice(cause)}; nothing was sent`,
      cause,
    );
  };
}

async function putAll(
  missing: readonly LockedFile[],
  options: PushFilesOptions,
): Promise<{ arrived: PushedItem[]; failed: PushFailure[]; bytes: number }> {
  const { target, signal, jobs, progress } = options;
  const breaker = new CircuitBreaker(jobs * 2);
  const arrived: PushedItem[] = [];
  const failed: PushFailure[] = [];
  let bytes = 0;
  await mapConcurrently(jobs, missing, async (file) => {
    signal.throwIfAborted();
    try {
      breaker.assertClosed();
      const sent = await putFile(file, options);
      bytes += sent;
      arrived.push(pushedFile(file, target, "pushed"));
      progress.complete("file");
      breaker.success();
    } catch (cause) {
      signal.throwIfAborted();
      breaker.failure(cause);
      failed.push(pushFailure(file.path, target.urlOf(file.path), cause));
    }
  });
  return { arrived, failed, bytes };
}

/** Puts a file. @returns its bytes without those that an earlier push had left there. */
async function putFile(file: LockedFile, options: PushFilesOptions): Promise<number> {
  const { source, target, progress } = options;
  const { path, digest, size } = file;
  const extents = source.locate(digest) ?? [];
  const item = progress.begin(path, size);
  let found = 0;
  try {
    // A web server would not notice wrong bytes.
    const actual = await options.hash(extents, "sha256");
    if (`sha256:${actual}` !== digest)
      throw new KsoError("verify", `in the bundle it is sha256:${actual} and not ${digest}; kso verify tells more`);
    await target.put({
      path,
      digest,
      size,
      advance: item.advance,
      found: (bytes) => {
        found += bytes;
        item.found(bytes);
      },
      retry: item.retry,
      part: (offset, length) => partOf(options, file, offset, length),
      hash: (offset, length, algorithm) => options.hash(sliceExtents(extents, offset, length), algorithm),
    });
    await assertStored(file, target);
    item.done();
    return size - found;
  } catch (cause) {
    item.fail(pushReason(cause));
    throw cause;
  }
}

/** Reads back the size and digest of a file that was just put. @throws KsoError `remote` when they are others. */
async function assertStored(file: LockedFile, target: FileTarget): Promise<void> {
  const stored = await target.stat(file.path);
  if (!stored) throw new KsoError("remote", "read back, it is not there");
  if (isStored(file, stored, undefined)) return;
  throw new KsoError(
    "remote",
    `read back, it has ${stored.size ?? "an unknown number of"} bytes of ${file.size}, ${stored.digest ?? "of unknown digest"}`,
  );
}

/** Writes `SHA256SUMS` if it changes or is not there. @returns the failure to write it, if there is one. */
async function writeChecksums(
  checksums: Checksums,
  { pushed, arrived }: { readonly pushed: number; readonly arrived: number },
  { target, signal }: PushFilesOptions,
): Promise<PushFailure[]> {
  const sorted = [...checksums].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = sorted.map(([path, digest]) => `${digestParts(digest).hex}  ${path}\n`).join("");
  try {
    if (pushed > 0 || (arrived > 0 && !(await target.read(checksumsName)))) await target.write(checksumsName, text);
    return [];
  } catch (cause) {
    signal.throwIfAborted();
    return [pushFailure(checksumsName, target.urlOf(checksumsName), cause)];
  }
}

function pushedFile({ path, digest }: LockedFile, target: FileTarget, state: PushedItem["state"]): PushedItem {
  return { item: path, target: target.urlOf(path), digest, state };
}
