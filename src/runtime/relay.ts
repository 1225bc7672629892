// Hands connections to a socket that another program opened (systemd, sd_listen_fds(3)) on to a listener of kso's. The runtime's
// HTTP server takes no open socket: Bun.serve and node:http open one of their own whatever they are told (1.4.5). node:net does take
// one, so connections are accepted there and handed on as they are, TLS and all.
import { connect, createServer, type Server, type Socket } from "node:net";
import { KsoError, messageOf } from "../core/errors.ts";

/** A relay that runs. */
export interface Relay {
  /** The port of the socket that was given. */
  readonly port: number;
  /** The address of a client, by the port that its connection was handed on from. */
  clientOf(port: number): string | undefined;
  /** Takes no more connections; those that are there go on. */
  close(): void;
}

/**
 * Hands connections on from the open socket to the port on 127.0.0.1.
 * @throws KsoError `remote` when it is no socket that listens.
 */
export async function openRelay(file: number, targetPort: number): Promise<Relay> {
  const clients = new Map<number, string>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const inner = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
    endTogether(client, inner);
    inner.on("connect", () => {
      const port = inner.localPort as number;
      clients.set(port, plainAddress(client.remoteAddress ?? ""));
      inner.on("close", () => clients.delete(port));
      client.pipe(inner);
      inner.pipe(client);
    });
  });
  await listenOnFile(server, file);
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    clientOf: (port) => clients.get(port),
    close: () => void server.close(),
  };
}

/** Ends each side when the other has ended; what was sent before still arrives. */
function endTogether(client: Socket, inner: Socket): void {
  for (const [socket, peer] of [
    [client, inner],
    [inner, client],
  ] as const) {
    socket.setNoDelay(true);
    socket.on("error", () => peer.destroy());
    socket.on("close", () => peer.destroySoon());
  }
}

function listenOnFile(server: Server, file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new KsoError("remote", `Cannot listen on the socket ${file} from systemd: ${messageOf(cause)}`, cause)),
    );
    server.listen({ fd: file }, () => {
      // One connection that cannot be taken is no reason to end.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

/** The address of a client; an IPv4 address that came by IPv6 (`::ffff:10.0.0.7`) in its usual form. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
