// Ctrl-C and its like: the first one stops what is under way, the second one ends the process at once.
import process from "node:process";
import { exitCodes, KsoError } from "../../core/errors.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof signals)[number];
type StopHandler = (signal: StopSignal) => void;

/** Only the last one is called. */
const handlers: StopHandler[] = [];

/** Calls the handler, and none that was there before, at each signal that asks to stop, until the result is called. */
export function onStopSignal(handler: StopHandler): () => void {
  if (handlers.length === 0) for (const signal of signals) process.on(signal, stop);
  handlers.push(handler);
  return () => {
    handlers.splice(handlers.indexOf(handler), 1);
    if (handlers.length === 0) for (const signal of signals) process.off(signal, stop);
  };
}

function stop(signal: StopSignal): void {
  handlers.at(-1)?.(signal);
}

/** Lets handlers run: those of signals that came while code ran without a pause. */
export function signalsSeen(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Runs work that signals interrupt; `advice` says how to go on then. Work that does not look at its signal is left as it is.
 * @throws KsoError `interrupted` after a signal.
 */
export async function interruptible<T>(
  advice: string | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const error = new KsoError("interrupted", advice === undefined ? "Interrupted" : `Interrupted: ${advice}`);
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  interrupted.catch(() => undefined);
  const release = onStopSignal(() => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(error);
    if (advice === undefined) reject(error);
  });
  try {
    const result = await Promise.race([work(controller.signal), interrupted]);
    if (advice === undefined) await signalsSeen();
    if (advice === undefined) controller.signal.throwIfAborted();
    return result;
  } catch (cause) {
    // A failure after the signal is a consequence of it.
    throw controller.signal.aborted ? controller.signal.reason : cause;
  } finally {
    release();
  }
}
