// The outermost wrapper: counts each request, and records it where there is an access log.
import { targetOf, type Wrapper } from "../handler.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestRecord } from "./request-record.ts";

/** Where requests are counted and recorded. */
export interface ObserveOptions {
  readonly metrics: Metrics;
  /** Takes the record of each request, for the access log. */
  readonly log?: ((record: RequestRecord) => void) | undefined;
  /** The user that a request was let in as. */
  readonly userOf?: (request: Request) => string | undefined;
}

/**
 * Counts and records requests. The duration ends when the response is ready: the runtime sends the body, a large one through the
 * kernel, and neither says when the last byte has left. Bytes are those of the response's body.
 */
export function observe({ metrics, log, userOf }: ObserveOptions): Wrapper {
  return (next) => (request, client) => {
    const started = performance.now();
    const finish = (response: Response): Response => {
      const duration = performance.now() - started;
      const bytes = request.method === "HEAD" ? 0 : Number(response.headers.get("content-length") ?? 0);
      metrics.counter(client.listener, request.method, response.status).add(bytes, duration);
      if (log) {
        const { path, query } = targetOf(request);
        log({
          receivedAt: Date.now() - duration,
          duration,
          listener: client.listener,
          client: client.address(),
          user: userOf?.(request),
          method: request.method,
          target: query === "" ? path : `${path}?${query}`,
          status: response.status,
          bytes,
          agent: request.headers.get("user-agent") ?? "",
        });
      }
      return response;
    };
    const response = next(request, client);
    return response instanceof Promise ? response.then(finish) : finish(response);
  };
}
