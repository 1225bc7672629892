// A server that is gone is not asked for the six hundredth item: after so many failures in a row a push gives up.
import { KsoError } from "../core/errors.ts";

/** Counts consecutive failures. Once it is open, it stays so. */
export class CircuitBreaker {
  readonly #maxFailures: number;
  readonly #reasonOf: ((cause: unknown) => string) | undefined;
  #consecutiveFailures = 0;
  #opened: KsoError | undefined;

  /** With `reasonOf` the error says why the last try failed. */
  constructor(maxFailures: number, reasonOf?: (cause: unknown) => string) {
    this.#maxFailures = maxFailures;
    this.#reasonOf = reasonOf;
  }

  /** @throws KsoError `remote` whenever it is open. */
  assertClosed(): void {
    if (this.#opened) throw this.#opened;
  }

  /** Something went well. */
  success(): void {
    this.#consecutiveFailures = 0;
  }

  /** Something failed: enough of that in a row, and it opens. */
  failure(cause: unknown): void {
    this.#consecutiveFailures++;
    if (this.#opened || this.#consecutiveFailures < this.#maxFailures) return;
    const reason = this.#reasonOf ? `: ${this.#reasonOf(cause)}` : "";
    this.#opened = new KsoError("remote", `given up after ${this.#maxFailures} failures in a row${reason}`, cause);
  }
}
