// Fetching as commands do it: the plan becomes a lock, failures become failures.json and exit code 4.
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { formatLock, type Lock } from "../core/lock.ts";
import type { Mirrors } from "../core/mirrors.ts";
import type { Plan } from "../core/plan.ts";
import { fetchAll } from "../fetch/fetch.ts";
import type { Forecast, Outcome } from "../fetch/options.ts";
import { freeBytes } from "../store/disk.ts";
import type { Store } from "../store/store.ts";
import { writeBeside } from "./beside.ts";
import type { Output } from "./command.ts";
import { size } from "./meter.ts";
import type { Arguments } from "./options.ts";
import { version } from "./version.ts";
import type { Watch } from "./watch.ts";
import { acceptedOf, credentialsHere, jobsOf, lockOf, networkOf } from "./workshop.ts";

/** Room that is left free on a file system. Bytes. */
const margin = 32_000_000;

export interface Fetched {
  readonly lock: Lock;
  readonly path: string;
  readonly fetched: Outcome["fetched"];
}

/**
 * Fills the store and writes the lock. `output` is where an archive of all of it will go, so that there is room for both.
 * @throws KsoError `fetch` when something could not be had; failures.json beside the lock names it.
 */
export async function fetchPlan(
  { plan, mirrors }: { plan: Plan; mirrors: Mirrors },
  args: Arguments,
  output: Output,
  { store, watch, signal, archive }: { store: Store; watch: Watch; signal: AbortSignal; archive?: string },
): Promise<Fetched> {
  const jobs = jobsOf(args);
  const { path, lock: earlier } = lockOf(args);
  const { http, probe } = networkOf(args, jobs, signal);
  const accept = acceptedOf(args);
  const outcome = await watch(`Fetch ${plan.release.name}`, (progress) =>
    fetchAll({
      ...{ plan, mirrors, store, http, probe, jobs, accept, version, progress, signal },
      lock: earlier,
      credentials: credentialsHere(),
      allowMissing: args.has("allow-missing"),
      allowMismatch: args.list("allow-arch-mismatch") ?? [],
      deep: args.has("deep"),
      today: today(),
      before: async (forecast) => {
        await checkRoom(forecast, store.path, archive);
      },
    }),
  );
  const failures = join(dirname(path), "failures.json");
  if (!outcome.lock) {
    await writeBeside(failures, `${JSON.stringify(outcome.failures, null, 2)}\n`);
    for (const { artifact, cause, attempts } of outcome.failures)
      output.tell(`failed: ${artifact}: ${cause}${attempts > 1 ? ` (${attempts} tries)` : ""}`);
    throw new KsoError(
      "fetch",
      `${outcome.failures.length} of ${plan.artifacts.length} artifacts could not be fetched (see ${failures}); all others are in the store, run the same command again to go on`,
    );
  }
  if (existsSync(failures)) await fs.remove(failures);
  await writeBeside(path, formatLock(outcome.lock));
  return { lock: outcome.lock, path, fetched: outcome.fetched };
}

/** The UTC day, or that of SOURCE_DATE_EPOCH. */
function today(): string {
  const epoch = Number(process.env["SOURCE_DATE_EPOCH"]);
  return (epoch > 0 ? new Date(epoch * 1000) : new Date()).toISOString().slice(0, 10);
}

async function checkRoom({ fetch, total }: Forecast, store: string, archive: string | undefined): Promise<void> {
  const target = archive === undefined ? undefined : existingParent(resolve(archive));
  const together = target !== undefined && statSync(target).dev === statSync(store).dev;
  const forArchive = total.bytes + total.items * 1024;
  await need(store, fetch.bytes + (together ? forArchive : 0), together ? "the store and the bundle" : "the store");
  if (target !== undefined && !together) await need(target, forArchive, "the bundle");
}

async function need(folder: string, bytes: number, what: string): Promise<void> {
  const free = await freeBytes(folder);
  if (bytes > 0 && free < bytes + margin)
    throw new KsoError(
      "unexpected",
      `Not enough room for ${what} in ${folder}: ${size(bytes)} are needed and ${size(free)} are free`,
    );
}

function existingParent(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : existingParent(dirname(path));
}
