// Trying again. In travels one try; out travels its result, or the failure that no further try can help.
import { setTimeout as timer } from "node:timers/promises";
import { HttpError, reasonOf } from "./error.ts";

export interface RetryPolicy {
  /** Tries without progress. */
  readonly attempts: number;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** Milliseconds. */
const first = 500;
const longest = 30_000;
const longestPause = 300_000;
/** Tries that a fetch gets in all, for each one without progress; a try more for each MiB that arrived. */
const inAll = 20;

/** Exponential, with full jitter. `failures` in a row, from 1 on. Milliseconds. */
export function backoff(failures: number, random: () => number): number {
  return random() * Math.min(longest, first * 2 ** (failures - 1));
}

/** The default wait. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await timer(ms, undefined, signal ? { signal } : {});
}

/**
 * Tries until it works. `gained` tells how many bytes the failed try brought: progress starts the count anew, though a server
 * that gives a byte at a time comes to an end too.
 * @throws FetchError with the number of tries; unchanged whatever else the try throws, and the signal's reason.
 */
export async function retry<T>(
  { attempts, wait, random }: RetryPolicy,
  { signal, onRetry }: { signal: AbortSignal; onRetry?: ((cause: string) => void) | undefined },
  attempt: () => Promise<T>,
  gained: () => number = () => 0,
): Promise<T> {
  let bytes = 0;
  for (let tries = 1, failures = 1; ; tries++, failures++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof HttpError)) throw thrown;
      const more = gained();
      bytes += more;
      if (more > 0) failures = 1;
      const { retryAfter: asked = 0 } = thrown;
      if (thrown.retryable && asked > longestPause) throw final(thrown, tries, whenToComeBack(asked));
      if (!thrown.retryable || failures >= attempts || tries >= attempts * inAll + bytes / 2 ** 20)
        throw final(thrown, tries, tries > 1 ? ` (${tries} attempts)` : "");
      onRetry?.(reasonOf(thrown));
      await wait(Math.max(asked, backoff(failures, random)), signal).catch((cause) => {
        signal.throwIfAborted();
        throw cause;
      });
    }
  }
}

function final(fault: HttpError, attempts: number, more: string): HttpError {
  if (attempts === fault.attempts && more === "") return fault;
  const { status, url, retryAfter: pause, retryable: passing } = fault;
  return new HttpError(
    fault.message + more,
    { status, attempts, url, retryAfter: pause, retryable: passing },
    fault.cause,
  );
}

function whenToComeBack(ms: number): string {
  const at = new Date(Date.now() + ms);
  return Number.isNaN(at.getTime())
    ? "; the server asks not to come back"
    : `; the server asks to come back after ${at.toISOString().replace(/\.\d+/, "")}`;
}
