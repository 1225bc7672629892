// Ctrl-C: the first asks everything under way to stop, the second does not ask.
import process from "node:process";
import { exitCodes, KsoError } from "../../core/errors.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs work that can be interrupted; `advice` says how to go on. @throws KsoError `interrupted` in that case. */
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
    // Whatever failed because of the signal, the signal is the reason.
    throw controller.signal.aborted ? controller.signal.reason : cause;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
