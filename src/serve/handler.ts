// A request and who asks travel in, a response travels out; nothing here knows a runtime or a socket. What stands around the
// content (authentication, log, metrics) are wrappers; what stands beside it (a page, /metrics) are routes, tried in order.

/** Who asks. */
export interface Client {
  /** The address, without its port: `10.0.0.7`. Asked for only when needed: it costs as much as a small answer. */
  address(): string;
  /** Which listener was asked. */
  readonly listener: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
}

export type Handler = (request: Request, client: Client) => Response | Promise<Response>;

/** One stop on the way: undefined passes the request on. */
export type Route = (request: Request, client: Client) => Response | Promise<Response> | undefined;

/** Something around a handler. */
export type Wrapper = (next: Handler) => Handler;

/** What was asked for and is not in the bundle. */
export interface MissingRequest {
  readonly client: string;
  readonly kind: "file" | "image" | "blob";
  /** `dl.k8s.io/release/…`, `registry.k8s.io/pause:3.10`, `registry.k8s.io/pause@sha256:…`: as complete as the client gave it. */
  readonly name: string;
}

/** The routes in order; a request that none of them takes is not found. */
export function routed(routes: readonly Route[]): Handler {
  return (request, client) => {
    for (const route of routes) {
      const response = route(request, client);
      if (response) return response;
    }
    return plainText(404, "Not found\n");
  };
}

/** The first wrapper is the outermost: it sees the request first and the response last. */
export function wrapped(handler: Handler, wrappers: readonly Wrapper[]): Handler {
  return wrappers.reduceRight((next, wrap) => wrap(next), handler);
}

/** A short answer for people. */
export function plainText(status: number, text: string, headers: Record<string, string> = {}): Response {
  return textResponse(text, status, { "content-type": "text/plain; charset=utf-8", ...headers });
}

/** Text as an answer; its length is told, for whoever counts. */
export function textResponse(text: string, status: number, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, { status, headers: { ...headers, "content-length": String(bytes.length) } });
}

/** The path as it was sent, still percent-encoded, and what follows the question mark. Much faster than `new URL`. */
export function targetOf({ url }: Request): { readonly path: string; readonly query: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return { path: "/", query: "" };
  const mark = url.indexOf("?", start);
  return mark < 0
    ? { path: url.slice(start), query: "" }
    : { path: url.slice(start, mark), query: url.slice(mark + 1) };
}

/** Whether the request only reads. */
export function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** `/health`: the process answers; what it answers from is as it was when it was opened, unless `fault` says otherwise. */
export function healthRoute(fault: () => string | undefined): Route {
  return (request) => {
    if (targetOf(request).path !== "/health") return undefined;
    if (!isRead(request)) return plainText(405, "Only GET and HEAD\n", { allow: "GET, HEAD" });
    const wrong = fault();
    return wrong === undefined ? plainText(200, "OK\n") : plainText(503, `${wrong}\n`);
  };
}
