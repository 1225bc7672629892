// Reads from upstream's servers. A request for what changes carries the validator of the cached response, and a server that limits
// requests is sent no more.

import { cannotFetch, HttpError } from "../../http/error.ts";
import type { Http } from "../../http/http.ts";
import type { HttpRequest, HttpResponse } from "../../http/request.ts";
import { sleep } from "../../http/retry.ts";
import { locationsOf, type Mirrors } from "../../plan/mirrors.ts";
import type { ResponseCache } from "./response-cache.ts";

/** What upstream publishes, as text. */
export interface UpstreamReader {
  /** Text that changes from day to day. @throws HttpError, also for 404. */
  readChanging(url: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Text that never changes; undefined where there is none (404). @throws HttpError */
  readFixed(url: string): Promise<string | undefined>;
}

/** What an {@link UpstreamClient} is made with. */
export interface UpstreamClientOptions {
  readonly http: Http;
  readonly mirrors: Mirrors;
  readonly cache: ResponseCache;
  /** For api.github.com alone: a mirror never sees it. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal;
  /** Waits so many milliseconds. Default: a real timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The longest list of releases, and the longest file of sums. Bytes. */
const maxListSize = 32 << 20;
const maxSumsSize = 1 << 20;
/** The longest wait that a server may ask for. Milliseconds. */
const maxWait = 60_000;
const maxAttempts = 3;
const gitHubApi = "https://api.github.com";
/** The statuses with which servers limit requests. */
const limitStatuses: readonly number[] = [403, 429];

/** Reads from upstream's servers, or from the mirrors that stand for them. */
export class UpstreamClient implements UpstreamReader {
  readonly #options: UpstreamClientOptions;
  /** Origin and the server that stands for it → why no further request is sent there. */
  readonly #limited = new Map<string, string>();
  /** URL → its text. One file of sums names several files, and is read once. */
  readonly #fixed = new Map<string, Promise<string | undefined>>();
  constructor(options: UpstreamClientOptions) {
    this.#options = options;
  }

  async readChanging(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { cache } = this.#options;
    return await this.#fromFirstMirror(url, async (location) => {
      const cached = cache.read(location);
      const conditions: Record<string, string> = cached?.etag
        ? { "if-none-match": cached.etag }
        : cached?.modified
          ? { "if-modified-since": cached.modified }
          : {};
      const request = { url: location, headers: { ...headers, ...conditions }, ...this.#authorization(location) };
      const response = await this.#send(url, request, cached ? [304] : []);
      if (response.status === 304 && cached) {
        await response.cancel();
        return cached.body;
      }
      const body = new TextDecoder().decode(await response.bytes(maxListSize));
      const etag = response.headers.get("etag") ?? undefined;
      const modified = response.headers.get("last-modified") ?? undefined;
      if (etag !== undefined || modified !== undefined) await cache.write(location, { etag, modified, body });
      return body;
    });
  }

  readFixed(url: string): Promise<string | undefined> {
    const started = this.#fixed.get(url);
    if (started) return started;
    const text = this.#fromFirstMirror(url, async (location) => {
      const response = await this.#send(url, { url: location, ...this.#authorization(location) }, [404]);
      if (response.status !== 404) return new TextDecoder().decode(await response.bytes(maxSumsSize));
      await response.cancel();
      return undefined;
    });
    this.#fixed.set(url, text);
    return text;
  }

  /** Sends a request that stands for one to `origin`, and waits or gives up where the server limits requests. */
  async #send(origin: string, request: HttpRequest, accept: readonly number[]): Promise<HttpResponse> {
    const host = `${new URL(origin).host} ${new URL(request.url).host}`;
    for (let attempt = 1; ; attempt++) {
      const reason = this.#limited.get(host);
      if (reason !== undefined) throw cannotFetch(request.url, reason);
      const response = await this.#options.http.send(request, [...accept, ...limitStatuses]);
      const exhausted = response.headers.get("x-ratelimit-remaining") === "0";
      if (exhausted) this.#limited.set(host, this.#limitReason(response.headers));
      if (!limitStatuses.includes(response.status)) return response;
      await response.cancel();
      if (!exhausted) await this.#waitOrLimit(host, request.url, response, attempt);
    }
  }

  /** Waits as long as the server says, or sends it no further request where that is too long. */
  async #waitOrLimit(host: string, url: string, { status, headers }: HttpResponse, attempt: number): Promise<void> {
    const { wait = sleep, signal } = this.#options;
    const retryAfter = seconds(headers.get("retry-after"));
    if (retryAfter === undefined && status === 403) throw cannotFetch(url, "403 Forbidden", { status });
    if (retryAfter !== undefined && retryAfter * 1000 <= maxWait && attempt < maxAttempts)
      await wait(retryAfter * 1000, signal);
    else if (!this.#limited.has(host)) this.#limited.set(host, this.#limitReason(headers));
  }

  /** Reads from the first location that works. @throws HttpError the first failure, where none does. */
  async #fromFirstMirror<T>(url: string, read: (location: string) => Promise<T>): Promise<T> {
    let failure: HttpError | undefined;
    for (const location of locationsOf(url, this.#options.mirrors)) {
      try {
        return await read(location);
      } catch (thrown) {
        this.#options.signal?.throwIfAborted();
        if (!(thrown instanceof HttpError)) throw thrown;
        failure ??= thrown;
      }
    }
    throw failure;
  }

  /** GitHub's token, for GitHub; any other server gets what ~/.netrc has for it. */
  #authorization(location: string): Pick<HttpRequest, "authorize"> {
    const { token } = this.#options;
    if (token === undefined || new URL(location).origin !== gitHubApi) return {};
    return {
      authorize: async (url, challenge) =>
        challenge === undefined && url.origin === gitHubApi ? `Bearer ${token}` : undefined,
    };
  }

  /** Says when the limit is lifted, by the server's own clock. */
  #limitReason(headers: Headers): string {
    const reset = seconds(headers.get("x-ratelimit-reset"));
    const retryAfter = seconds(headers.get("retry-after"));
    const now = Date.parse(headers.get("date") ?? "");
    const time =
      reset !== undefined ? reset * 1000 : retryAfter !== undefined && now > 0 ? now + retryAfter * 1000 : Number.NaN;
    const date = new Date(time);
    const when = Number.isNaN(date.getTime()) ? "for now" : `until ${date.toISOString().replace(/\.\d+/, "")}`;
    const advice = this.#options.token === undefined ? "; GITHUB_TOKEN raises GitHub's limit" : "";
    return `the server takes no more requests ${when} (rate limit)${advice}`;
  }
}

function seconds(text: string | null): number | undefined {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
