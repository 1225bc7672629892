// Decompressing xz. The decoder is liblzma's small sibling in WebAssembly: dictionaries up to 64 MiB, which its memory keeps
// once a file needed them.
import * as library from "xz-decompress";
import { Semaphore } from "../core/concurrency.ts";
import { messageOf } from "../core/errors.ts";

// The package is CommonJS in a wrapper that Deno cannot see names through: there it has a default export only.
type Library = Pick<typeof library, "XzReadableStream">;
const { XzReadableStream } = ((library as { default?: Library }).default ?? library) as Library;

/** One at a time: the decoder has one memory, and whoever gave up while waiting would take another's turn away. */
const decoder = new Semaphore(1);

/** Decompresses xz, concatenated streams too. Must not be nested in itself: the inner one would wait for ever. */
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
    // Closed by hand, too: the decoder cancels its source on one of its three ways out only.
    await reader.cancel().catch(() => undefined);
    await iterator.return?.();
    release();
  }
}

/** The decoder's errors are numbers. Some say that it is too small a decoder: then there is nothing to be seen. */
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
