// A part of a file as a stream, by the runtime itself: cheaper than reading it through the program, where it can.
import type { Extent } from "../core/descriptor.ts";

/** Undefined where the runtime has no such way. */
export const sliceFile: ((extent: Extent) => ReadableStream<Uint8Array>) | undefined =
  "Deno" in globalThis
    ? undefined
    : ({ path, offset, length }) =>
        Bun.file(path)
          .slice(offset, offset + length)
          .stream();
