// What an abort signal means while an export is written.
import { KsoError } from "../../core/errors.ts";

/** Turns an abort signal into the error `interrupted`, for code that checks and for code that waits. */
export class Interruption {
  /** Rejects with the error when the signal is aborted. */
  readonly aborted: Promise<never>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(signal: AbortSignal | undefined) {
    const { promise, reject } = Promise.withResolvers<never>();
    // Without this, a rejection that nothing awaits would count as unhandled.
    promise.catch(() => undefined);
    this.aborted = promise;
    this.#signal = signal;
    this.#onAbort = () => reject(this.#error());
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Returns while the work may go on. @throws KsoError `interrupted` when the signal is aborted. */
  check(): void {
    if (this.#signal?.aborted) throw this.#error();
  }

  /** Stops listening to the signal. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  #error(): KsoError {
    return new KsoError(
      "interrupted",
      "Interrupted while exporting: nothing was written; run it again",
      this.#signal?.reason,
    );
  }
}
