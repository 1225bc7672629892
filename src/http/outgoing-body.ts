import { KsoError, messageOf } from "../core/errors.ts";
import type { HttpRequest, RequestBody } from "./request.ts";

interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
}

/** The body that one try sends: it counts the bytes that the runtime reads, and checks that there are as many as promised. */
export class OutgoingBody {
  readonly content: string | ReadableStream<Uint8Array> | undefined;
  /** The request's headers, with the body's length. */
  readonly headers: Headers;
  readonly #onSent: ((bytes: number) => void) | undefined;
  #sent = 0;
  /** Progress is not reported (any more). */
  #withdrawn = false;
  #error: KsoError | undefined;

  /** @param onProgress is called for every chunk. */
  constructor({ body, onSent }: HttpRequest, headers: Headers, onProgress: () => void) {
    this.#onSent = onSent;
    if (body === undefined || typeof body === "string") {
      this.content = body;
      this.headers = headers;
      this.#withdrawn = true;
      return;
    }
    this.headers = new Headers(headers);
    this.headers.set("content-length", String(body.size));
    this.#withdrawn = body.size === 0;
    this.content = body.size === 0 ? "" : this.#counted(body, onProgress);
  }

  /** The error of the source of the bytes; it is not one of the network. */
  get error(): KsoError | undefined {
    return this.#error;
  }

  /** Takes back the progress that was reported, because the try failed. */
  withdraw(): void {
    if (!this.#withdrawn) this.#onSent?.(-this.#sent);
    this.#withdrawn = true;
  }

  #counted(body: RequestBody, onProgress: () => void): ReadableStream<Uint8Array> {
    const reader = body.open().getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.#next(reader, body.size);
          if (!chunk) return controller.close();
          this.#sent += chunk.length;
          onProgress();
          if (!this.#withdrawn) this.#onSent?.(chunk.length);
          controller.enqueue(chunk);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  async #next(reader: BodyReader, size: number): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await reader.read();
      const total = this.#sent + (done ? 0 : (value?.length ?? 0));
      if (total > size || (done && total < size))
        throw new KsoError("unexpected", `${done ? total : "More"} bytes to send where ${size} were promised`);
      return done ? undefined : value;
    } catch (cause) {
      this.#error = cause instanceof KsoError ? cause : new KsoError("unexpected", messageOf(cause), cause);
      throw this.#error;
    }
  }
}
