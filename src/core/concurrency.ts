// Bounded concurrency: one pool of workers for lists, and one for queues that grow while they are worked off.

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
