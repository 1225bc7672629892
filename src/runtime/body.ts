// Bytes out of files into a response, by the runtime itself where it can: Bun hands a part of a file to the kernel.
import { closeSync, openSync, readSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";

/** A part of a response's body: bytes in memory, or in a file. */
export type BodyPart = Uint8Array<ArrayBuffer> | Extent;

/** How much of a file is read at a time. Bytes. */
const chunkSize = 1 << 16;

/** A response body of the parts, one after another. A file that ends too soon ends the response with an error, never as if it were whole. */
export function bodyOf(
  parts: readonly BodyPart[],
): Blob | ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> {
  const [first, second] = parts;
  // Bun calls an empty part of a file partial content, whatever the response says.
  if (!first || sizeOf(parts) === 0) return new Uint8Array(0);
  if (!second && first instanceof Uint8Array) return first;
  if (!second && !(first instanceof Uint8Array) && !("Deno" in globalThis))
    return Bun.file(first.path).slice(first.offset, first.offset + first.length);
  return streamOf(parts);
}

function sizeOf(parts: readonly BodyPart[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function streamOf(parts: readonly BodyPart[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = chunksOf(parts);
  return new ReadableStream(
    {
      pull(controller) {
        const { done, value } = chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void chunks.return(undefined),
    },
    { highWaterMark: 0 },
  );
}

function* chunksOf(parts: readonly BodyPart[]): Generator<Uint8Array<ArrayBuffer>, undefined> {
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      yield part;
      continue;
    }
    const { path, offset, length } = part;
    const file = openSync(path, "r");
    try {
      for (let at = 0; at < length; ) {
        const buffer = new Uint8Array(Math.min(chunkSize, length - at));
        const read = readSync(file, buffer, 0, buffer.length, offset + at);
        if (read === 0)
          throw new KsoError("verify", `${path} ends at byte ${offset + at}: it was changed while it was served`);
        at += read;
        yield buffer.subarray(0, read);
      }
    } finally {
      closeSync(file);
    }
  }
}
