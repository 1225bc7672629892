// Errors of the network: a message for a person, and fields that decide what is tried next. No message contains a credential.
import { STATUS_CODES } from "node:http";
import { KsoError } from "../core/errors.ts";
import { printable } from "../core/quote.ts";

/** What a {@link HttpError} carries beside its message. */
export interface HttpErrorDetails {
  /** The last response's status; undefined when there was none. */
  readonly status?: number | undefined;
  /** How often it was tried. */
  readonly attempts: number;
  /** The requested URL, without credentials. */
  readonly url: string;
  /** Could the same request succeed at another time? */
  readonly retryable?: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The body only dripped: what came of it is no progress. */
  readonly slow?: boolean;
}

/** A request that failed. Errors that leave `src/http` are final: all retries have been made. */
export class HttpError extends KsoError implements HttpErrorDetails {
  readonly status: number | undefined;
  readonly attempts: number;
  readonly url: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly slow: boolean;
  constructor(message: string, details: HttpErrorDetails, cause?: unknown) {
    super("fetch", message, cause);
    this.status = details.status;
    this.attempts = details.attempts;
    this.url = details.url;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
    this.slow = details.slow ?? false;
  }
}

/** The error of one try: `Cannot fetch https://…: the reason`. */
export function cannotFetch(
  url: URL | string,
  reason: string,
  details: Partial<HttpErrorDetails> = {},
  cause?: unknown,
): HttpError {
  const shown = shownUrl(url);
  return new HttpError(`Cannot fetch ${shown}: ${reason}`, { attempts: 1, ...details, url: shown }, cause);
}

/** The part of the message after the colon. */
export function reasonOf({ message, url }: HttpError): string {
  return message.replace(`Cannot fetch ${url}: `, "");
}

/**
 * Advice for the end of a message where plain HTTP got what servers with TLS say to it: 400, or nothing that is HTTP. Empty anywhere
 * else.
 */
export function tlsAdvice(url: string, status: number | undefined, reason: string): string {
  const isSuspect = status === 400 || (status === undefined && /malformed|was cut/.test(reason));
  const { protocol, host } = new URL(url);
  return protocol === "http:" && isSuspect ? `; if ${host} speaks TLS, write https://${host}` : "";
}

/** The error with that advice. */
export function withTlsAdvice(error: HttpError): HttpError {
  const advice = tlsAdvice(error.url, error.status, reasonOf(error));
  return advice === "" ? error : new HttpError(error.message + advice, error, error.cause);
}

/** `404 Not Found`; the server's own phrase is not repeated, for it may hold anything. */
export function statusText(status: number): string {
  const phrase = STATUS_CODES[status];
  return phrase ? `${status} ${phrase}` : `status ${status}, which HTTP does not know`;
}

/** The URL as it may be shown: no user, no password, no values in the query (they may be signatures), no fragment. */
export function shownUrl(url: URL | string): string {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  // Without a host (`user:word@host`) the parts are anyone's guess.
  if (!parsed?.host)
    return singleLine(
      String(url)
        .replace(/[?#].*$/s, "")
        .replace(/^[^/]*\/\/[^/]*@|^[^/]*@/, ""),
    );
  const keys = [...new Set(parsed.searchParams.keys())].map((key) => `${encodeURIComponent(key)}=…`);
  const query = keys.length > 0 ? `?${keys.join("&")}` : "";
  return singleLine(`${parsed.protocol}//${parsed.host}${parsed.pathname}${query}`);
}

function singleLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return printable(line.length > 500 ? `${line.slice(0, 500)}…` : line);
}

const urls = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"')]*/gi;

/** A pattern of what runtimes throw (Bun gives codes, Deno only sentences), the reason, and whether it is retryable. */
const causes: readonly (readonly [RegExp, string, boolean])[] = [
  [/CERT_HAS_EXPIRED|certificate:? expired/i, "the certificate has expired", false],
  [/ALTNAME|not ?valid ?for ?name/i, "the certificate is for another host", false],
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_|certificate|UnknownIssuer/i,
    "the certificate is not trusted; name the CA's certificate with --ca",
    false,
  ],
  [/ResponseHeadersTooLarge|message head is too large/, "the headers of the answer are too long", false],
  [/InvalidContentLength|invalid content-length/, "the answer has a Content-Length that is no length", false],
  [
    /Malformed_HTTP|InvalidHTTPResponse|UnrequestedUpgrade|invalid HTTP/,
    "the answer is malformed, or no HTTP at all",
    true,
  ],
  [/ tunnel: 407|proxy authentication required/, "the proxy wants a user and a password", false],
  [/ERR_PROXY_TUNNEL|unsuccessful tunnel/, "the proxy refuses the connection", true],
  [/EPROTO|InvalidContentType|corrupt message/, "the server does not speak TLS on this port", false],
  [
    /not supported|protocol must be|are blocked|ERR_INVALID_/i,
    "the address is not one that can be fetched from",
    false,
  ],
  [/ENOTFOUND|Name or service not known|nodename nor servname/, "there is no such host", false],
  [/EAI_|dns error|getaddrinfo|DNS/, "the host's name cannot be resolved now", true],
  [/ECONNREFUSED|Connection ?Refused/i, "connection refused", true],
  [/ETIMEDOUT|timed? ?out/i, "no connection in time", true],
  [/EHOSTUNREACH|ENETUNREACH|unreachable/i, "the host cannot be reached", true],
  [/ECONNRESET|EPIPE|closed|reset|reading a body|unexpected E?OF|handshake E?OF/i, "the connection was cut", true],
];

/** Classifies what fetch or a body threw. An unknown error is retryable, and named by its code: no sentence of a library's is shown. */
export function classify(thrown: unknown): { reason: string; retryable: boolean } {
  const errors: Error[] = [];
  for (let error: unknown = thrown; error instanceof Error && errors.length < 8; error = error.cause)
    errors.push(error);
  // The URL is the user's: a file called "certificate" must not decide.
  const text = errors
    .map((error) => `${codeOf(error) ?? ""} ${error.message}`)
    .join(" ")
    .replace(urls, "…");
  const [, reason, retryable] = causes.find(([pattern]) => pattern.test(text)) ?? [];
  if (reason !== undefined && retryable !== undefined) return { reason, retryable };
  const code = errors.map(codeOf).findLast((each) => each !== undefined);
  return { reason: `the request failed${code === undefined ? "" : ` (${code})`}`, retryable: true };
}

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return /^\w{2,40}$/.test(error.code ?? "") ? error.code : undefined;
}
