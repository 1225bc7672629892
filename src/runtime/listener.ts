// A socket on which requests are answered, whatever the runtime.

/** The client of a request, in the shape of `Client` in src/serve/handler.ts. */
interface RequestClient {
  address(): string;
  readonly listener: string;
  readonly secure: boolean;
}

/** Where to listen, and what handles the requests. */
export interface ListenOptions {
  /** The listener's name, which handlers find in `RequestClient.listener`: `files`, `registry`. */
  readonly name: string;
  /** An address; undefined for all of them, of IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  /** A socket that listens already, in place of host and port: the number of the open file. */
  readonly file?: number | undefined;
  /** PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly handler: (request: Request, client: RequestClient) => Response | Promise<Response>;
  /** A handler threw, or a body ended before its time. */
  readonly onError: (thrown: unknown) => void;
}

/** A listener that runs. */
export interface Listener {
  readonly name: string;
  readonly port: number;
  /** Requests that are not over; where the runtime does not say, those that are not answered. */
  pending(): number;
  /** Takes no more connections and waits for running responses, at most so many milliseconds; then they are cut. */
  stop(limit: number): Promise<void>;
  /** Cuts every connection and goes on listening. */
  sever(): Promise<void>;
}

/** Waits for what is under way, at most so many milliseconds. */
export async function waitAtMost(limit: number, ending: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limit);
  await Promise.race([ending, promise]);
  clearTimeout(timer);
}
