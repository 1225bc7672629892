// Remembers hosts that do not respond: after one transfer has waited for such a host in vain, all others try it last, and once.
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
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

/** The client, which tries once where a host has not responded to another request within all its tries. */
export function withHealth(http: Http): Http {
  const health = new SourceHealth();
  return {
    ...http,
    async send(request, accept) {
      try {
        const response = await http.send(health.isDown(request) ? { ...request, attempts: 1 } : request, accept);
        health.markUp(request);
        return response;
      } catch (cause) {
        if (isRetryable(cause)) health.markDown(request);
        throw cause;
      }
    },
  };
}

/** Could the same request succeed at another time? */
export function isRetryable(cause: unknown): boolean {
  return cause instanceof HttpError && cause.retryable;
}

/** Scheme, host and port of a URL. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
