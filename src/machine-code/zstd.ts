// A zstd stream travels in, its data frames travel out, a block a chunk. Deno's decoder
// forgets what follows a frame in the same write, and neither runtime's says so when a stream is cut short.
import type { Reader } from "./reader.ts";

/** The magic number of a data frame, as RFC 8878 has it (little-endian). */
const dataFrame = 0xfd2fb528;

/** True for the first four bytes of a data frame or a skippable one. */
export function isZstd(head: Uint8Array): boolean {
  const magic = word(head);
  return magic === dataFrame || isSkippable(magic);
}

/** The bytes of the data frames. @throws Error when the stream ends inside one. */
export async function* zstdFrames(reader: Reader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const head = await reader.peek(8);
    const magic = word(head);
    // Whatever follows the last frame (padding, mostly) is no part of the stream.
    if (head.length < 4 || !isZstd(head)) return;
    if (isSkippable(magic)) {
      await reader.read(8).then((bytes) => reader.skip(word(bytes.subarray(4))));
      continue;
    }
    const descriptor = (await reader.peek(5))[4] ?? 0;
    const single = (descriptor & 0x20) !== 0;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
    yield await reader.read(5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes);
    for (let last = false; !last; ) {
      const bits = word(await reader.peek(3));
      last = (bits & 1) === 1;
      // A run-length block has one byte, whatever its size says.
      const size = ((bits >> 1) & 3) === 1 ? 1 : bits >>> 3;
      yield await reader.read(3 + size);
    }
    if (descriptor & 4) yield await reader.read(4);
  }
}

function isSkippable(magic: number): boolean {
  return magic >>> 4 === 0x184d2a5;
}

function word(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)) >>> 0;
}
