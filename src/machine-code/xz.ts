// Decompresses xz. The decoder is xz-embedded in WebAssembly: it has dictionaries up to 64 MiB, and its memory does not shrink again.
import * as library from "xz-decompress";
import { Semaphore } from "../core/concurrency.ts";
import { messageOf } from "../core/errors.ts";

// The package is CommonJS in a wrapper that Deno cannot see names through: there it has a default export only.
type Library = Pick<typeof library, "XzReadableStream">;
const { XzReadableStream } = ((library as { default?: Library }).default ?? library) as Library;

/** Only one stream is decoded at a time, as the decoder has one memory. Its own queue breaks when a reader gives up while waiting. */
const decoder = new Semaphore(1);

/** Decompresses xz, also concatenated streams. Must not be used on what another call decompresses: the inner one would wait for ever. */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const release = await decoder.acquire();
  const iterator = source[Symbol.asyncIterator]();
  const reader = new XzReadableStream(readable(iterator)).getReader();
  try {
    for (;;) {
      const { done: ended, value } = await reader.read().catch(endOrError);
      if (ended) return;
      if (value.length > 0) yield value;
    }
  } finally {
    // The decoder does not close its source on every way out.
    await reader.cancel().catch(() => undefined);
    await iterator.return?.();
    release();
  }
}

/** Turns the decoder's error numbers into messages; what the decoder does not support ends the stream without one. */
function endOrError(thrown: unknown): { done: true; value: undefined } {
  const code = /error code (\d+)/.exec(messageOf(thrown))?.[1];
  // A check or a filter that it does not know, a dictionary beyond its limit.
  if (code === "2" || code === "4" || code === "6") return { done: true, value: undefined };
  if (code === undefined) throw thrown;
  throw new Error(code === "8" ? "it ends too early" : "its compressed data is damaged", { cause: thrown });
}

function readable(iterator: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // The decoder takes a chunk without bytes for the end.
        for (;;) {
          const { done, value } = await iterator.next();
          if (done) return controller.close();
          if (value.length > 0) return controller.enqueue(value);
        }
      },
    },
    { highWaterMark: 0 },
  );
}
