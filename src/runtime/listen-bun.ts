// Bun's HTTP server.
import { type Listener, type ListenOptions, waitAtMost } from "./listener.ts";
import { plainAddress } from "./relay.ts";

/** A connection on which nothing moves for so long is closed. Seconds. */
const idleTimeout = 120;

/** Requests to a read-only server have no body worth reading. Bytes. */
const maxRequestBodySize = 1 << 16;

/**
 * Listens by way of Bun. Throws what Bun throws when the address cannot be had.
 * @param clientOf the address of a client whose connection was handed on, by the port that it was handed on from.
 */
export function listenOnBun(
  options: ListenOptions,
  clientOf: (port: number) => string | undefined = () => undefined,
): Listener {
  const { name, port } = options;
  let server = start(options, port, clientOf);
  const bound = server.port as number;
  return {
    name,
    port: bound,
    pending: () => server.pendingRequests,
    async stop(limit) {
      await waitAtMost(limit, server.stop(false));
      await server.stop(true);
    },
    async sever() {
      await server.stop(true);
      server = start(options, bound, clientOf);
    },
  };
}

function start(
  { name, host, tls, handler, onError }: ListenOptions,
  port: number,
  clientOf: (port: number) => string | undefined,
): Bun.Server<undefined> {
  const secure = tls !== undefined;
  const answer = (request: Request, server: Bun.Server<undefined>): Response | Promise<Response> =>
    handler(request, {
      listener: name,
      secure,
      address: () => {
        const peer = server.requestIP(request);
        return peer ? (clientOf(peer.port) ?? plainAddress(peer.address)) : "";
      },
    });
  return Bun.serve({
    port,
    ...(host !== undefined && { hostname: host }),
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
    idleTimeout,
    development: false,
    // With true, a second server would silently take half of the connections instead of failing.
    reusePort: false,
    maxRequestBodySize,
    error: (thrown) => {
      onError(thrown);
      return dated(new Response(null, { status: 500 }));
    },
    // Bun (1.4.5) closes the connection on a method that it does not know, without a word, unless a route says false. It then calls the
    // method GET; GET and HEAD have a route of their own, so that no GET that is one comes to `fetch`.
    routes: {
      "/**": {
        GET: answer,
        HEAD: (request, server) => {
          const response = answer(request, server);
          return response instanceof Promise ? response.then(dated) : dated(response);
        },
      },
      "/*": false,
    },
    fetch: async (request, server) => {
      if (request.method === "GET") Object.defineProperty(request, "method", { value: "-" });
      const response = await answer(request, server);
      // Bun takes what follows for the inside of a tunnel, whatever the answer was.
      if (request.method === "CONNECT") response.headers.set("connection", "close");
      return response;
    },
  });
}

/** Bun gives no response to HEAD a date (1.4.5); RFC 9110, section 6.6.1, wants one in each. */
function dated(response: Response): Response {
  response.headers.set("date", new Date().toUTCString());
  return response;
}
