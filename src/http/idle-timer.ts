/** A silence is noticed within one such part of its time. */
const parts = 4;

/** Calls back when nothing has moved for a while; the owner calls {@link touch} whenever something does. */
export class IdleTimer {
  readonly #interval: ReturnType<typeof setInterval>;
  // Ticks instead of a clock: a disk that blocks this thread for a minute is not the server's silence.
  #ticks = 0;

  /** @param timeout milliseconds. */
  constructor(timeout: number, onIdle: () => void) {
    this.#interval = setInterval(() => {
      if (++this.#ticks > parts) onIdle();
    }, timeout / parts);
  }

  /** Something moved. */
  touch(): void {
    this.#ticks = 0;
  }

  /** Ends the watch. */
  stop(): void {
    clearInterval(this.#interval);
  }
}
