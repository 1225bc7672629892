// Ctrl-C: the first one aborts what is under way, the second one ends the process at once.
import process from "node:process";
import { exitCodes, KsoError } from "../../core/errors.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs work that signals interrupt; `advice` says how to go on then. @throws KsoError `interrupted` after a signal. */
export async function interruptible<T>(advice: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new KsoError("interrupted", `Interrupted: ${advice}`));
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (cause) {
    // A failure after the signal is a consequence of it.
    throw controller.signal.aborted ? controller.signal.reason : cause;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
