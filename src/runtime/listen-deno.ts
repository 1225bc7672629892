// Deno's HTTP server.
import { type Listener, type ListenOptions, waitAtMost } from "./listener.ts";
import { plainAddress } from "./relay.ts";

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
    handler: (request: Request, info: DenoConnection) => Response | Promise<Response>,
  ): DenoServer;
}

interface DenoConnection {
  readonly remoteAddr: { readonly hostname: string };
}

interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

/** Smaller bodies are not counted: they are sent before a stop could wait for them. Bytes. */
const minCountedSize = 1 << 16;

/** Listens by way of Deno. Throws what Deno throws when the address cannot be had. */
export function listenOnDeno(options: ListenOptions): Listener {
  return new DenoListener(options);
}

class DenoListener implements Listener {
  readonly name: string;
  readonly port: number;
  readonly #options: ListenOptions;
  #server: DenoServer;
  #abort = new AbortController();
  /** Requests that a handler works on. */
  #handling = 0;
  /** Bodies under way, counted here: Deno's own graceful end waits without end for a client that does not read. */
  readonly #bodies = new Set<Promise<void>>();
  #stopping = false;

  constructor(options: ListenOptions) {
    this.name = options.name;
    this.#options = options;
    this.#server = this.#start(options.port);
    this.port = this.#server.addr.port;
  }

  pending(): number {
    return this.#handling + this.#bodies.size;
  }

  async stop(limit: number): Promise<void> {
    this.#stopping = true;
    await waitAtMost(limit, Promise.all(this.#bodies));
    this.#abort.abort();
  }

  async sever(): Promise<void> {
    this.#abort.abort();
    await this.#server.finished;
    this.#server = this.#start(this.port);
  }

  #start(port: number): DenoServer {
    const { host, tls, onError } = this.#options;
    this.#abort = new AbortController();
    const runtime = (globalThis as unknown as { Deno: DenoRuntime }).Deno;
    return runtime.serve(
      {
        port,
        hostname: host ?? "::",
        ...tls,
        signal: this.#abort.signal,
        onListen: () => undefined,
        onError: (thrown) => {
          onError(thrown);
          return new Response(null, { status: 500 });
        },
      },
      (request, { remoteAddr }) => this.#respond(request, remoteAddr.hostname),
    );
  }

  async #respond(request: Request, client: string): Promise<Response> {
    if (this.#stopping) return new Response(null, { status: 503, headers: { connection: "close" } });
    const { tls, handler } = this.#options;
    const address = (): string => plainAddress(client);
    this.#handling++;
    try {
      return this.#counted(await handler(request, { listener: this.name, secure: tls !== undefined, address }));
    } finally {
      this.#handling--;
    }
  }

  #counted(response: Response): Response {
    if (!response.body || Number(response.headers.get("content-length")) < minCountedSize) return response;
    const through = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const body = response.body.pipeTo(through.writable).catch(() => undefined);
    this.#bodies.add(body);
    void body.then(() => this.#bodies.delete(body));
    return new Response(through.readable, response);
  }
}
