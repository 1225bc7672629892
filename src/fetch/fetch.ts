// The use case: a plan becomes a lock and a full store; what could not be fetched becomes failures.json beside the lock.
import { assertPlanNames } from "../core/bundle-names.ts";
import { countsOf, formatShare } from "../core/counts.ts";
import { KsoError } from "../core/errors.ts";
import { type Lock, withBinaries } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import { releasesName } from "../core/releases.ts";
import { fetchArtifacts } from "./artifacts.ts";
import { addBaseImages, joinBaseImages, separateBaseImages } from "./base-images.ts";
import { checkRoom, type PlannedOutput } from "./disk-room.ts";
import { assertExceptionNames } from "./exceptions.ts";
import { FetchedFiles } from "./fetched-files.ts";
import { type FetchForecast, forecastFetch } from "./forecast.ts";
import type { FetchFailure, FetchOptions, FetchOutcome } from "./options.ts";
import { withoutReleases, withReleases } from "./released.ts";

/** The plan to fetch, and how. */
export interface FetchPlanOptions
  extends Pick<
    FetchOptions,
    "plan" | "lock" | "jobs" | "accept" | "allowMissing" | "allowMismatch" | "deep" | "today" | "version"
  > {
  /** Where the lock is written. */
  readonly lockPath: string;
  /** Images that are fetched along with the plan: what container images are built on. */
  readonly baseImages: readonly ImageArtifact[];
  /** The lock that is there, also where the run does not keep to it. */
  readonly replaced?: Lock | undefined;
  /** Files that kso did not write are replaced, and kept. */
  readonly force?: boolean;
  /** What will be made from it; room for that is checked too. */
  readonly output?: PlannedOutput | undefined;
}

/** What fetching needs from its surroundings. */
export interface FetchDependencies
  extends Pick<FetchOptions, "store" | "http" | "probe" | "credentials" | "locationsOf" | "signal"> {
  /** Runs long work under a title. */
  watch<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T>;
  /** Told of each artifact that could not be fetched. */
  onFailure(failure: FetchFailure): void;
  /** Told of what becomes of files that were there. */
  note(text: string): void;
}

/** The lock of what was fetched. */
export interface FetchResult {
  readonly lock: Lock;
  /** The path of the lock. */
  readonly path: string;
  readonly fetched: FetchOutcome["fetched"];
}

/**
 * Fills the store with all that the plan names, and writes the lock.
 * @throws KsoError `usage` for an exception that names nothing, and for files in the way that kso did not write; `fetch` when something could not be fetched; failures.json beside the lock names it.
 */
export async function fetchPlan(options: FetchPlanOptions, dependencies: FetchDependencies): Promise<FetchResult> {
  const { plan, lock: earlierLock, lockPath, baseImages, output, replaced, force = false, ...fetchOptions } = options;
  const { watch, onFailure, note, ...fetchDependencies } = dependencies;
  const files = new FetchedFiles(lockPath, force);
  assertPlanNames(plan);
  const completePlan = addBaseImages(plan, baseImages);
  assertExceptionNames(completePlan, options);
  const outcome = await watch(`Fetch ${releasesName(plan)}`, (progress) =>
    fetchArtifacts({
      ...fetchOptions,
      ...fetchDependencies,
      plan: completePlan,
      lock: earlierLock && joinBaseImages(withoutReleases(earlierLock)),
      progress,
      beforeDownloads: (forecast) => {
        for (const sentence of checkRoom(forecast, dependencies.store.path, output)) progress.note(sentence);
      },
    }),
  );
  if (!outcome.lock) {
    const failuresPath = await files.writeFailures(outcome.failures);
    for (const failure of outcome.failures) onFailure(failure);
    const done = `could not be fetched (see ${failuresPath}); all others are in the store`;
    throw fetchRefusal(outcome.failures, completePlan, done);
  }
  // What brings no binaries along says nothing of those in the bundle that was made from the lock before.
  const lock = withBinaries(
    withReleases(separateBaseImages(outcome.lock, plan, earlierLock), plan),
    output?.binaries ?? earlierLock?.binaries,
  );
  for (const sentence of await files.writeLock(lock, replaced)) note(sentence);
  return { lock, path: lockPath, fetched: outcome.fetched };
}

/**
 * What {@link fetchPlan} would do, with a store that is only looked at; nothing is written.
 * @throws KsoError `usage` for an exception that names nothing, and for files in the way that kso did not write.
 */
export async function forecastPlan(
  { plan, lock, lockPath, force = false, ...options }: Omit<FetchPlanOptions, "baseImages" | "output" | "replaced">,
  { watch, ...dependencies }: Omit<FetchDependencies, "onFailure" | "note">,
): Promise<FetchForecast> {
  assertPlanNames(plan);
  assertExceptionNames(plan, options);
  new FetchedFiles(lockPath, force);
  return await watch(`Look at ${releasesName(plan)}`, (progress) =>
    forecastFetch({ ...options, ...dependencies, plan, lock: lock && joinBaseImages(withoutReleases(lock)), progress }),
  );
}

/** The error of what could not be fetched, or would not be. */
export function fetchRefusal(failures: readonly FetchFailure[], plan: Plan, done: string): KsoError {
  const share = formatShare(countsOf(failures), countsOf(plan.artifacts));
  return new KsoError("fetch", `${share} ${done}${adviceFor(failures)}`, undefined, {
    items: [...new Set(failures.map(({ artifact }) => artifact))],
  });
}

/** What to do about failures: another try, with the flags that let those through that no try changes. */
function adviceFor(failures: readonly FetchFailure[]): string {
  const flags = [...new Set(failures.flatMap(({ allow = [] }) => allow))];
  if (flags.length === 0) return ", run the same command again to go on";
  return `; to let through what no further try changes, on record, run the same command again with ${flags.join(" ")}`;
}
