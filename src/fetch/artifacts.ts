// From a plan to a lock. First everything is identified and sized, which costs next to nothing; then the blobs are downloaded,
// the largest first; then each artifact is checked and locked. One failure stops nothing else and is named at the end.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import type { Unavailable } from "../core/plan.ts";
import { freeBytes } from "../files/disk.ts";
import { checkFile, checkImage } from "./architecture.ts";
import { locateCharts } from "./charts.ts";
import { ItemCompletion } from "./completion.ts";
import { type Download, fileDownloads, forecastOf, imageDownloads, isPresent } from "./downloads.ts";
import { lockFile, type PlannedFile, plannedFiles } from "./files.ts";
import type { IdentifiedImage } from "./identify-image.ts";
import { identifyImages } from "./images.ts";
import { WrongDigest } from "./ingest.ts";
import { type FetchFailure, type FetchOptions, type FetchOutcome, failureOf, type StepResult } from "./options.ts";
import { unsizedLimits } from "./size-limits.ts";
import { withHealth } from "./source-health.ts";
import { StoredBlobs } from "./stored-blobs.ts";
import { forecastSize, type TransferResult, transferAll } from "./transfer.ts";
import { UpstreamDrift } from "./upstream-drift.ts";
import { explainWrongDigest } from "./wrong-digest.ts";

/** Fills the store with all that the plan names. Failures are in the outcome; it throws only when nothing can go on. */
export async function fetchArtifacts(fetchOptions: FetchOptions): Promise<FetchOutcome> {
  const options = { ...fetchOptions, http: withHealth(fetchOptions.http) };
  const drift = new UpstreamDrift(options);
  const { charts, failed: absent } = await locateCharts(options);
  const files = plannedFiles(options, charts);
  const stored = new StoredBlobs(options);
  await stored.check(files, options.lock?.images ?? []);
  const images = await identifyImages(options, drift);
  await stored.check(
    [],
    images.done.map(({ locked }) => locked),
  );
  await checkDrift(files, drift, options);
  const sized = await fileDownloads(files, options);
  const downloads = [...sized.done, ...imageDownloads(images.done, options)];
  options.beforeDownloads?.({ ...forecastOf(downloads, images.done, options), dockerHub: images.dockerHub });
  const downloaded = await downloadAll(downloads, options);
  const failed = [...absent, ...images.failed, ...sized.failed, ...downloaded.failed];
  const checked = await checkImages(images.done, failed, options);
  const failures = [...failed, ...checked.failed];
  return {
    lock:
      failures.length === 0
        ? lockOf(options, images.unavailable, { files: downloaded.done, images: checked.done })
        : undefined,
    failures: stored.explain(lastOfEachArtifact(failures)),
    fetched: downloaded.fetched,
  };
}

/** Compares files that are in the store already with upstream. */
async function checkDrift(
  files: readonly PlannedFile[],
  drift: UpstreamDrift,
  { jobs, store }: FetchOptions,
): Promise<void> {
  const present = files.filter(({ transfer }) => isPresent(transfer, store));
  await mapConcurrently(jobs, present, (file) => drift.checkFile(file));
}

/** Downloads everything; each file is checked and locked as soon as its bytes are in the store. */
async function downloadAll(
  downloads: readonly Download[],
  options: FetchOptions,
): Promise<StepResult<LockedFile> & Pick<FetchOutcome, "fetched">> {
  const due = new Map(downloads.map((download) => [download.transfer, !isPresent(download.transfer, options.store)]));
  const expected = [...due].flatMap(([transfer, isDue]) => (isDue ? [transfer] : []));
  const bytes = expected.reduce((sum, transfer) => sum + (forecastSize(transfer) ?? 0), 0);
  const completion = new ItemCompletion(downloads.filter(({ transfer }) => due.get(transfer)));
  options.progress.expect({ items: expected.length, bytes, counts: completion.total });
  const unsized = expected.filter((transfer) => forecastSize(transfer) === undefined).length;
  const limits = unsizedLimits(freeBytes(options.store.path) - bytes, Math.min(options.jobs, unsized));
  const byTransfer = new Map(downloads.map((download) => [download.transfer, download]));
  const done: LockedFile[] = [];
  const failed: FetchFailure[] = [];
  const fetched = { items: 0, bytes: 0 };
  await transferAll([...byTransfer.keys()], { ...options, limits }, async (transfer, result) => {
    const { files = [], images = [] } = byTransfer.get(transfer) ?? {};
    if (result.arrived && due.get(transfer)) {
      fetched.items++;
      fetched.bytes += result.size;
    }
    const locked = await lockFiles(files, result, options);
    done.push(...locked.done);
    failed.push(...locked.failed);
    if (result.arrived && locked.failed.length === 0)
      for (const kind of completion.arrived(transfer)) options.progress.complete(kind);
    if (result.arrived) return;
    for (const { artifact } of images) failed.push(failureOf(artifact, result.url, result.cause, result.attempts));
  });
  return { done, failed, fetched };
}

/** Checks and locks the files of one transfer. */
async function lockFiles(
  files: readonly PlannedFile[],
  result: TransferResult,
  options: FetchOptions,
): Promise<StepResult<LockedFile>> {
  const done: LockedFile[] = [];
  const failed: FetchFailure[] = [];
  for (const file of files) {
    const { artifact, transfer } = file;
    const { url, attempts } = result.arrived ? { url: transfer.sources[0]?.url ?? "", attempts: 1 } : result;
    try {
      if (!result.arrived) throw await explain(file, result.cause, options);
      done.push(lockFile(file, result, await checkFile(file, result.digest, options), options));
    } catch (cause) {
      options.signal?.throwIfAborted();
      failed.push(failureOf(artifact, url, cause, attempts));
    }
  }
  return { done, failed };
}

/** The error to report: a wrong digest is explained, any other is itself. */
async function explain(file: PlannedFile, cause: unknown, { probe }: FetchOptions): Promise<unknown> {
  return cause instanceof WrongDigest ? new Error(await explainWrongDigest(file, cause, probe)) : cause;
}

/** Checks each image of which all blobs have arrived. */
async function checkImages(
  images: readonly IdentifiedImage[],
  failed: readonly FetchFailure[],
  options: FetchOptions,
): Promise<StepResult<LockedImage>> {
  const incomplete = new Set(failed.map(({ artifact }) => artifact));
  const done: LockedImage[] = [];
  const mismatched: FetchFailure[] = [];
  for (const { artifact, locked } of images) {
    if (incomplete.has(artifact.image)) continue;
    try {
      const mismatch = await checkImage(artifact, locked, options);
      done.push(mismatch === undefined ? locked : { ...locked, mismatch });
    } catch (cause) {
      mismatched.push(failureOf(artifact, artifact.image, cause, 1));
    }
  }
  return { done, failed: mismatched };
}

/** The last failure of each artifact, in the order of their names. */
function lastOfEachArtifact(failures: readonly FetchFailure[]): FetchFailure[] {
  const byArtifact = new Map(failures.map((failure) => [failure.artifact, failure]));
  return [...byArtifact.values()].sort((a, b) => (a.artifact < b.artifact ? -1 : 1));
}

function lockOf(
  { plan, version }: FetchOptions,
  leftOut: readonly Unavailable[],
  { files, images }: Pick<Lock, "files" | "images">,
): Lock {
  return {
    schema: "kso.lock/1",
    kso: version,
    release: plan.release,
    kubernetes: plan.kubernetes,
    platforms: plan.platforms,
    ...(plan.profile !== undefined && { profile: plan.profile }),
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    images: [...images].sort((a, b) => (a.image < b.image ? -1 : 1)),
    unavailable: [...plan.unavailable, ...leftOut],
    ...(plan.unresolved.length > 0 && { unresolved: plan.unresolved }),
  };
}
