import { cannotFetch, classify } from "./error.ts";
import { IdleTimer } from "./idle-timer.ts";

/** What a {@link HttpConnection} is made of. */
export interface HttpConnectionOptions {
  /** What errors name: where the request began. */
  readonly startUrl: URL;
  /** The URL of the proxy it goes through. */
  readonly proxy: string | undefined;
  /** Milliseconds without a byte. */
  readonly idleTimeout: number;
  /** Ends it from outside. */
  readonly signal: AbortSignal;
  /** Gives the host's connection back. */
  readonly release: () => void;
}

/** One request's hold on a connection: its share of the host's limit, what aborts it, and the watch for silence. */
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
    this.#timer = new IdleTimer(idleTimeout, () => {
      this.#controller.abort(cannotFetch(startUrl, `no byte for ${idleTimeout / 1000} s`, { retryable: true }));
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

  /** A byte moved. */
  touch(): void {
    this.#timer.touch();
  }

  /** The request is over. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#timer.stop();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#options.release();
  }

  /** Cuts it off. */
  drop(): void {
    if (!this.#open) return;
    this.close();
    this.#controller.abort();
  }

  /** Drops it, and says why: what aborted it is a better reason than what the runtime threw. */
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
