// The use case: a plan becomes a lock and a full store; what could not be fetched becomes failures.json beside the lock.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { formatLock, type Lock } from "../core/lock.ts";
import type { ImageArtifact } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import { writeAtomic } from "../files/atomic.ts";
import { fetchArtifacts } from "./artifacts.ts";
import { addBaseImages, joinBaseImages, separateBaseImages } from "./base-images.ts";
import { checkRoom, type PlannedOutput } from "./disk-room.ts";
import type { FetchFailure, FetchOptions, FetchOutcome } from "./options.ts";

/** What is fetched, and how. */
export interface FetchPlanOptions
  extends Pick<
    FetchOptions,
    "plan" | "lock" | "jobs" | "accept" | "allowMissing" | "allowMismatch" | "deep" | "today" | "version"
  > {
  /** Where the lock is written. */
  readonly lockPath: string;
  /** Images that are fetched along with the plan: what container images are built on. */
  readonly baseImages: readonly ImageArtifact[];
  /** What will be made of it, so that there is room for both. */
  readonly output?: PlannedOutput | undefined;
}

/** What fetching needs from its surroundings. */
export interface FetchDependencies extends Pick<FetchOptions, "store" | "http" | "probe" | "credentials" | "signal"> {
  /** Runs long work under a title. */
  watch<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T>;
  /** Told of each artifact that could not be fetched. */
  onFailure(failure: FetchFailure): void;
}

/** What fetching gave. */
export interface FetchResult {
  readonly lock: Lock;
  /** The path of the lock. */
  readonly path: string;
  readonly fetched: FetchOutcome["fetched"];
}

/**
 * Fills the store with all that the plan names, and writes the lock.
 * @throws KsoError `fetch` when something could not be had; failures.json beside the lock names it.
 */
export async function fetchPlan(options: FetchPlanOptions, dependencies: FetchDependencies): Promise<FetchResult> {
  const { plan, lock: earlier, lockPath, baseImages, output, ...how } = options;
  const { watch, onFailure, ...means } = dependencies;
  const everything = addBaseImages(plan, baseImages);
  const outcome = await watch(`Fetch ${plan.release.name}`, (progress) =>
    fetchArtifacts({
      ...how,
      ...means,
      plan: everything,
      lock: earlier && joinBaseImages(earlier),
      progress,
      beforeDownloads: async (forecast) => {
        for (const sentence of await checkRoom(forecast, means.store.path, output)) progress.note(sentence);
      },
    }),
  );
  const failuresPath = join(dirname(lockPath), "failures.json");
  if (!outcome.lock) {
    await writeAtomic(failuresPath, `${JSON.stringify(outcome.failures, null, 2)}\n`);
    for (const failure of outcome.failures) onFailure(failure);
    throw new KsoError(
      "fetch",
      `${outcome.failures.length} of ${everything.artifacts.length} artifacts could not be fetched (see ${failuresPath}); all others are in the store, run the same command again to go on`,
    );
  }
  if (existsSync(failuresPath)) await rm(failuresPath, { recursive: true, force: true });
  const lock = separateBaseImages(outcome.lock, plan, earlier);
  await writeAtomic(lockPath, formatLock(lock));
  return { lock, path: lockPath, fetched: outcome.fetched };
}
