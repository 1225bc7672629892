// Bounded concurrency: one pool of workers for lists, one for queues that grow while they are worked off, and a semaphore.

/** What {@link mapConcurrently} does after a failure. */
export interface ConcurrencyOptions {
  /** Waits for what is under way before it rejects (default: it rejects at once). */
  readonly settle?: boolean;
}

/**
 * Runs `act` on all items, at most `limit` at one time; nothing more is begun after a failure.
 * @returns the results in the items' order.
 * @throws whatever `act` throws first.
 */
export async function mapConcurrently<T, R>(
  limit: number,
  items: readonly T[],
  act: (item: T) => Promise<R>,
  { settle = false }: ConcurrencyOptions = {},
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const store = async ([index, item]: [number, T]): Promise<void> => {
    results[index] = await act(item);
  };
  await drainConcurrently(limit, queue, store, { settle });
  return results;
}

/**
 * Takes items off the front of the queue and runs `act` on them, at most `limit` at one time, until the queue is empty.
 * `act` may add to the queue. Nothing more is begun after a failure.
 * @throws whatever `act` throws first.
 */
export async function drainConcurrently<T>(
  limit: number,
  queue: T[],
  act: (item: T) => Promise<void>,
  { settle = false }: ConcurrencyOptions = {},
): Promise<void> {
  let failed = false;
  const worker = async (): Promise<void> => {
    while (queue.length > 0 && !failed) {
      try {
        await act(queue.shift() as T);
      } catch (cause) {
        failed = true;
        throw cause;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, queue.length) }, worker);
  try {
    await Promise.all(workers);
  } finally {
    if (settle) await Promise.allSettled(workers);
  }
}

/** At most so many holders at one time; first come, first served. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  readonly #permits: number;
  #holders = 0;

  constructor(permits: number) {
    this.#permits = permits;
  }

  /** True while nobody holds a permit. */
  get idle(): boolean {
    return this.#holders === 0;
  }

  /**
   * Waits for a permit. Returns the function that gives it back; more than one call of it does no harm.
   * Rejects with the signal's reason.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#holders < this.#permits) this.#holders++;
    else await this.#wait(signal);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      // The permit goes straight to the first in the queue, so that no later caller can take it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#holders--;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onPermit = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(onPermit), 1);
        reject(signal?.reason);
      };
      this.#waiting.push(onPermit);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
