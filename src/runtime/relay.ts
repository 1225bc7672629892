// A socket that somebody else opened (systemd, sd_listen_fds(3)) travels in; a listener of our own answers behind it. The runtime's
// HTTP server takes no open socket: Bun.serve and node:http open one of their own whatever they are told (1.4.5). node:net does take
// one, so connections are accepted there and handed on as they are, TLS and all.
import { connect, createServer, type Server, type Socket } from "node:net";
import { KsoError, messageOf } from "../core/errors.ts";

export interface Relay {
  /** The port of the socket that was given. */
  readonly port: number;
  /** Whose connection came in, by the port that it was handed on from. */
  clientOf(port: number): string | undefined;
  /** Takes no more connections; those that are there go on. */
  close(): void;
}

/**
 * Hands connections on from the open socket to the port on 127.0.0.1.
 * @throws KsoError `remote` when it is no socket that listens.
 */
export async function relay(file: number, to: number): Promise<Relay> {
  const clients = new Map<number, string>();
  const server = createServer({ allowHalfOpen: true }, (outside) => {
    const inside = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
    join(outside, inside);
    inside.on("connect", () => {
      const port = inside.localPort as number;
      clients.set(port, plainAddress(outside.remoteAddress ?? ""));
      inside.on("close", () => clients.delete(port));
      outside.pipe(inside);
      inside.pipe(outside);
    });
  });
  await listening(server, file);
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    clientOf: (port) => clients.get(port),
    close: () => void server.close(),
  };
}

/** Where one side is gone, the other has nobody to talk to; what was said before still arrives. */
function join(one: Socket, other: Socket): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.setNoDelay(true);
    socket.on("error", () => peer.destroy());
    socket.on("close", () => peer.destroySoon());
  }
}

function listening(server: Server, file: number): Promise<void> {
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

/** An IPv4 address as such, when it comes in by IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
