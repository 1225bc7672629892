// How requests are handled: a handler takes a request and its client and returns a response; it knows no runtime and no socket.
// Wrappers are put around handlers (authentication, log, metrics); routes stand beside one another (files, pages, /metrics).
import { printableLines } from "../core/quote.ts";

/** Who sent a request. */
export interface Client {
  /** The address, without its port: `10.0.0.7`. Looked up only when needed: it costs as much as a small response. */
  address(): string;
  /** The listener that the request came to. */
  readonly listener: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
}

/** Answers every request. */
export type Handler = (request: Request, client: Client) => Response | Promise<Response>;

/** Answers the requests that are meant for it; undefined for any other, which the next route then gets. */
export type RouteHandler = (request: Request, client: Client) => Response | Promise<Response> | undefined;

/** Adds something to a handler: returns a handler that calls `next`. */
export type Wrapper = (next: Handler) => Handler;

/** A request for something that is not in the bundle. */
export interface MissingRequest {
  readonly client: string;
  readonly kind: "file" | "image" | "blob";
  /** `dl.k8s.io/release/…`, `registry.k8s.io/pause:3.10`, `registry.k8s.io/pause@sha256:…`: as complete as the client gave it. */
  readonly name: string;
}

/** Tries the routes in order; a request that none of them takes is not found. */
export function routed(routes: readonly RouteHandler[]): Handler {
  return (request, client) => {
    for (const route of routes) {
      const response = route(request, client);
      if (response) return response;
    }
    return readOnly(request, () => plainText(404, "Not found\n"));
  };
}

/** Puts wrappers around a handler. The first one is the outermost: it sees the request first and the response last. */
export function wrapped(handler: Handler, wrappers: readonly Wrapper[]): Handler {
  return wrappers.reduceRight((next, wrap) => wrap(next), handler);
}

/** A short response for people. */
export function plainText(status: number, text: string, headers: Record<string, string> = {}): Response {
  return textResponse(text, status, { "content-type": "text/plain; charset=utf-8", ...headers });
}

/** Text as a response, without what a terminal would obey; JSON stays the same value. Its length is in its headers, where logs and metrics read it. */
export function textResponse(text: string, status: number, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(printableLines(text));
  return new Response(bytes, { status, headers: { ...headers, "content-length": String(bytes.length) } });
}

/** The path of a request, and its query without the question mark. */
interface Target {
  readonly path: string;
  readonly query: string;
}

/**
 * Returns the path as it was sent, still percent-encoded, and what follows the question mark. Much faster than `new URL`, and it takes
 * what has no host as well: Bun's `url` is the path alone where the request has no Host, or one that is none.
 */
export function targetOf(request: Request): Target {
  if (request !== latest.request) latest = { request, target: parseTarget(request.url) };
  return latest.target;
}

/** The latest request that was asked for: one route after another asks for the same. */
let latest: { readonly request?: Request; readonly target: Target } = { target: { path: "", query: "" } };

function parseTarget(url: string): Target {
  const slashes = url.startsWith("/") ? -1 : url.indexOf("://");
  const authority = slashes < 0 ? 0 : slashes + 3;
  const mark = url.indexOf("?", authority);
  const end = mark < 0 ? url.length : mark;
  const start = url.indexOf("/", authority);
  const path = start < 0 || start > end ? "/" : url.slice(start, end);
  return { path, query: mark < 0 ? "" : url.slice(mark + 1) };
}

/** Whether the request only reads. */
export function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** Answers a request that only reads, and refuses any other. */
export function readOnly(request: Request, respond: () => Response): Response {
  return isRead(request) ? respond() : methodNotAllowed();
}

/** Refuses a request that does not only read. */
export function methodNotAllowed(): Response {
  return plainText(405, "This server is read-only: use GET or HEAD\n", { allow: "GET, HEAD" });
}

/** `/health`: 200, or 503 with the reason where `fault` returns one. */
export function healthRoute(fault: () => string | undefined): RouteHandler {
  return (request) => {
    if (targetOf(request).path !== "/health") return undefined;
    return readOnly(request, () => {
      const reason = fault();
      return reason === undefined ? plainText(200, "OK\n") : plainText(503, `${reason}\n`);
    });
  };
}
