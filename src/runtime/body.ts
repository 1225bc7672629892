// Bytes out of files into a response, by the runtime itself where it can: Bun hands a part of a file to the kernel.
import { closeSync, openSync, readSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";

type Piece = Uint8Array<ArrayBuffer> | Extent;

/** So much of a file is read at a time. Bytes. */
const step = 1 << 16;

/** The pieces one after another. A file that ends too soon ends the response with an error, never as if it were whole. */
export function bodyOf(
  pieces: readonly Piece[],
): Blob | ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> {
  const [first, second] = pieces;
  // Bun calls an empty part of a file partial content, whatever the response says.
  if (!first || sizeOf(pieces) === 0) return new Uint8Array(0);
  if (!second && first instanceof Uint8Array) return first;
  if (!second && !(first instanceof Uint8Array) && !("Deno" in globalThis))
    return Bun.file(first.path).slice(first.offset, first.offset + first.length);
  return streamOf(pieces);
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function streamOf(pieces: readonly Piece[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = chunksOf(pieces);
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

function* chunksOf(pieces: readonly Piece[]): Generator<Uint8Array<ArrayBuffer>, undefined> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      yield piece;
      continue;
    }
    const { path, offset, length } = piece;
    const file = openSync(path, "r");
    try {
      for (let at = 0; at < length; ) {
        const buffer = new Uint8Array(Math.min(step, length - at));
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
