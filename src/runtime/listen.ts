// Listening for requests: the edge to the runtime's own HTTP server. Behind it both runtimes are one.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { KsoError, messageOf } from "../core/errors.ts";
import { listenOnBun } from "./listen-bun.ts";
import { listenOnDeno } from "./listen-deno.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import { openRelay, type Relay } from "./relay.ts";

/** Answers requests on a socket. @throws KsoError `remote` when the address cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host } = options;
  if (host !== undefined && isIP(host) === 0)
    await lookup(host).catch((cause: unknown) => {
      throw new KsoError("remote", `Cannot listen on ${host}:${options.port}: no address is known for ${host}`, cause);
    });
  try {
    if (options.file !== undefined) return await listenBehind(options.file, options);
    return "Deno" in globalThis ? listenOnDeno(options) : listenOnBun(options);
  } catch (cause) {
    if (cause instanceof KsoError) throw cause;
    const { port } = options;
    const address = host === undefined ? `port ${port}` : `${host.includes(":") ? `[${host}]` : host}:${port}`;
    throw new KsoError("remote", `Cannot listen on ${address}: ${reasonOf(cause)}`, cause);
  }
}

function reasonOf(cause: unknown): string {
  const { code, name } = cause as { code?: string; name?: string };
  if (code === "EADDRINUSE" || name === "AddrInUse") return "another program listens there already";
  if (code === "EADDRNOTAVAIL" || name === "AddrNotAvailable") return "this machine has no such address";
  if (code === "EACCES" || name === "PermissionDenied")
    return "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  return messageOf(cause);
}

/** Answers on a socket that is open already. The listener itself is on this host alone then. */
async function listenBehind(file: number, options: ListenOptions): Promise<Listener> {
  if ("Deno" in globalThis)
    throw new KsoError("remote", "Cannot take a socket from systemd: Deno takes none; run the compiled kso");
  let relay: Relay | undefined;
  const inner = listenOnBun({ ...options, host: "127.0.0.1", port: 0 }, (port) => relay?.clientOf(port));
  try {
    relay = await openRelay(file, inner.port);
  } catch (cause) {
    await inner.stop(0);
    throw cause;
  }
  const { close, port } = relay;
  return {
    ...inner,
    port,
    stop: async (limit) => {
      close();
      await inner.stop(limit);
    },
  };
}
