// Streams a part of a file by the runtime's own means, which is cheaper than reading it through the program.
import type { Extent } from "../core/descriptor.ts";

/** Streams an extent; undefined where the runtime cannot. */
export const sliceFile: ((extent: Extent) => ReadableStream<Uint8Array>) | undefined =
  "Deno" in globalThis
    ? undefined
    : ({ path, offset, length }) =>
        Bun.file(path)
          .slice(offset, offset + length)
          .stream();
