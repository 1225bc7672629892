// Tells the format of a file by its first bytes, never by its name, and decompresses it as a stream.
import type { Transform } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { machineOf } from "./elf.ts";
import type { Reader } from "./reader.ts";
import { isTarHeader } from "./tar-header.ts";
import { unxz } from "./xz.ts";
import { isZstd, zstdFrames } from "./zstd.ts";

/** How many bytes {@link formatOf} wants to see: a tar header. */
export const sniffSize = 512;

/** The size of decompressed chunks. Larger than zlib's 16 KiB, as most of the output is passed over. Bytes. */
const chunkSize = 64 * 1024;

/** Options of zlib with which a stream that is cut short gives what it has; readers of the content notice that its end is missing. */
export const lenient: { readonly chunkSize: number; readonly finishFlush: number } = {
  chunkSize,
  finishFlush: constants.Z_SYNC_FLUSH,
};

/** What the first bytes say a file is; undefined for everything that no machine code is looked for in. */
export type FileFormat = "elf" | "tar" | "zip" | "gzip" | "xz" | "zstd";

/** The kind of a file by its first {@link sniffSize} bytes (fewer, where it is shorter). */
export function formatOf(head: Uint8Array): FileFormat | undefined {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (machineOf(head) !== undefined) return "elf";
  if (starts(0x1f, 0x8b, 8)) return "gzip";
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)) return "xz";
  if (isZstd(head)) return "zstd";
  // A local header, perhaps behind the signature of an archive that was meant to be split.
  if (starts(0x50, 0x4b, 3, 4) || starts(0x50, 0x4b, 7, 8, 0x50, 0x4b, 3, 4)) return "zip";
  return isTarHeader(head) ? "tar" : undefined;
}

/** True for the format of a compressed stream, which has one content. */
export function isCompressed(kind: FileFormat | undefined): kind is "gzip" | "xz" | "zstd" {
  return kind === "gzip" || kind === "xz" || kind === "zstd";
}

/** The content of a compressed stream. Throws what the decoder throws; stopping early closes the reader. */
export async function* decompress(kind: "gzip" | "xz" | "zstd", reader: Reader): AsyncGenerator<Uint8Array> {
  try {
    if (kind === "xz") yield* unxz(reader.chunks());
    else if (kind === "gzip") yield* throughTransform(reader.chunks(), createGunzip(lenient));
    else yield* throughTransform(zstdFrames(reader), createZstdDecompress({ chunkSize }));
  } finally {
    await reader.close();
  }
}

/**
 * Passes a source through a transform, one chunk at a time; both are closed when the reader stops early. Where the source throws,
 * the output of what came before is read first.
 */
export async function* throughTransform(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const feeding = feed(source, transform);
  let failure: { readonly thrown: unknown } | undefined;
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } finally {
    transform.destroy();
    failure = await feeding;
  }
  if (failure) throw failure.thrown;
}

/** Writes all of the source. Returns, rather than throws, what the source threw, as the result is awaited only at the end. */
async function feed(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): Promise<{ readonly thrown: unknown } | undefined> {
  let wake = (): void => undefined;
  transform.on("close", () => wake()).on("error", () => wake());
  try {
    for await (const chunk of source) {
      if (transform.destroyed) return undefined;
      // A callback that comes late or never, because the transform was closed, must not hold this up.
      await new Promise<void>((resolve) => {
        wake = resolve;
        transform.write(chunk, () => resolve());
      });
      if (transform.destroyed || transform.readableEnded) return undefined;
    }
    return undefined;
  } catch (thrown) {
    return { thrown };
  } finally {
    if (!transform.destroyed) transform.end();
  }
}
