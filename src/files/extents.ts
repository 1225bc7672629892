// Reads what lies at extents, in a stream with bounded memory or whole where it is small; slices and sums extents.
import { closeSync, openSync, readSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";

/** Size of the chunks that {@link readExtents} yields. Bytes. */
const chunkSize = 1 << 18;

/** Yields the bytes, chunk by chunk; each chunk is a buffer of its own. @throws KsoError `unexpected` when a file is shorter. */
export async function* readExtents(extents: readonly Extent[]): AsyncGenerator<Uint8Array> {
  for (const { path, offset, length } of extents) {
    const file = openSync(path, "r");
    try {
      for (let at = 0; at < length; ) {
        const buffer = new Uint8Array(Math.min(chunkSize, length - at));
        const read = readSync(file, buffer, 0, buffer.length, offset + at);
        if (read === 0) throw tooShort(path, offset + at);
        at += read;
        yield buffer.subarray(0, read);
      }
    } finally {
      closeSync(file);
    }
  }
}

/**
 * The bytes as a stream, read as they are taken. `slice` gives one extent where the runtime has a way of its own.
 * The stream fails where a file is shorter than it was.
 */
export function streamExtents(
  extents: readonly Extent[],
  slice?: (extent: Extent) => ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const [first, second] = extents;
  if (slice && first && !second) return slice(first);
  const chunks = slice ? concatenated(extents, slice) : readExtents(extents);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

async function* concatenated(
  extents: readonly Extent[],
  open: (extent: Extent) => ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (const extent of extents) yield* open(extent);
}

/** The extents of `length` bytes from `offset` on, of what lies at these extents. */
export function sliceExtents(extents: readonly Extent[], offset: number, length: number): Extent[] {
  const slices: Extent[] = [];
  let start = 0;
  for (const extent of extents) {
    const from = Math.max(offset, start) - start;
    const to = Math.min(offset + length, start + extent.length) - start;
    if (from < to) slices.push({ path: extent.path, offset: extent.offset + from, length: to - from });
    start += extent.length;
  }
  return slices;
}

/** How many bytes lie at these extents, or in these pieces. */
export function totalLength(extents: Iterable<{ readonly length: number }>): number {
  let total = 0;
  for (const { length } of extents) total += length;
  return total;
}

/** How many bytes these blobs or files have together. */
export function totalSize(blobs: Iterable<{ readonly size: number }>): number {
  let total = 0;
  for (const { size } of blobs) total += size;
  return total;
}

/** All bytes at once. @throws KsoError `unexpected` when there are more than `limit`, or fewer than promised. */
export function readWhole(extents: readonly Extent[], limit: number): Uint8Array {
  const size = totalLength(extents);
  if (size > limit) throw new KsoError("unexpected", `${size} bytes where at most ${limit} are expected`);
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (const { path, offset, length } of extents) {
    const file = openSync(path, "r");
    try {
      for (let at = 0; at < length; ) {
        const read = readSync(file, bytes, filled, length - at, offset + at);
        if (read === 0) throw tooShort(path, offset + at);
        at += read;
        filled += read;
      }
    } finally {
      closeSync(file);
    }
  }
  return bytes;
}

function tooShort(path: string, at: number): KsoError {
  return new KsoError("unexpected", `${path} ends at byte ${at}: it was changed while it was read`);
}
