// Splits a zstd stream into its frames, because Deno's decoder drops what follows a frame in the same write, and because neither
// runtime's decoder reports a stream that is cut short.
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
    // Whatever follows the last frame (padding, mostly) is no part of the stream.
    if (head.length < 4 || !isZstd(head)) return;
    if (isSkippable(word(head))) await skipFrame(reader);
    else yield* dataFrameChunks(reader);
  }
}

async function skipFrame(reader: Reader): Promise<void> {
  const header = await reader.read(8);
  await reader.skip(word(header.subarray(4)));
}

/** A data frame: its header, then a block a chunk. */
async function* dataFrameChunks(reader: Reader): AsyncGenerator<Uint8Array> {
  const descriptor = (await reader.peek(5))[4] ?? 0;
  yield await reader.read(frameHeaderSize(descriptor));
  for (let last = false; !last; ) {
    const bits = word(await reader.peek(3));
    last = (bits & 1) === 1;
    // A run-length block has one byte, whatever its size says.
    const size = ((bits >> 1) & 3) === 1 ? 1 : bits >>> 3;
    yield await reader.read(3 + size);
  }
  const checksum = (descriptor & 4) !== 0;
  if (checksum) yield await reader.read(4);
}

/** By the frame header's descriptor: magic number and descriptor, window, dictionary, content size. Bytes. */
function frameHeaderSize(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const window = singleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  return 5 + window + dictionary + contentSize;
}

function isSkippable(magic: number): boolean {
  return magic >>> 4 === 0x184d2a5;
}

function word(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)) >>> 0;
}
