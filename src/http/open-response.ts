import { KsoError } from "../core/errors.ts";
import type { HttpConnection } from "./connection.ts";
import { HttpError } from "./error.ts";
import { contentLengthOf } from "./ranges.ts";

/** A body of at most so many bytes is read to its end and discarded; a longer one is cut off. */
const discardLimit = 65_536;

/** A response whose body has not been read yet. It holds a connection until it is read, discarded or dropped. */
export class OpenResponse {
  readonly url: URL;
  readonly #response: Response;
  readonly #connection: HttpConnection;

  constructor(response: Response, url: URL, connection: HttpConnection) {
    this.url = url;
    this.#response = response;
    this.#connection = connection;
  }

  get status(): number {
    return this.#response.status;
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  /** Calls `take` for each chunk. What `take` throws is thrown unchanged, and drops the connection. */
  async read(take: (chunk: Uint8Array) => void): Promise<void> {
    const connection = this.#connection;
    let taking = false;
    try {
      for await (const chunk of this.#response.body ?? []) {
        taking = true;
        take(chunk);
        taking = false;
        connection.touch(chunk.length);
      }
      connection.close();
    } catch (thrown) {
      if (!taking) throw connection.fail(thrown);
      connection.drop();
      throw thrown;
    }
  }

  /** Passes the whole body to `take`, which calls `alive` with the number of bytes whenever some have arrived. Errors are those of {@link read}. */
  async pipe(take: (body: ReadableStream<Uint8Array>, alive: (bytes: number) => void) => Promise<void>): Promise<void> {
    const { body } = this.#response;
    if (!body) return;
    try {
      await take(body as ReadableStream<Uint8Array>, (bytes) => this.#connection.touch(bytes));
      this.#connection.close();
    } catch (thrown) {
      // A KsoError is from `take`; everything else is from the body.
      if (!(thrown instanceof KsoError)) throw this.#connection.fail(thrown);
      this.#connection.drop();
      throw thrown;
    }
  }

  /** Discards the body. A short one is read to its end, so that the connection can be used again. */
  async discard(): Promise<void> {
    if (!this.#connection.open) return;
    if ((contentLengthOf(this.headers) ?? discardLimit + 1) > discardLimit) return this.drop();
    await this.read(() => undefined).catch((cause) => {
      // Nobody needs the body: how it ends does not matter.
      if (!(cause instanceof HttpError)) throw cause;
    });
  }

  /** Cuts the body off. */
  drop(): void {
    this.#connection.drop();
  }
}
