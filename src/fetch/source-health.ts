// Who does not answer: a host that kept one transfer waiting for nothing is tried last, and once, by the others.
import { HttpError } from "../http/error.ts";
import type { HttpRequest } from "../http/request.ts";

/** The hosts that did not answer within all their tries, and have not answered since. */
export class SourceHealth {
  readonly #down = new Set<string>();

  isDown({ url }: HttpRequest): boolean {
    return this.#down.has(originOf(url));
  }

  up({ url }: HttpRequest): void {
    this.#down.delete(originOf(url));
  }

  down({ url }: HttpRequest): void {
    this.#down.add(originOf(url));
  }

  /** In order of preference, but those that are down come last. */
  inOrder(sources: readonly HttpRequest[]): HttpRequest[] {
    return [...sources.filter((source) => !this.isDown(source)), ...sources.filter((source) => this.isDown(source))];
  }
}

/** Is it the server, or the way there, and not what was requested of it? */
export function isRetryable(cause: unknown): boolean {
  return cause instanceof HttpError && cause.retryable;
}

/** Scheme, host and port of a URL. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
