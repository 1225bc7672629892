// Remembers hosts that do not respond: after one transfer has waited for such a host in vain, all others try it last, and once.
import { HttpError } from "../http/error.ts";
import type { HttpRequest } from "../http/request.ts";

/** The hosts that did not respond within all tries, and have not responded since. */
export class SourceHealth {
  readonly #down = new Set<string>();

  /** Is the host of a source one that does not respond? */
  isDown({ url }: HttpRequest): boolean {
    return this.#down.has(originOf(url));
  }

  /** The host of a source has responded. */
  markUp({ url }: HttpRequest): void {
    this.#down.delete(originOf(url));
  }

  /** The host of a source has not responded. */
  markDown({ url }: HttpRequest): void {
    this.#down.add(originOf(url));
  }

  /** In order of preference, but those that are down come last. */
  inOrder(sources: readonly HttpRequest[]): HttpRequest[] {
    return [...sources.filter((source) => !this.isDown(source)), ...sources.filter((source) => this.isDown(source))];
  }
}

/** Could the same request succeed at another time? */
export function isRetryable(cause: unknown): boolean {
  return cause instanceof HttpError && cause.retryable;
}

/** Scheme, host and port of a URL. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
