/** Ticks within the timeout: it may be noticed late by one of them. */
const ticksPerTimeout = 4;

/** Calls back when no byte has moved for the timeout; the owner calls {@link touch} whenever one does. */
export class IdleTimer {
  readonly #interval: ReturnType<typeof setInterval>;
  // Ticks instead of a clock: while a slow disk blocks this thread, no tick is counted against the server.
  #ticks = 0;

  /** @param timeout milliseconds. */
  constructor(timeout: number, onIdle: () => void) {
    this.#interval = setInterval(() => {
      if (++this.#ticks > ticksPerTimeout) onIdle();
    }, timeout / ticksPerTimeout);
  }

  /** A byte moved. */
  touch(): void {
    this.#ticks = 0;
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#interval);
  }
}
