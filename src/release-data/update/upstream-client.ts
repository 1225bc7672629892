// Questions to upstream's servers: what changes is asked with the validator of the last answer, and a server that has had
// enough is left alone. In travel URLs; out travels text.

import { cannotFetch, HttpError } from "../../http/error.ts";
import type { Http } from "../../http/http.ts";
import type { HttpRequest, HttpResponse } from "../../http/request.ts";
import { sleep } from "../../http/retry.ts";
import { type Mirrors, mirrored } from "../../plan/mirrors.ts";

/** An answer that is kept for the next run. */
export interface Kept {
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
  readonly body: string;
}

/** What earlier runs were answered. */
export interface Cache {
  read(url: string): Kept | undefined;
  write(url: string, kept: Kept): Promise<void>;
}

export interface Asking {
  readonly http: Http;
  readonly mirrors: Mirrors;
  readonly cache: Cache;
  /** For api.github.com alone: a mirror never sees it. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal;
  /** Waits so many milliseconds. Default: a real timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Ask {
  /** Text that changes from day to day. @throws FetchError, also for 404. */
  changing(url: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Text that never changes; undefined: it is not there (404). @throws FetchError */
  fixed(url: string): Promise<string | undefined>;
}

/** Lists of releases with their assets are long. Bytes. */
const longestList = 32 << 20;
const longestSums = 1 << 20;
/** What is waited for at most, when a server asks for it. Milliseconds. */
const patience = 60_000;
const limited: readonly number[] = [403, 429];

export function openAsk({ http, mirrors, cache, token, signal, wait = sleep }: Asking): Ask {
  /** Origin and the server that stands for it → what to say instead of asking there again. */
  const closed = new Map<string, string>();
  /** One file of sums is about several files. */
  const read = new Map<string, Promise<string | undefined>>();

  const send = async (origin: string, asked: HttpRequest, accept: readonly number[]): Promise<HttpResponse> => {
    const host = `${new URL(origin).host} ${new URL(asked.url).host}`;
    for (let tries = 1; ; tries++) {
      const word = closed.get(host);
      if (word !== undefined) throw cannotFetch(asked.url, word);
      const answer = await http.send(asked, [...accept, ...limited]);
      const left = answer.headers.get("x-ratelimit-remaining");
      if (left === "0") closed.set(host, comeBack(answer.headers, token !== undefined));
      if (!limited.includes(answer.status)) return answer;
      await answer.cancel();
      const asks = secondsOf(answer.headers.get("retry-after"));
      if (left !== "0" && asks === undefined && answer.status === 403)
        throw cannotFetch(asked.url, "403 Forbidden", { status: 403 });
      if (left !== "0" && asks !== undefined && asks * 1000 <= patience && tries < 3) {
        await wait(asks * 1000, signal);
        continue;
      }
      if (!closed.has(host)) closed.set(host, comeBack(answer.headers, token !== undefined));
    }
  };

  /** The first mirror that answers. */
  const anyOf = async <T>(url: string, act: (url: string) => Promise<T>): Promise<T> => {
    const [first, ...others] = mirrored(url, mirrors) as [string, ...string[]];
    return await act(first).catch(async (thrown: unknown) => {
      signal?.throwIfAborted();
      if (!(thrown instanceof HttpError)) throw thrown;
      for (const other of others) {
        try {
          return await act(other);
        } catch (again) {
          signal?.throwIfAborted();
          if (!(again instanceof HttpError)) throw again;
        }
      }
      throw thrown;
    });
  };

  const authorize = async (url: URL, challenge?: string): Promise<string | undefined> =>
    token !== undefined && challenge === undefined && url.origin === "https://api.github.com"
      ? `Bearer ${token}`
      : undefined;

  return {
    changing: (url, headers = {}) =>
      anyOf(url, async (at) => {
        const kept = cache.read(at);
        const conditions = kept?.etag
          ? { "if-none-match": kept.etag }
          : kept?.modified
            ? { "if-modified-since": kept.modified }
            : {};
        const answer = await send(
          url,
          { url: at, headers: { ...headers, ...conditions }, authorize },
          kept ? [304] : [],
        );
        if (answer.status === 304 && kept) {
          await answer.cancel();
          return kept.body;
        }
        const body = new TextDecoder().decode(await answer.bytes(longestList));
        const etag = answer.headers.get("etag") ?? undefined;
        const modified = answer.headers.get("last-modified") ?? undefined;
        if (etag !== undefined || modified !== undefined) await cache.write(at, { etag, modified, body });
        return body;
      }),
    fixed(url) {
      const known = read.get(url);
      if (known) return known;
      const asked = anyOf(url, async (at) => {
        const answer = await send(url, { url: at, authorize }, [404]);
        if (answer.status !== 404) return new TextDecoder().decode(await answer.bytes(longestSums));
        await answer.cancel();
        return undefined;
      });
      read.set(url, asked);
      return asked;
    },
  };
}

/** When the limit is lifted, by the server's own clock. */
function comeBack(headers: Headers, known: boolean): string {
  const reset = secondsOf(headers.get("x-ratelimit-reset"));
  const asks = secondsOf(headers.get("retry-after"));
  const now = Date.parse(headers.get("date") ?? "");
  const at = reset !== undefined ? reset * 1000 : asks !== undefined && now > 0 ? now + asks * 1000 : Number.NaN;
  const date = new Date(at);
  const when = Number.isNaN(date.getTime()) ? "for now" : `until ${date.toISOString().replace(/\.\d+/, "")}`;
  return `the server takes no more requests ${when} (rate limit)${known ? "" : "; GITHUB_TOKEN raises GitHub's limit"}`;
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
