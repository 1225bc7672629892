// The thread behind src/runtime/guard.ts.
import { writeSync } from "node:fs";
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { ProcessLimits } from "./guard.ts";
import { endGroup } from "./process-group.ts";

/** Milliseconds between two looks: this much longer than its parent a process lives, at most. */
const interval = 20;

const { pid, parent, deadline, memory, tooMuchMemory } = workerData as ProcessLimits & { readonly pid: number };
const end = performance.now() + deadline;

function look(): void {
  // Whoever adopts a process that lost its parent has another number.
  if (process.ppid !== parent || performance.now() > end) kill();
  if (process.memoryUsage.rss() <= memory) return;
  try {
    writeSync(1, tooMuchMemory);
  } catch {
    // Nobody reads it any more.
  }
  kill();
}

function kill(): void {
  if (!endGroup(pid)) process.kill(pid, "SIGKILL");
}

look();
setInterval(look, interval);
parentPort?.postMessage("looking");
