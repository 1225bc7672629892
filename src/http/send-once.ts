// One request and its answer, with a lane of its own and an eye on the time. In travels a URL with all its headers; out
// travels a reply whose body is still on the wire, or a FetchError.
import type { $Fetch } from "ofetch";
import { KsoError } from "../core/errors.ts";
import { cannotFetch, classify, HttpError } from "./error.ts";
import type { HostLimit } from "./host-limit.ts";
import { contentLengthOf } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { sending } from "./upload.ts";

/** What one request needs of its surroundings. */
export interface SendContext {
  readonly fetch: $Fetch;
  readonly lanes: HostLimit;
  readonly proxyOf: (url: URL) => string | undefined;
  /** Options for the runtime's fetch: the proxy, certificates. */
  readonly optionsFor: (url: URL) => Record<string, unknown>;
  /** Milliseconds without a byte. */
  readonly stall: number;
}

/** An answer; it holds a connection until it is read, discarded or dropped. */
export interface OpenResponse {
  readonly response: Response;
  readonly url: URL;
  /** Hands out each chunk. What `take` throws passes through unchanged and drops the connection. */
  read(take: (chunk: Uint8Array) => void): Promise<void>;
  /** Hands out the body whole; `alive` is to be called whenever some of it came. Otherwise like {@link read}. */
  pipe(take: (body: ReadableStream<Uint8Array>, alive: () => void) => Promise<void>): Promise<void>;
  /** Throws the body away, so that the connection can serve the next request where that is cheap. */
  discard(): Promise<void>;
  /** Cuts it off. */
  drop(): void;
}

/** A body of at most so many bytes is read and thrown away rather than cut off. */
const cheap = 65_536;
/** A stall is noticed within one such part of its time. */
const parts = 4;
/** How much longer a server may take that has work to do. */
const slowness = 10;

export async function sendOnce(
  { fetch, lanes, proxyOf, optionsFor, stall }: SendContext,
  url: URL,
  what: HttpRequest,
  headers: Headers,
  signal: AbortSignal,
  /** What failures name: where it began. */
  asked: URL = url,
): Promise<OpenResponse> {
  const { method = "GET" } = what;
  const options = optionsFor(url);
  const free = await lanes.acquire(url.host, signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  // Ticks without a byte, not a clock: a disk that blocks this thread for a minute is not the server's stall.
  let idle = 0;
  const most = what.slow ? stall * slowness : stall;
  const timer = setInterval(() => {
    if (++idle <= parts) return;
    controller.abort(cannotFetch(asked, `no byte for ${most / 1000} s`, { retryable: true }));
    finish();
  }, most / parts);
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearInterval(timer);
    signal.removeEventListener("abort", abort);
    free();
  };
  const drop = (): void => {
    if (over) return;
    finish();
    controller.abort();
  };
  const failed = (thrown: unknown): unknown => {
    const { aborted, reason } = controller.signal;
    drop();
    // What ended it is the better reason.
    if (aborted) return reason;
    const meaning = classify(thrown);
    const proxy = proxyOf(url);
    const way = proxy ? `, through the proxy ${new URL(proxy).host}` : "";
    return cannotFetch(asked, meaning.reason + way, { retryable: meaning.retryable }, thrown);
  };

  const sent = sending(what, headers, () => {
    idle = 0;
  });
  let response: Response;
  try {
    response = await fetch.raw(url.href, {
      ...options,
      method,
      headers: sent.headers,
      ...(sent.body !== undefined && { body: sent.body }),
      redirect: "manual",
      responseType: "stream",
      retry: 0,
      ignoreResponseError: true,
      signal: controller.signal,
    });
  } catch (thrown) {
    sent.undo();
    const failure = failed(thrown);
    throw sent.broken() ?? failure;
  }
  const { body } = response;
  if (!response.ok) sent.undo();
  if (!body || method === "HEAD") finish();
  const read = async (take: (chunk: Uint8Array) => void): Promise<void> => {
    let taking = false;
    try {
      for await (const chunk of body ?? []) {
        taking = true;
        take(chunk);
        taking = false;
        idle = 0;
      }
      finish();
    } catch (thrown) {
      if (!taking) throw failed(thrown);
      drop();
      throw thrown;
    }
  };
  const pipe: OpenResponse["pipe"] = async (take) => {
    if (!body) return;
    try {
      await take(body as ReadableStream<Uint8Array>, () => {
        idle = 0;
      });
      finish();
    } catch (thrown) {
      // What the taker says of itself passes through; the rest is the body's.
      if (!(thrown instanceof KsoError)) throw failed(thrown);
      drop();
      throw thrown;
    }
  };
  return {
    response,
    url,
    read,
    pipe,
    drop,
    async discard() {
      if (over) return;
      if ((contentLengthOf(response.headers) ?? cheap + 1) > cheap) return drop();
      await read(() => undefined).catch((cause) => {
        // Only the answer's head was wanted.
        if (!(cause instanceof HttpError)) throw cause;
      });
    },
  };
}
