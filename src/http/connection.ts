import { cannotFetch, classify } from "./error.ts";
import { IdleTimer } from "./idle-timer.ts";

/** What an {@link HttpConnection} needs. */
export interface HttpConnectionOptions {
  /** What errors name: where the request began. */
  readonly startUrl: URL;
  /** The URL of the proxy, if there is one. */
  readonly proxy: string | undefined;
  /** The connection is aborted after so many milliseconds without a byte. */
  readonly idleTimeout: number;
  /** The caller's; it aborts the request. */
  readonly signal: AbortSignal;
  /** Lets the host's next request begin. */
  readonly release: () => void;
}

/** The connection of one request: its place within the host's limit, its abort signal and its idle timer. */
export class HttpConnection {
  readonly #options: HttpConnectionOptions;
  readonly #controller = new AbortController();
  readonly #timer: IdleTimer;
  readonly #onAbort: () => void;
  #open = true;

  constructor(options: HttpConnectionOptions) {
    const { startUrl, idleTimeout, signal } = options;
    this.#options = options;
    this.#onAbort = () => this.#controller.abort(signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#timer = new IdleTimer(idleTimeout, (idleness) => {
      const reason =
        idleness === "idle"
          ? `no byte for ${idleTimeout / 1000} s`
          : `only ${idleness.bytes} bytes in ${idleness.milliseconds / 1000} s`;
      this.#controller.abort(cannotFetch(startUrl, reason, { retryable: true, slow: idleness !== "idle" }));
      this.close();
    });
  }

  /** For the runtime's fetch. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Is it still in use? */
  get open(): boolean {
    return this.#open;
  }

  /** A byte moved. @param bytes of a body that is read. */
  touch(bytes?: number): void {
    this.#timer.touch(bytes);
  }

  /** The request is over. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#timer.stop();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#options.release();
  }

  /** Aborts the request, unless it is over. */
  drop(): void {
    if (!this.#open) return;
    this.close();
    this.#controller.abort();
  }

  /** Drops the connection. Returns the error to throw: the reason of an abort, or else what the runtime threw, classified. */
  fail(thrown: unknown): unknown {
    const { aborted, reason } = this.#controller.signal;
    this.drop();
    if (aborted) return reason;
    const { startUrl, proxy } = this.#options;
    const cause = classify(thrown);
    const route = proxy ? `, through the proxy ${new URL(proxy).host}` : "";
    return cannotFetch(startUrl, cause.reason + route, { retryable: cause.retryable }, thrown);
  }
}
