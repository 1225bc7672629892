/** Ticks within the timeout: it may be noticed late by one of them. */
const ticksPerTimeout = 4;
/** Over how many timeouts the rate of a body is taken. */
const timeoutsPerWindow = 2;
/** A body that comes slower than this over a whole window is given up. Bytes a second. */
const minRate = 1000;

/** Why a connection is given up: nothing moved, or only so many bytes in so many milliseconds. */
export type Idleness = "idle" | { readonly bytes: number; readonly milliseconds: number };

/** Calls back when no byte has moved for the timeout, or a body only drips; the owner calls {@link touch} whenever one moves. */
export class IdleTimer {
  readonly #interval: ReturnType<typeof setInterval>;
  // Ticks instead of a clock: while a slow disk blocks this thread, no tick is counted against the server.
  #ticks = 0;
  #windowTicks = 0;
  /** Bytes of a body in this window, which begins with the first of them. */
  #windowBytes: number | undefined;

  /** @param timeout milliseconds. */
  constructor(timeout: number, onIdle: (idleness: Idleness) => void) {
    const milliseconds = timeout * timeoutsPerWindow;
    this.#interval = setInterval(() => {
      if (++this.#ticks > ticksPerTimeout) return onIdle("idle");
      const bytes = this.#windowBytes;
      if (bytes === undefined || ++this.#windowTicks < ticksPerTimeout * timeoutsPerWindow) return;
      this.#windowTicks = 0;
      this.#windowBytes = undefined;
      if (bytes < (minRate * milliseconds) / 1000) onIdle({ bytes, milliseconds });
    }, timeout / ticksPerTimeout);
  }

  /** A byte moved. @param bytes of a body that is read; without it, only that the connection lives. */
  touch(bytes?: number): void {
    this.#ticks = 0;
    if (bytes !== undefined) this.#windowBytes = (this.#windowBytes ?? 0) + bytes;
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#interval);
  }
}
