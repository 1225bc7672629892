// The bytes of an archive in order: headers, contents and padding are read as one stream into buffers of any size, so that a thousand
// small entries cost no more writes than their bytes do.
import { closeSync, openSync, readSync } from "node:fs";
import { encodeEntry, paddingOf, trailerSize } from "../../bundle/tar.ts";
import type { BlobSource, Extent } from "../../core/descriptor.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import { diskError } from "../../files/disk.ts";
import { totalLength } from "../../files/extents.ts";
import { stampOfTarget } from "../../files/stamp.ts";
import type { ArchiveEntry, StampedFile } from "./entry.ts";

const zeros = new Uint8Array(1024);

/** A run of bytes on disk, with the name that messages use for it. */
type LabelledExtent = Extent & { readonly label: string };

/** An entry, and the extents that hold its content. */
type LocatedEntry = ArchiveEntry & { readonly extents: readonly Extent[] };

/** Reads an archive that is put together from entries in memory and blobs on disk. */
export class ArchiveBody {
  readonly #entries: readonly LocatedEntry[];
  readonly #blobs: BlobSource;
  readonly #pieces: Iterator<Uint8Array | LabelledExtent>;
  #piece: Uint8Array | LabelledExtent | undefined;
  /** Bytes of the current piece that have been read. */
  #position = 0;
  #open: { readonly path: string; readonly file: number } | undefined;

  /**
   * Locates all contents, so that what is missing is known before the first byte is written.
   * @throws KsoError `fetch` naming what is missing, or has another size than the lock says.
   */
  constructor(entries: readonly ArchiveEntry[], blobs: BlobSource) {
    this.#entries = entries.map((entry) => ({ ...entry, extents: locate(entry, blobs) }));
    this.#blobs = blobs;
    this.#pieces = piecesOf(this.#entries);
  }

  /**
   * Checks that all contents are what they were when they were located, so that what was read in between is what their digests say.
   * @throws KsoError `fetch` naming what has changed.
   */
  assertUnchanged(): void {
    for (const entry of this.#entries) {
      const now = locateIn(entry, this.#blobs);
      if (now?.length !== entry.extents.length || totalLength(now) !== totalLength(entry.extents))
        throw exportError(entry.label, "it was changed while it was read; run the same command again");
    }
  }

  /**
   * Fills the buffer as far as bytes are left.
   * @returns bytes; fewer than the buffer holds only at the end.
   * @throws KsoError `fetch` when a file cannot be read, or has become shorter.
   */
  fill(buffer: Uint8Array): number {
    let filled = 0;
    while (filled < buffer.length) {
      const piece = this.#currentPiece();
      if (!piece) break;
      const length = Math.min(piece.length - this.#position, buffer.length - filled);
      const read = piece instanceof Uint8Array ? length : this.#read(piece, buffer, filled, length);
      if (piece instanceof Uint8Array) buffer.set(piece.subarray(this.#position, this.#position + length), filled);
      this.#position += read;
      filled += read;
    }
    return filled;
  }

  /** Closes the file that is being read. */
  close(): void {
    if (this.#open) closeSync(this.#open.file);
    this.#open = undefined;
  }

  /** The piece that has bytes left; undefined at the end. */
  #currentPiece(): Uint8Array | LabelledExtent | undefined {
    while (!this.#piece || this.#position === this.#piece.length) {
      const next = this.#pieces.next();
      if (next.done) return undefined;
      this.#piece = next.value;
      this.#position = 0;
    }
    return this.#piece;
  }

  #read({ path, offset, label }: LabelledExtent, buffer: Uint8Array, at: number, length: number): number {
    const position = offset + this.#position;
    const read = withLabel(label, () => readSync(this.#fileAt(path), buffer, at, length, position));
    if (read === 0) throw exportError(label, `${path} ends at byte ${position}; run kso store check`);
    return read;
  }

  #fileAt(path: string): number {
    if (this.#open?.path === path) return this.#open.file;
    this.close();
    const file = openSync(path, "r");
    this.#open = { path, file };
    return file;
  }
}

function* piecesOf(entries: readonly LocatedEntry[]): Generator<Uint8Array | LabelledExtent> {
  for (const entry of entries) {
    yield encodeEntry(entry);
    if (entry.content && "text" in entry.content) yield entry.content.text;
    for (const extent of entry.extents) yield { ...extent, label: entry.label };
    if (entry.size % 512 !== 0) yield zeros.subarray(0, paddingOf(entry.size));
  }
  yield zeros.subarray(0, trailerSize);
}

function locate(entry: ArchiveEntry, blobs: BlobSource): readonly Extent[] {
  const { label, size } = entry;
  const extents = locateIn(entry, blobs);
  if (!extents) throw exportError(label, "it is not in the store; run kso fetch");
  const length = totalLength(extents);
  if (!entry.content || "text" in entry.content || length === size) return extents;
  const where = extents[0] ? ` (${extents[0].path})` : "";
  throw exportError(label, `it has ${length} bytes${where}, and should have ${size}; run kso store check`);
}

/** Where an entry's content lies; undefined where it is not there, or not what was hashed. */
function locateIn({ content, label, size }: ArchiveEntry, blobs: BlobSource): readonly Extent[] | undefined {
  if (!content || "text" in content) return [];
  return withLabel(label, () => ("blob" in content ? blobs.locate(content.blob) : unchangedFile(content, size)));
}

function unchangedFile({ path, stamp }: StampedFile, size: number): readonly Extent[] | undefined {
  return stampOfTarget(path) === stamp ? [{ path, offset: 0, length: size }] : undefined;
}

/** Runs the action; what it throws gets the label in its message. */
function withLabel<T>(label: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof KsoError) throw cause;
    throw exportError(label, messageOf(cause), cause);
  }
}

function exportError(label: string, reason: string, cause?: unknown): KsoError {
  return cause === undefined
    ? new KsoError("fetch", `Cannot export ${label}: ${reason}`)
    : diskError(`Cannot export ${label}`, cause);
}
