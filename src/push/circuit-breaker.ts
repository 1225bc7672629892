// Ends a push after so many failures in a row, so that a server that is gone does not get hundreds of requests.
import { KsoError } from "../core/errors.ts";

/** Counts consecutive failures. Once it is open, it stays so. */
export class CircuitBreaker {
  readonly #maxFailures: number;
  readonly #reasonOf: ((cause: unknown) => string) | undefined;
  #consecutiveFailures = 0;
  #opened: KsoError | undefined;

  /** @param reasonOf names the reason of the last failure in the error; without it the error names none. */
  constructor(maxFailures: number, reasonOf?: (cause: unknown) => string) {
    this.#maxFailures = maxFailures;
    this.#reasonOf = reasonOf;
  }

  /** @throws KsoError `remote` whenever it is open. */
  assertClosed(): void {
    if (this.#opened) throw this.#opened;
  }

  /** Counts a success. */
  success(): void {
    this.#consecutiveFailures = 0;
  }

  /** Counts a failure: it opens after `maxFailures` in a row. */
  failure(cause: unknown): void {
    this.#consecutiveFailures++;
    if (this.#opened || this.#consecutiveFailures < this.#maxFailures) return;
    const reason = this.#reasonOf ? `: ${this.#reasonOf(cause)}` : "";
    this.#opened = new KsoError("remote", `given up after ${this.#maxFailures} failures in a row${reason}`, cause);
  }
}
