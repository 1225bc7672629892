// The one place that talks HTTP. In travel a URL and where its bytes land; out travel answers that are worth having:
// what may pass was tried again, redirects were followed, and every other end is a FetchError.
import { X509Certificate } from "node:crypto";
import { createFetch } from "ofetch";
import { KsoError } from "../core/errors.ts";
import type { DownloadTarget } from "../core/ingest.ts";
import { download } from "./download.ts";
import { createHostLimit } from "./host-limit.ts";
import { parseNetrc } from "./netrc.ts";
import { chooseProxy } from "./proxy.ts";
import { followRedirects, type HttpContext } from "./redirects.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";
import { answered } from "./response.ts";
import { type RetryPolicy, retry, sleep } from "./retry.ts";
import type { OpenResponse } from "./send-once.ts";

/**
 * What the runtime's fetch needs beyond the standard for a proxy and a private CA; from src/runtime/transport.ts. A `fetch`
 * among the options is called in place of the global one.
 */
export type Transport = (options: { proxy?: string; ca?: string }) => Record<string, unknown>;

export interface HttpOptions {
  readonly transport: Transport;
  /** HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in both cases. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** PEM text: certificates to trust beside the system's. */
  readonly ca?: string;
  /** The text of ~/.netrc. */
  readonly netrc?: string;
  /** Connections to one host at one time. Default 8. */
  readonly connections?: number;
  /** Tries without progress. Default 5. */
  readonly attempts?: number;
  /** Milliseconds without a byte, or without an answer. Default 30,000. */
  readonly idleTimeout?: number;
  /** Waits so many milliseconds, or rejects with the signal's reason. Default: a real timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  /** Ends everything (Ctrl-C). */
  readonly signal?: AbortSignal;
}

export interface Http {
  /**
   * Tries again what may pass, follows redirects.
   * @throws FetchError for any final status outside 2xx, unless listed in `accept`.
   */
  send(asked: HttpRequest, accept?: readonly number[]): Promise<HttpResponse>;
  /**
   * Fetches a body into a landing: goes on where it was cut, in this process or an earlier one.
   * @throws FetchError, and unchanged whatever `landing.write` throws.
   */
  download(
    asked: HttpRequest,
    landing: DownloadTarget,
    expected: { readonly size?: number; readonly onBytes?: (bytes: number) => void },
  ): Promise<{ size: number }>;
}

/** @throws KsoError `usage` when `ca` holds no certificate. */
export function createHttp(options: HttpOptions): Http {
  const { transport, idleTimeout = 30_000, attempts = 5, wait = sleep, random = Math.random } = options;
  const ca = options.ca === undefined ? undefined : checkedCertificates(options.ca);
  const proxyOf = chooseProxy(options.env);
  const byProxy = new Map<string | undefined, Record<string, unknown>>();
  const optionsFor = (url: URL): Record<string, unknown> => {
    const proxy = proxyOf(url);
    const made = byProxy.get(proxy) ?? transport({ ...(proxy && { proxy }), ...(ca && { ca }) });
    byProxy.set(proxy, made);
    return made;
  };
  const visit: HttpContext = {
    fetch: createFetch({ fetch: throughTransport as typeof fetch }),
    lanes: createHostLimit(options.connections ?? 8),
    proxyOf,
    optionsFor,
    stall: idleTimeout,
    netrc: parseNetrc(options.netrc ?? ""),
  };
  const never = new AbortController().signal;
  const signalOf = (asked: HttpRequest): AbortSignal => {
    const signals = [options.signal, asked.signal].filter((signal) => signal !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : (signals[0] ?? never);
  };
  const headersOf = (asked: HttpRequest, more: Readonly<Record<string, string>> = {}): Headers => {
    const headers = new Headers({ "user-agent": "kso", ...lowered(asked.headers), "accept-encoding": "identity" });
    for (const [name, value] of Object.entries(more)) headers.set(name, value);
    return headers;
  };
  const patienceFor = (asked: HttpRequest): RetryPolicy => ({ attempts: asked.attempts ?? attempts, wait, random });

  return {
    async send(asked, accept = []) {
      const signal = signalOf(asked);
      const open = (): Promise<OpenResponse> => followRedirects(visit, asked, headersOf(asked), accept, signal);
      const trying = { signal, onRetry: asked.onRetry };
      const patience = patienceFor(asked);
      return answered(asked, await retry(patience, trying, open), (attempt) =>
        retry(patience, trying, () => attempt(open)),
      );
    },
    async download(asked, landing, expected) {
      const signal = signalOf(asked);
      return await download({ ...patienceFor(asked), signal }, asked, landing, expected, (more, accept) =>
        followRedirects(visit, asked, headersOf(asked, more), accept, signal),
      );
    },
  };
}

/** The transport may bring a fetch of its own, among its options. */
function throughTransport(url: string, init: RequestInit & { fetch?: typeof fetch }): Promise<Response> {
  return (init.fetch ?? fetch)(url, init);
}

function lowered(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function checkedCertificates(pem: string): string {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g);
  try {
    // A runtime would take what it cannot read for "no certificate" and report an untrusted server much later.
    for (const block of blocks ?? []) new X509Certificate(block);
  } catch (cause) {
    throw new KsoError("usage", "Cannot read the CA file: a certificate in it is broken; give a PEM file", cause);
  }
  if (!blocks) throw new KsoError("usage", "Cannot read the CA file: there is no certificate in it; give a PEM file");
  return blocks.join("\n");
}
