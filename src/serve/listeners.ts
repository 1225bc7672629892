// The listeners of a server: one for files and one for the registry, or one for both.
import { listen } from "../runtime/listen.ts";
import type { Listener } from "../runtime/listener.ts";
import type { Client, Handler } from "./handler.ts";
import { hostsFor } from "./hosts.ts";
import type { ListenerPorts } from "./page/addresses.ts";
import type { Identity } from "./tls/certificate.ts";

/** Where to listen; without a host on all addresses. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
  /** A socket that listens already: the number of the open file. */
  readonly file?: number;
}

/** Where to listen. Undefined: not served. The same address twice: one listener for both. */
export interface ServerAddresses {
  readonly files: ListenAddress | undefined;
  readonly registry: ListenAddress | undefined;
}

/** The handler of each kind of listener. */
export interface ServerHandlers {
  readonly files: Handler;
  readonly registry: Handler;
  readonly both: Handler;
}

/** The listeners of a server: starts and stops them, and counts their requests. */
export class Listeners {
  readonly #identity: Identity | undefined;
  readonly #onError: (thrown: unknown) => void;
  /** Each with the hosts at which other machines reach it. */
  readonly #started = new Map<Listener, readonly [string, ...string[]]>();
  #files: Listener | undefined;
  #registry: Listener | undefined;

  /** `onError` is called with what a handler threw, and when a body ended too soon. */
  constructor(identity: Identity | undefined, onError: (thrown: unknown) => void) {
    this.#identity = identity;
    this.#onError = onError;
  }

  /**
   * Listens on the addresses.
   * @throws KsoError `remote` for an address that cannot be had.
   */
  async start({ files, registry }: ServerAddresses, handlers: ServerHandlers): Promise<void> {
    if (files && registry && isSame(files, registry)) {
      this.#files = await this.#listen("both", files, handlers.both);
      this.#registry = this.#files;
      return;
    }
    if (files) this.#files = await this.#listen("files", files, handlers.files);
    if (registry) this.#registry = await this.#listen("registry", registry, handlers.registry);
  }

  /** The listener for files; it may be the registry's too. */
  get files(): Listener | undefined {
    return this.#files;
  }

  /** The listener for the registry. */
  get registry(): Listener | undefined {
    return this.#registry;
  }

  /** Each listener's name and the number of its requests that are not over. */
  inFlight(): [listener: string, count: number][] {
    return [...this.#started.keys()].map((listener) => [listener.name, listener.pending()]);
  }

  /** The ports for the addresses on the pages of this client. */
  portsFor({ listener, secure }: Client): ListenerPorts {
    const current = listener === "registry" ? this.#registry : this.#files;
    const [host = "localhost"] = this.hostsOf(current);
    return { filesPort: this.#files?.port, registryPort: this.#registry?.port, port: current?.port ?? 0, secure, host };
  }

  /** The hosts at which other machines reach a listener, as URLs have them, the best first. */
  hostsOf(listener: Listener | undefined): readonly string[] {
    return (listener && this.#started.get(listener)) ?? [];
  }

  /** Ends every connection at once and goes on listening. */
  async sever(): Promise<void> {
    await Promise.all([...this.#started.keys()].map((listener) => listener.sever()));
  }

  /** Takes no more connections and waits at most so many milliseconds for running responses. */
  async stop(limit: number): Promise<void> {
    await Promise.all([...this.#started.keys()].map((listener) => listener.stop(limit)));
  }

  async #listen(name: string, { host, port, file }: ListenAddress, handler: Handler): Promise<Listener> {
    const identity = this.#identity;
    const tls = identity && { cert: identity.certificate, key: identity.key };
    const listener = await listen({ name, host, port, file, tls, handler, onError: this.#onError });
    this.#started.set(listener, hostsFor(host, await namesOf(identity)));
    return listener;
  }
}

/** The names in a certificate. What reads it is loaded where there is one. */
async function namesOf(identity: Identity | undefined): Promise<readonly string[]> {
  if (!identity) return [];
  return (await import("./tls/certificate.ts")).certificateNames(identity.certificate);
}

function isSame(a: ListenAddress, b: ListenAddress): boolean {
  if (a.file !== undefined || b.file !== undefined) return a.file === b.file;
  return a.port === b.port && a.port !== 0 && a.host === b.host;
}
