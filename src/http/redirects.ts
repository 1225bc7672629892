// Follows redirects from a URL to the final response. Credentials are sent to the first host only.
import { cannotFetch, type HttpError, shownUrl, statusText } from "./error.ts";
import { basicAuthorization, type Login, loginOf } from "./netrc.ts";
import type { OpenResponse } from "./open-response.ts";
import { parseRetryAfter } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { type HttpContext, sendOnce } from "./send-once.ts";
import type { RequestTurn } from "./turn.ts";

const maxRedirects = 10;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
/** Redirects that ask for the same request elsewhere, with the same method and body. */
const bodyKeepingStatuses: readonly number[] = [307, 308];
const retryableStatuses: readonly number[] = [408, 425, 429];
/** Headers that only the first host may receive. */
const secretHeaders = ["authorization", "cookie", "proxy-authorization"];

/** One try of a request, with all that it sends. */
export interface RequestAttempt {
  readonly request: HttpRequest;
  readonly headers: Headers;
  /** Statuses that are accepted beside 2xx. */
  readonly accept: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * Makes one try, across redirects and a challenge. The response's status is 2xx or among `accept`.
 * @throws HttpError, retryable or not.
 */
export async function followRedirects(context: HttpContext, attempt: RequestAttempt): Promise<OpenResponse> {
  const { request, accept, signal } = attempt;
  const chain = new RequestChain(context, attempt);
  for (;;) {
    const { url, startUrl } = chain;
    const headers = await chain.headers();
    const response = await sendOnce(context, { url, startUrl, request, headers, signal }).catch((cause) => {
      chain.answered(undefined);
      throw cause;
    });
    const { status } = response;
    if ((status >= 200 && status < 300) || accept.includes(status)) {
      chain.answered(status);
      return response;
    }
    await response.discard();
    if (await chain.authorize(response)) continue;
    chain.answered(status);
    if (!chain.redirect(response)) throw chain.error(response, headers.has("authorization"));
  }
}

/** The state of one request across its redirects and challenges. */
class RequestChain {
  readonly startUrl: URL;
  url: URL;
  readonly #attempt: RequestAttempt;
  readonly #context: HttpContext;
  /** The user and password of the first URL. */
  readonly #login: Login | undefined;
  readonly #visited = new Set<string>();
  #challenge: string | undefined;
  #authorization: string | undefined;
  readonly #turn: RequestTurn;
  /** The login of the URL or of ~/.netrc, where one was sent. */
  #sentLogin: string | undefined;

  constructor(context: HttpContext, attempt: RequestAttempt) {
    const { url, login } = parseUrl(attempt.request.url);
    this.#context = context;
    this.#turn = context.logins.turn();
    this.#attempt = attempt;
    this.#login = login;
    this.startUrl = url;
    this.url = url;
  }

  get #atStart(): boolean {
    return this.url.origin === this.startUrl.origin;
  }

  /** The headers for the current URL. */
  async headers(): Promise<Headers> {
    const headers = new Headers(this.#attempt.headers);
    if (!this.#atStart) {
      for (const name of secretHeaders) headers.delete(name);
      return headers;
    }
    if (this.#challenge === undefined) this.#authorization = await this.#firstAuthorization();
    if (this.#authorization !== undefined) headers.set("authorization", this.#authorization);
    return headers;
  }

  /** A response came that is no challenge, or none. */
  answered(status: number | undefined): void {
    if (status !== undefined && this.#atStart && this.#sentLogin !== undefined)
      this.#context.logins.answered(this.#sentLogin, status, this.#refusal());
    if (status === undefined || this.#atStart) this.#attempt.request.onAnswer?.(status);
    this.#turn.leave();
  }

  #refusal(): HttpError {
    const reason = `${this.startUrl.host} refused the same login before, which is not sent again`;
    return cannotFetch(this.startUrl, `${statusText(401)}: ${reason}`, { status: 401 });
  }

  /** Answers a challenge, once for each URL; true where the request is to be sent again. */
  async authorize({ status, headers }: OpenResponse): Promise<boolean> {
    const { authorize } = this.#attempt.request;
    const challenge = headers.get("www-authenticate");
    if (status !== 401 || !this.#atStart || this.#challenge !== undefined || challenge === null || !authorize)
      return false;
    this.#challenge = challenge;
    const authorization = await authorize(this.url, challenge);
    if (authorization === undefined) return false;
    this.#authorization = authorization;
    return true;
  }

  /** Takes the URL that a redirect leads to; false where the response is no redirect. @throws HttpError where it is refused. */
  redirect({ status, headers }: OpenResponse): boolean {
    const location = headers.get("location");
    if (!redirectStatuses.includes(status) || location === null) return false;
    this.#visited.add(this.url.href);
    const target = parseLocation(this.startUrl, this.url, location);
    const refuse = (reason: string): HttpError => cannotFetch(this.startUrl, reason, { status });
    const { body } = this.#attempt.request;
    if (typeof body === "string") throw refuse("it redirects a form, which is refused");
    if (body && !bodyKeepingStatuses.includes(status))
      throw refuse(`it answers an upload with ${statusText(status)} to ${shownUrl(target)}; name that address`);
    if (this.#visited.has(target.href)) throw refuse(`it redirects in a circle, back to ${shownUrl(target)}`);
    if (this.#visited.size > maxRedirects) throw refuse(`more than ${maxRedirects} redirects`);
    this.url = target;
    this.#challenge = undefined;
    return true;
  }

  /** The error of a final status. */
  error({ status, headers }: OpenResponse, withCredentials: boolean): HttpError {
    const where = this.url.href === this.startUrl.href ? "" : ` from ${shownUrl(this.url)}`;
    const credentials = status === 401 ? `, ${withCredentials ? "with" : "without"} credentials` : "";
    return cannotFetch(this.startUrl, `${statusText(status)}${credentials}${where}`, {
      status,
      retryable: status >= 500 || retryableStatuses.includes(status),
      retryAfter: parseRetryAfter(headers.get("retry-after"), Date.now()),
    });
  }

  /** The caller's; where it leaves that to us the first that there is, in the URL or in ~/.netrc. */
  async #firstAuthorization(): Promise<string | undefined> {
    const { authorize, headers } = this.#attempt.request;
    if (authorize) return await authorize(this.url);
    if (new Headers(headers).has("authorization")) return undefined;
    const login = this.#login ?? this.#context.netrc(this.url.hostname);
    if (!login) return undefined;
    const authorization = basicAuthorization(login);
    this.#sentLogin = `${this.startUrl.origin} ${authorization}`;
    if (await this.#context.logins.enter(this.#sentLogin, this.#turn)) throw this.#refusal();
    return authorization;
  }
}

function parseUrl(text: string): { url: URL; login: Login | undefined } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw cannotFetch(text, "it is not a URL");
  if (!isHttp(url)) throw cannotFetch(url, `only http and https can be fetched, not "${url.protocol.slice(0, -1)}"`);
  return { login: loginOf(url), url: withoutCredentials(url) };
}

function isHttp({ protocol }: URL): boolean {
  return protocol === "http:" || protocol === "https:";
}

/** The same URL, its user, password and fragment removed. */
function withoutCredentials(url: URL): URL {
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

/** The URL in a Location header. A user and password that a server writes into it are not used. */
function parseLocation(startUrl: URL, from: URL, location: string): URL {
  const target = URL.canParse(location, from.href) ? withoutCredentials(new URL(location, from)) : undefined;
  if (!target) throw cannotFetch(startUrl, "it redirects to what is not a URL");
  if (!isHttp(target))
    throw cannotFetch(startUrl, `it redirects to another scheme, "${target.protocol.slice(0, -1)}", which is refused`);
  if (from.protocol === "https:" && target.protocol === "http:")
    throw cannotFetch(startUrl, `it redirects from https to http (${shownUrl(target)}), which is refused`);
  return target;
}
