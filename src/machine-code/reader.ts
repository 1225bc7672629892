// Reads a stream of chunks of any size by as many bytes as are needed. Nothing is kept in memory beyond those and the chunk that they
// are part of.
import { setImmediate } from "node:timers";

/** Opens the bytes from the start. A reader that stops early calls return() on the stream. Chunks must not change once they are read. */
export type OpenStream = () => AsyncIterable<Uint8Array>;

/** The bytes after which other work may run: reading files from disk and Deno's zlib never give way by themselves. */
const yieldInterval = 4 * 1024 * 1024;
const empty = new Uint8Array(0);

/** Reads a stream of bytes piece by piece. What the stream throws is thrown by each read from then on. */
export class Reader {
  /** The number of bytes that were consumed. */
  position = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Uint8Array = empty;
  #ended = false;
  #sinceYield = 0;
  #error: { readonly thrown: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** True once the stream has thrown. */
  get failed(): boolean {
    return this.#error !== undefined;
  }

  /** The next `size` bytes without consuming them; fewer at the end. */
  async peek(size: number): Promise<Uint8Array> {
    while (this.#buffered.length < size && (await this.#fill()));
    return this.#buffered.subarray(0, size);
  }

  /** The next `size` bytes. @throws Error when the stream ends before. */
  async read(size: number): Promise<Uint8Array> {
    const bytes = await this.peek(size);
    if (bytes.length < size) throw new Error("it ends too early");
    this.#consume(size);
    return bytes;
  }

  /** Passes over `size` bytes. @throws Error when the stream ends before. */
  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      if (this.#buffered.length === 0 && !(await this.#fill())) throw new Error("it ends too early");
      left -= this.#consume(Math.min(left, this.#buffered.length));
    }
  }

  /** The next `size` bytes (all by default), chunk by chunk. @throws Error when a given size is more than there is. */
  async *chunks(size: number = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (this.#buffered.length === 0 && !(await this.#fill())) {
        if (size === Number.POSITIVE_INFINITY) return;
        throw new Error("it ends too early");
      }
      const chunk = this.#buffered.subarray(0, Math.min(left, this.#buffered.length));
      left -= this.#consume(chunk.length);
      yield chunk;
    }
  }

  /** Gives back bytes that were consumed last. */
  unread(bytes: Uint8Array): void {
    this.#buffered = this.#buffered.length === 0 ? bytes : joined(bytes, this.#buffered);
    this.position -= bytes.length;
  }

  /** Ends the reading, and closes the source where it has not ended. */
  async close(): Promise<void> {
    this.#buffered = empty;
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  #consume(size: number): number {
    this.#buffered = this.#buffered.subarray(size);
    this.position += size;
    return size;
  }

  async #fill(): Promise<boolean> {
    if (this.#error) throw this.#error.thrown;
    if (this.#ended) return false;
    try {
      const { done, value } = await this.#source.next();
      this.#sinceYield += value?.length ?? 0;
      if (this.#sinceYield > yieldInterval) {
        this.#sinceYield = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (done) this.#ended = true;
      else this.#buffered = this.#buffered.length === 0 ? value : joined(this.#buffered, value);
      return !done;
    } catch (thrown) {
      this.#ended = true;
      this.#error = { thrown };
      throw thrown;
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
