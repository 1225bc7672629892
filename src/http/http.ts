// The HTTP client: it retries what is retryable, follows redirects, and throws HttpError for every other end.
import { createFetch } from "ofetch";
import type { DownloadTarget } from "../core/download-target.ts";
import type { EnvironmentVariables } from "../core/environment.ts";
import { download, type ExpectedDownload, type FinishedDownload } from "./download.ts";
import { HostLimit } from "./host-limit.ts";
import { LoginTrials } from "./login-trials.ts";
import { parseNetrc } from "./netrc.ts";
import type { OpenResponse } from "./open-response.ts";
import { followRedirects } from "./redirects.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";
import { bufferedResponse } from "./response.ts";
import { type RetryPolicy, retry, sleep } from "./retry.ts";
import { chooseRoute, type Transport } from "./route.ts";
import type { HttpContext } from "./send-once.ts";

/** How a client reaches servers, and how long and how often it tries. */
export interface HttpOptions {
  readonly transport: Transport;
  /** HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in both cases. */
  readonly env: EnvironmentVariables;
  /** PEM text: certificates to trust beside the system's. */
  readonly ca?: string;
  /** The text of ~/.netrc. */
  readonly netrc?: string;
  /** Connections to one host at one time. Default 8. */
  readonly connections?: number;
  /** Tries without progress. Default 5. */
  readonly attempts?: number;
  /** Milliseconds without a byte, or without a response. Default 30,000. */
  readonly idleTimeout?: number;
  /** Waits so many milliseconds, or rejects with the signal's reason. Default: a real timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  /** Ends everything (Ctrl-C). */
  readonly signal?: AbortSignal;
}

/** A client for HTTP. */
export interface Http {
  /**
   * Sends a request; retries what is retryable, follows redirects.
   * @throws HttpError for any final status outside 2xx, unless listed in `accept`.
   */
  send(request: HttpRequest, accept?: readonly number[]): Promise<HttpResponse>;
  /**
   * Downloads a body; resumes where this process or an earlier one was cut.
   * @throws HttpError, and whatever `target.write` throws, unchanged.
   */
  download(request: HttpRequest, target: DownloadTarget, expected: ExpectedDownload): Promise<FinishedDownload>;
}

/** Creates a client. @throws KsoError `usage` when `ca` holds no certificate. */
export function createHttp(options: HttpOptions): Http {
  const { transport, env, ca, netrc = "", connections = 8, idleTimeout = 30_000 } = options;
  const { attempts = 5, wait = sleep, random = Math.random } = options;
  const context: HttpContext = {
    fetch: createFetch({ fetch: transportFetch as typeof fetch }),
    hostLimit: new HostLimit(connections),
    routeTo: chooseRoute(transport, env, ca),
    idleTimeout,
    netrc: parseNetrc(netrc),
    logins: new LoginTrials(),
  };
  const never = new AbortController().signal;
  const signalFor = (request: HttpRequest): AbortSignal => {
    const signals = [options.signal, request.signal].filter((signal) => signal !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : (signals[0] ?? never);
  };
  const policyFor = (request: HttpRequest): RetryPolicy => ({ attempts: request.attempts ?? attempts, wait, random });

  return {
    async send(request, accept = []) {
      const signal = signalFor(request);
      const policy = policyFor(request);
      const retryOptions = { signal, onRetry: request.onRetry };
      const open = (): Promise<OpenResponse> =>
        followRedirects(context, { request, headers: headersFor(request), accept, signal });
      return bufferedResponse(request, await retry(policy, retryOptions, open), (attempt) =>
        retry(policy, retryOptions, () => attempt(open)),
      );
    },
    async download(request, target, expected) {
      const signal = signalFor(request);
      return await download({
        request,
        target,
        expected,
        policy: policyFor(request),
        signal,
        open: (headers, accept) =>
          followRedirects(context, { request, headers: headersFor(request, headers), accept, signal }),
      });
    },
  };
}

/** Calls the `fetch` among the transport's options, or else the global one. */
function transportFetch(url: string, init: RequestInit & { fetch?: typeof fetch }): Promise<Response> {
  return (init.fetch ?? fetch)(url, init);
}

/** The request's headers, those that kso always sends, and those of one try. */
function headersFor(request: HttpRequest, attemptHeaders: Readonly<Record<string, string>> = {}): Headers {
  const headers = new Headers({ "user-agent": "kso", ...lowerCased(request.headers), "accept-encoding": "identity" });
  for (const [name, value] of Object.entries(attemptHeaders)) headers.set(name, value);
  return headers;
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
