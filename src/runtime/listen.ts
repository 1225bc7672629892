// The edge to the runtime's own HTTP server: a handler travels in, a listener travels out. From here on both runtimes are one.
import { KsoError, messageOf } from "../core/errors.ts";
import { plainAddress, type Relay, relay } from "./relay.ts";

/** Who asks; see src/serve/handler.ts, whose shape this is. */
interface Client {
  address(): string;
  readonly listener: string;
  readonly secure: boolean;
}

export interface ListenOptions {
  /** What the clients of this listener are told to have asked: `files`, `registry`. */
  readonly name: string;
  /** An address; undefined for all of them, of IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  /** A socket that listens already, in place of host and port: the number of the open file. */
  readonly file?: number | undefined;
  /** PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly handler: (request: Request, client: Client) => Response | Promise<Response>;
  /** A handler threw, or a body ended before its time. */
  readonly onError: (thrown: unknown) => void;
}

export interface Listener {
  readonly name: string;
  readonly port: number;
  /** Requests that are not over; where the runtime does not say, those that are not answered. */
  pending(): number;
  /** Takes no more connections and waits for running answers, at most so many milliseconds; then they are cut. */
  stop(limit: number): Promise<void>;
  /** Cuts every connection and goes on listening. */
  sever(): Promise<void>;
}

/** A connection on which nothing moves for so long is closed. Seconds. */
const idle = 120;

/** @throws KsoError `remote` when the address cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  try {
    if (options.file !== undefined) return await behind(options.file, options);
    return "Deno" in globalThis ? await onDeno(options) : onBun(options);
  } catch (cause) {
    if (cause instanceof KsoError) throw cause;
    const { host, port } = options;
    const at = host === undefined ? `port ${port}` : `${host.includes(":") ? `[${host}]` : host}:${port}`;
    throw new KsoError("remote", `Cannot listen on ${at}: ${reasonOf(cause)}`, cause);
  }
}

function reasonOf(cause: unknown): string {
  const { code, name } = cause as { code?: string; name?: string };
  if (code === "EADDRINUSE" || name === "AddrInUse") return "another program listens there already";
  if (code === "EACCES" || name === "PermissionDenied")
    return "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  return messageOf(cause);
}

/** Waits for what is under way, at most so many milliseconds. */
async function within(limit: number, ending: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limit);
  await Promise.race([ending, promise]);
  clearTimeout(timer);
}

/** The listener itself is on this host alone then. */
async function behind(file: number, options: ListenOptions): Promise<Listener> {
  if ("Deno" in globalThis)
    throw new KsoError("remote", "Cannot take a socket from systemd: Deno takes none; run the compiled kso");
  let door: Relay | undefined;
  const inner = onBun({ ...options, host: "127.0.0.1", port: 0 }, (port) => door?.clientOf(port));
  try {
    door = await relay(file, inner.port);
  } catch (cause) {
    await inner.stop(0);
    throw cause;
  }
  const { close, port } = door;
  return {
    ...inner,
    port,
    stop: async (limit) => {
      close();
      await inner.stop(limit);
    },
  };
}

function onBun(
  { name, host, port, tls, handler, onError: fault }: ListenOptions,
  clientOf: (port: number) => string | undefined = () => undefined,
): Listener {
  const secure = tls !== undefined;
  const start = (on: number): Bun.Server<undefined> =>
    Bun.serve({
      port: on,
      ...(host !== undefined && { hostname: host }),
      ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
      idleTimeout: idle,
      development: false,
      // Else a second server would take half of the connections instead of an error.
      reusePort: false,
      // Nobody sends a body to a server that only gives. Bytes.
      maxRequestBodySize: 1 << 16,
      error: (thrown) => {
        fault(thrown);
        return new Response(null, { status: 500 });
      },
      fetch: (request, server) =>
        handler(request, {
          listener: name,
          secure,
          address: () => {
            const peer = server.requestIP(request);
            return peer ? (clientOf(peer.port) ?? plainAddress(peer.address)) : "";
          },
        }),
    });
  let server = start(port);
  const bound = server.port as number;
  return {
    name,
    port: bound,
    pending: () => server.pendingRequests,
    async stop(limit) {
      await within(limit, server.stop(false));
      await server.stop(true);
    },
    async sever() {
      await server.stop(true);
      server = start(bound);
    },
  };
}

/** The part of Deno's server that is used here: https://docs.deno.com/api/deno/~/Deno.serve */
interface DenoRuntime {
  serve(
    options: {
      port: number;
      hostname?: string;
      cert?: string;
      key?: string;
      signal?: AbortSignal;
      onListen(): void;
      onError(thrown: unknown): Response;
    },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Response | Promise<Response>,
  ): {
    readonly addr: { readonly port: number };
    readonly finished: Promise<void>;
  };
}

async function onDeno({ name, host, port, tls, handler, onError: fault }: ListenOptions): Promise<Listener> {
  const runtime = (globalThis as unknown as { Deno: DenoRuntime }).Deno;
  const secure = tls !== undefined;
  let handling = 0;
  // What runs is counted here: Deno's own graceful end waits without end for a client that does not read.
  const answers = new Set<Promise<void>>();
  let stopping = false;
  const counted = (response: Response): Response => {
    // Small answers have left before anybody could wait for them.
    if (!response.body || Number(response.headers.get("content-length")) < 1 << 16) return response;
    const through = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const answer = response.body.pipeTo(through.writable).catch(() => undefined);
    answers.add(answer);
    void answer.then(() => answers.delete(answer));
    return new Response(through.readable, response);
  };
  const start = (on: number) => {
    const cut = new AbortController();
    const server = runtime.serve(
      {
        port: on,
        hostname: host ?? "::",
        ...tls,
        signal: cut.signal,
        onListen: () => undefined,
        onError: (thrown) => {
          fault(thrown);
          return new Response(null, { status: 500 });
        },
      },
      async (request, { remoteAddr }) => {
        if (stopping) return new Response(null, { status: 503, headers: { connection: "close" } });
        const address = (): string => plainAddress(remoteAddr.hostname);
        handling++;
        try {
          return counted(await handler(request, { listener: name, secure, address }));
        } finally {
          handling--;
        }
      },
    );
    return { server, cut };
  };
  let running = start(port);
  const bound = running.server.addr.port;
  return {
    name,
    port: bound,
    pending: () => handling + answers.size,
    async stop(limit) {
      stopping = true;
      await within(limit, Promise.all(answers));
      running.cut.abort();
    },
    async sever() {
      running.cut.abort();
      await running.server.finished;
      running = start(bound);
    },
  };
}
