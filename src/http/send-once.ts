import type { $Fetch } from "ofetch";
import { HttpConnection } from "./connection.ts";
import type { HostLimit } from "./host-limit.ts";
import type { LoginTrials } from "./login-trials.ts";
import type { Login } from "./netrc.ts";
import { OpenResponse } from "./open-response.ts";
import { OutgoingBody } from "./outgoing-body.ts";
import type { HttpRequest } from "./request.ts";
import type { Route } from "./route.ts";

/** What all requests of a client share. */
export interface HttpContext {
  readonly fetch: $Fetch;
  readonly hostLimit: HostLimit;
  readonly routeTo: (url: URL) => Route;
  /** A request is aborted after so many milliseconds without a byte. */
  readonly idleTimeout: number;
  /** The login that ~/.netrc has for a host. */
  readonly netrc: (host: string) => Login | undefined;
  /** Which of the logins in URLs and in ~/.netrc are taken. */
  readonly logins: LoginTrials;
}

/** One request to one URL. */
export interface SingleRequest {
  readonly url: URL;
  /** What errors name: where the request began. */
  readonly startUrl: URL;
  readonly request: HttpRequest;
  /** All headers to send. */
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

/** The idle timeout of a slow request is so many times longer. */
const slowFactor = 10;

/**
 * Sends a request once, within the host's limit and with an idle timeout. Follows no redirect.
 * @throws HttpError where no response comes.
 */
export async function sendOnce(context: HttpContext, single: SingleRequest): Promise<OpenResponse> {
  const { url, startUrl, request, signal } = single;
  const { method = "GET", slow } = request;
  const { proxy, options } = context.routeTo(url);
  const connection = new HttpConnection({
    startUrl,
    proxy,
    idleTimeout: slow ? context.idleTimeout * slowFactor : context.idleTimeout,
    signal,
    release: await context.hostLimit.acquire(url.host, signal),
  });
  const body = new OutgoingBody(request, single.headers, () => connection.touch());
  let response: Response;
  try {
    response = await context.fetch.raw(url.href, {
      ...options,
      method,
      headers: body.headers,
      ...(body.content !== undefined && { body: body.content }),
      redirect: "manual",
      responseType: "stream",
      retry: 0,
      ignoreResponseError: true,
      signal: connection.signal,
    });
  } catch (thrown) {
    body.withdraw();
    const failure = connection.fail(thrown);
    throw body.error ?? failure;
  }
  if (!response.ok) body.withdraw();
  if (!response.body || method === "HEAD") connection.close();
  return new OpenResponse(response, url, connection);
}
