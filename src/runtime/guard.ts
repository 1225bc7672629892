// Ends a process that kso started of itself once it outlives its parent, its time or its memory. A thread of its own looks: the code
// that is guarded may never come back to its event loop.
import process from "node:process";
import { URL } from "node:url";
import { Worker } from "node:worker_threads";

/** What a guarded process must stay within. */
export interface ProcessLimits {
  /** The process that waits for it. */
  readonly parent: number;
  /** Milliseconds from now. */
  readonly deadline: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Written to stdout in front of the end where the memory is too much. */
  readonly tooMuchMemory: string;
}

/** Guards this process, and what it starts, from now on; resolves when the thread looks. */
export async function guardProcess(limits: ProcessLimits): Promise<void> {
  const worker = new Worker(new URL("./guard-worker.ts", import.meta.url), {
    workerData: { ...limits, pid: process.pid },
  });
  await new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
  });
  worker.unref();
}

/** The first error that nothing catches from now on, such as that of a timer; it does not end this process any more. */
export function firstUncaught(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) process.on(event, resolve);
  });
}
