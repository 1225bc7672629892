// Opens one archive of a bundle: reads its headers, and nothing else of it.

import { closeSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { KsoError } from "../core/errors.ts";
import { diskError } from "../files/disk.ts";
import { totalSize } from "../files/extents.ts";
import { statsAt } from "../files/stats.ts";
import type { BundleArchive, BundleEntry } from "./archive.ts";
import { openDirectory } from "./directory.ts";
import { otherFile } from "./other-kinds.ts";
import { readEntries } from "./tar-reader.ts";
import { extentsIn, type Part, readVolumes, volumeIndexFor } from "./volumes.ts";

/** The bytes that are read at a time: the headers of links and small blobs lie close together. */
const readAhead = 1 << 13;
/** So many of the first bytes tell what a file is that is no archive. */
const sniffBytes = 1 << 10;

/** An archive as far as it can be read, and the fault that ends it there. */
export interface ReadableArchive {
  readonly archive: BundleArchive;
  readonly fault?: KsoError;
}

/**
 * Opens a `.tar`, a volume or the index of volumes, or a directory into which a bundle was unpacked.
 * @throws KsoError `usage` when it is not there, `verify` when it is broken or hostile.
 */
export function openArchive(path: string): BundleArchive {
  const { archive, fault } = openReadable(path);
  if (fault) throw fault;
  return archive;
}

/**
 * Opens an archive as {@link openArchive} does, but where it is damaged with the entries before the damage.
 * @throws KsoError where nothing can be read at all.
 */
export function openReadable(path: string): ReadableArchive {
  const index = volumeIndexFor(path);
  if (index !== undefined) {
    const volumes = readVolumes(index);
    const { archive, fault } = openParts(index, volumes);
    return { archive: { ...archive, volumes }, ...(fault && { fault }) };
  }
  const stat = statsAt(path);
  if (!stat) throw new KsoError("usage", `Cannot read ${path}: there is no such file or directory`);
  if (stat.isDirectory()) return { archive: openDirectory(path) };
  if (!stat.isFile()) throw new KsoError("usage", `Cannot read ${path}: it is neither a file nor a directory`);
  return openParts(path, [{ path, size: stat.size }]);
}

/** Opens an archive whose parts lie end to end, whatever their names are. @throws KsoError where it cannot be read at all. */
export function openParts(path: string, parts: readonly Part[]): ReadableArchive {
  const size = totalSize(parts);
  const entries = new Map<string, BundleEntry>();
  const reader = new HeaderReader(parts, size);
  let fault: KsoError | undefined;
  try {
    for (const entry of readEntries((offset, length) => reader.read(offset, length), size))
      entries.set(entry.name, entry);
  } catch (cause) {
    if (!(cause instanceof KsoError)) throw diskError(`Cannot read ${path}`, cause);
    const other = entries.size === 0 && parts.length === 1 ? otherFile(path, reader.head()) : undefined;
    const reason = cause.message.replace(/^Cannot read the archive: /, "");
    fault = other ?? new KsoError("verify", `Cannot read ${path}: ${reason}${reader.volumeNote()}`, cause);
  } finally {
    reader.close();
  }
  const archive: BundleArchive = {
    path,
    unpacked: false,
    size,
    entries,
    extentsOf: (entry) => extentsIn(parts, entry.offset, entry.size),
    rawExtents: (offset, length) => extentsIn(parts, offset, length),
  };
  return { archive, ...(fault && { fault }) };
}

/** Reads headers from parts that lie end to end, a few kilobytes at a time; each part is opened once. */
class HeaderReader {
  readonly #parts: readonly Part[];
  readonly #size: number;
  readonly #files = new Map<string, number>();
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  /** Where the last read began: an error names the volume there. */
  #lastOffset = 0;

  constructor(parts: readonly Part[], size: number) {
    this.#parts = parts;
    this.#size = size;
  }

  read(offset: number, length: number): Uint8Array {
    this.#lastOffset = offset;
    const start = offset - this.#window.start;
    if (start >= 0 && start + length <= this.#window.bytes.length)
      return this.#window.bytes.subarray(start, start + length);
    const span = Math.min(Math.max(length, readAhead), this.#size - offset);
    this.#window = { start: offset, bytes: this.#readAt(offset, span) };
    return this.#window.bytes.subarray(0, length);
  }

  /** The first bytes of all. */
  head(): Uint8Array {
    return this.#readAt(0, sniffBytes);
  }

  /** Names the volume that was read last, for the end of a message; empty where there are no volumes. */
  volumeNote(): string {
    const volume = this.#parts.length > 1 ? extentsIn(this.#parts, this.#lastOffset, 1)[0]?.path : undefined;
    return volume === undefined ? "" : ` (in the volume ${basename(volume)})`;
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
  }

  #readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (const extent of extentsIn(this.#parts, offset, length)) {
      const file = this.#files.get(extent.path) ?? openSync(extent.path, "r");
      this.#files.set(extent.path, file);
      for (let done = 0; done < extent.length; ) {
        const count = readSync(file, bytes, filled, extent.length - done, extent.offset + done);
        if (count === 0) return bytes.subarray(0, filled);
        done += count;
        filled += count;
      }
    }
    return bytes.subarray(0, filled);
  }
}
