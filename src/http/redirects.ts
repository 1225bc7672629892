// From a URL to the answer that counts: redirects followed, credentials shown to the first host only, statuses told apart.

import { cannotFetch, shownUrl, statusText } from "./error.ts";
import { basicAuthorization, type Login, loginOf } from "./netrc.ts";
import { parseRetryAfter } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { type OpenResponse, type SendContext, sendOnce } from "./send-once.ts";

const mostRedirects = 10;
const redirects: readonly number[] = [301, 302, 303, 307, 308];
/** Redirects that ask for the same request elsewhere, body and all. */
const keeping: readonly number[] = [307, 308];
const passing: readonly number[] = [408, 425, 429];
/** What only the first host may see. */
const secrets = ["authorization", "cookie", "proxy-authorization"];

export interface HttpContext extends SendContext {
  readonly netrc: (host: string) => Login | undefined;
}

/**
 * One try. The reply's status is 2xx or among `accept`.
 * @throws FetchError, passing or not.
 */
export async function followRedirects(
  visit: HttpContext,
  asked: HttpRequest,
  headers: Headers,
  accept: readonly number[],
  signal: AbortSignal,
): Promise<OpenResponse> {
  const start = startOf(asked.url);
  let url = start.url;
  let challenge: string | undefined;
  let known: string | undefined;
  const visited = new Set<string>();
  for (;;) {
    const own = url.origin === start.url.origin;
    const sent = new Headers(headers);
    if (!own) for (const name of secrets) sent.delete(name);
    else known = challenge === undefined ? await credentials(visit, asked, start.login, url) : known;
    if (own && known !== undefined) sent.set("authorization", known);
    const reply = await sendOnce(visit, url, asked, sent, signal, start.url);
    const { status, headers: got } = reply.response;
    if ((status >= 200 && status < 300) || accept.includes(status)) return reply;
    await reply.discard();

    const problem = got.get("www-authenticate");
    if (status === 401 && own && challenge === undefined && problem !== null && asked.authorize) {
      challenge = problem;
      const answer = await asked.authorize(url, challenge);
      if (answer !== undefined) {
        known = answer;
        continue;
      }
    }
    const location = got.get("location");
    if (redirects.includes(status) && location !== null) {
      visited.add(url.href);
      const to = target(start.url, url, location);
      if (typeof asked.body === "string")
        throw cannotFetch(start.url, "it redirects a form, which is refused", { status });
      if (asked.body && !keeping.includes(status))
        throw cannotFetch(
          start.url,
          `it answers an upload with ${statusText(status)} to ${shownUrl(to)}; name that address`,
          {
            status,
          },
        );
      if (visited.has(to.href))
        throw cannotFetch(start.url, `it redirects in a circle, back to ${shownUrl(to)}`, { status });
      if (visited.size > mostRedirects)
        throw cannotFetch(start.url, `more than ${mostRedirects} redirects`, { status });
      url = to;
      challenge = undefined;
      continue;
    }
    const where = url.href === start.url.href ? "" : ` from ${shownUrl(url)}`;
    const how = status === 401 ? `, ${sent.has("authorization") ? "with" : "without"} credentials` : "";
    throw cannotFetch(start.url, `${statusText(status)}${how}${where}`, {
      status,
      retryable: status >= 500 || passing.includes(status),
      retryAfter: parseRetryAfter(got.get("retry-after"), Date.now()),
    });
  }
}

function startOf(text: string): { url: URL; login: Login | undefined } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw cannotFetch(text, "it is not a URL");
  if (!isHttp(url)) throw cannotFetch(url, `only http and https can be fetched, not "${url.protocol.slice(0, -1)}"`);
  return { login: loginOf(url), url: plain(url) };
}

function isHttp({ protocol }: URL): boolean {
  return protocol === "http:" || protocol === "https:";
}

/** Without user, password and fragment. */
function plain(url: URL): URL {
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

/** Where a redirect leads. A user and password that a server writes into it are not taken. */
function target(start: URL, from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? plain(new URL(location, from)) : undefined;
  if (!to) throw cannotFetch(start, "it redirects to what is not a URL");
  if (!isHttp(to))
    throw cannotFetch(start, `it redirects to another scheme, "${to.protocol.slice(0, -1)}", which is refused`);
  if (from.protocol === "https:" && to.protocol === "http:")
    throw cannotFetch(start, `it redirects from https to http (${shownUrl(to)}), which is refused`);
  return to;
}

/** In order: what the caller knows, what stands in the URL, what stands in ~/.netrc. */
async function credentials(
  { netrc }: HttpContext,
  asked: HttpRequest,
  login: Login | undefined,
  url: URL,
): Promise<string | undefined> {
  const given = await asked.authorize?.(url);
  if (given !== undefined) return given;
  if (new Headers(asked.headers).has("authorization")) return undefined;
  const found = login ?? netrc(url.hostname);
  return found && basicAuthorization(found);
}
