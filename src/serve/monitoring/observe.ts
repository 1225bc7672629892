// The outermost wrapper: counts each request, and records it where there is an access log.
import { type Client, targetOf, type Wrapper } from "../handler.ts";
import type { Metrics } from "./metrics.ts";
import type { RecentClients } from "./recent-clients.ts";
import type { RequestRecord } from "./request-record.ts";

/** Where requests are counted and recorded. */
export interface ObserveOptions {
  readonly metrics: Metrics;
  readonly clients: RecentClients;
  /** Takes the record of each request, for the access log. */
  readonly log?: ((record: RequestRecord) => void) | undefined;
  /** The user that a request was let in as. */
  readonly userOf?: (request: Request) => string | undefined;
}

/**
 * Counts and records requests. The duration ends when the response is ready: the runtime sends the body, a large one through the
 * kernel, and neither says when the last byte has left. Bytes are those of the response's body.
 */
export function observe({ metrics, clients, log, userOf }: ObserveOptions): Wrapper {
  return (next) => (request, client) => {
    const started = performance.now();
    const finish = (response: Response): Response => {
      const duration = performance.now() - started;
      const bytes = request.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0);
      metrics.counter(client.listener, request.method, response.status).add(bytes, duration);
      if (clients.isOpen(started) && !isOperation(targetOf(request).path)) clients.note(client, started);
      log?.(recordOf(request, client, { duration, bytes, status: response.status, user: userOf?.(request) }));
      return response;
    };
    const response = next(request, client);
    return response instanceof Promise ? response.then(finish) : finish(response);
  };
}

function recordOf(
  request: Request,
  client: Client,
  measured: Pick<RequestRecord, "duration" | "bytes" | "status" | "user">,
): RequestRecord {
  const { path, query } = targetOf(request);
  return {
    ...measured,
    receivedAt: Date.now() - measured.duration,
    listener: client.listener,
    client: client.address(),
    method: request.method,
    target: query === "" ? path : `${path}?${query}`,
    agent: request.headers.get("user-agent") ?? "",
  };
}

/** Requests of those who look after the server, which are no clients of its content. */
function isOperation(path: string): boolean {
  return path === "/" || path === "/health" || path === "/metrics" || path === "/missing" || path.startsWith("/-/");
}
