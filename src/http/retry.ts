import { setTimeout as timer } from "node:timers/promises";
import { HttpError, reasonOf } from "./error.ts";

/** How often a request is tried, and how long to wait in between. */
export interface RetryPolicy {
  /** Tries without progress. */
  readonly attempts: number;
  /** Waits so many milliseconds, or rejects with the signal's reason. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** The callbacks of one retried request, and the signal that ends it. */
export interface RetryOptions {
  readonly signal: AbortSignal;
  /** Called before each wait, with what went wrong. */
  readonly onRetry?: ((cause: string) => void) | undefined;
  /** How many bytes the failed try gained: progress starts the count of failures anew. */
  readonly bytesGained?: () => number;
}

/** The delay after the first failure. Milliseconds. */
const baseDelay = 500;
/** Milliseconds. */
const maxDelay = 30_000;
/** A server whose Retry-After is longer than this, in all tries, gets no further request. Milliseconds. */
const maxRetryAfter = 300_000;
/** In all a request gets so many times `attempts` tries, and one more for each MiB that arrived. */
const maxTriesFactor = 20;

/** Exponential backoff with full jitter, in milliseconds. @param failures in a row, from 1 on. */
export function backoff(failures: number, random: () => number): number {
  return random() * Math.min(maxDelay, baseDelay * 2 ** (failures - 1));
}

/** Waits so many milliseconds, or rejects with the signal's reason. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await timer(ms, undefined, signal ? { signal } : {});
}

/**
 * Tries until it works or no further try can help. The tries end even for a server that sends one byte in each.
 * @throws HttpError with the number of tries; the signal's reason; and whatever else a try throws, unchanged.
 */
export async function retry<T>(
  policy: RetryPolicy,
  { signal, onRetry, bytesGained }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const counter = new FailureCounter(policy);
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof HttpError)) throw thrown;
      const delay = counter.delayAfter(thrown, bytesGained?.() ?? 0);
      onRetry?.(reasonOf(thrown));
      await policy.wait(delay, signal).catch((cause) => {
        signal.throwIfAborted();
        throw cause;
      });
    }
  }
}

/** Counts the failures of one request and decides whether another try is due. */
class FailureCounter {
  readonly #policy: RetryPolicy;
  #tries = 0;
  /** Failures in a row, without progress. */
  #failures = 0;
  #bytes = 0;
  /** How long the server asked to wait, in all. Milliseconds. */
  #retryAfter = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Milliseconds until the next try. @throws HttpError where none is due. */
  delayAfter(error: HttpError, gained: number): number {
    const { attempts, random } = this.#policy;
    this.#tries++;
    this.#failures = gained > 0 && !error.slow ? 1 : this.#failures + 1;
    this.#bytes += gained;
    const { retryAfter = 0, retryable } = error;
    this.#retryAfter += retryAfter;
    if (retryable && this.#retryAfter > maxRetryAfter) throw finalError(error, this.#tries, untilText(retryAfter));
    const exhausted = this.#failures >= attempts || this.#tries >= attempts * maxTriesFactor + this.#bytes / 2 ** 20;
    if (!retryable || exhausted) {
      const tries = this.#tries > 1 ? ` (${this.#tries} attempts)` : "";
      throw finalError(error, this.#tries, `${tries}${retryable && retryAfter > 0 ? untilText(retryAfter) : ""}`);
    }
    return Math.max(retryAfter, backoff(this.#failures, random));
  }
}

function finalError(error: HttpError, attempts: number, suffix: string): HttpError {
  if (attempts === error.attempts && suffix === "") return error;
  const { status, url, retryAfter, retryable, slow } = error;
  return new HttpError(error.message + suffix, { status, attempts, url, retryAfter, retryable, slow }, error.cause);
}

function untilText(ms: number): string {
  const date = new Date(Date.now() + ms);
  return Number.isNaN(date.getTime())
    ? "; the server asks not to come back"
    : `; the server asks to come back after ${date.toISOString().replace(/\.\d+/, "")}`;
}
