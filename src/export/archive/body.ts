// The archive as a run of bytes that is read into whatever buffer comes: headers, contents and padding laid end to end,
// so that a thousand small entries cost no more writes than their bytes do.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { encodeEntry, paddingOf, trailer } from "../../bundle/tar.ts";
import type { BlobSource, Extent } from "../../core/descriptor.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import { totalLength } from "../../files/extents.ts";
import type { ArchiveEntry } from "./layout.ts";

const zeros = new Uint8Array(1024);

/** The bytes that come next. */
export interface Contents {
  /** Fills the buffer as far as there is something. @returns bytes; less than the buffer holds only at the end. */
  fill(buffer: Uint8Array): number;
  close(): void;
}

/** An entry and where its bytes lie. */
type Placed = ArchiveEntry & { readonly extents: readonly Extent[] };

/**
 * Finds everything first, so that what is missing is known before the first byte is written.
 * @throws KsoError `unexpected` naming what is missing, or has another size than the lock says.
 */
export function openContents(items: readonly ArchiveEntry[], blobs: BlobSource): Contents {
  const pieces = piecesOf(items.map((item) => ({ ...item, extents: extentsOf(item, blobs) })));
  let piece: Uint8Array | (Extent & { readonly label: string }) | undefined;
  let at = 0;
  let open: { readonly path: string; readonly file: number } | undefined;
  const close = (): void => {
    if (open) closeSync(open.file);
    open = undefined;
  };
  const fileOf = (path: string): number => {
    if (open?.path !== path) {
      close();
      open = { path, file: openSync(path, "r") };
    }
    return (open as { file: number }).file;
  };

  return {
    fill(buffer) {
      let filled = 0;
      while (filled < buffer.length) {
        if (piece === undefined) {
          const next = pieces.next();
          if (next.done) break;
          piece = next.value;
          at = 0;
        }
        const room = Math.min(piece.length - at, buffer.length - filled);
        if (piece instanceof Uint8Array) {
          buffer.set(piece.subarray(at, at + room), filled);
          at += room;
          filled += room;
        } else if (room > 0) {
          const { path, offset, label } = piece;
          const read = attempt(label, () => readSync(fileOf(path), buffer, filled, room, offset + at));
          if (read === 0) throw refusal(label, `${path} ends at byte ${offset + at}; run kso store check`);
          at += read;
          filled += read;
        }
        if (at === piece.length) piece = undefined;
      }
      return filled;
    },
    close,
  };
}

function* piecesOf(items: readonly Placed[]): Generator<Uint8Array | (Extent & { readonly label: string })> {
  for (const item of items) {
    yield encodeEntry(item);
    if (item.content && "text" in item.content) yield item.content.text;
    for (const extent of item.extents) yield { ...extent, label: item.label };
    if (item.size % 512 !== 0) yield zeros.subarray(0, paddingOf(item.size));
  }
  yield zeros.subarray(0, trailer);
}

function extentsOf({ content, label, size }: ArchiveEntry, blobs: BlobSource): readonly Extent[] {
  if (!content || "text" in content) return [];
  const extents = attempt(label, () =>
    "blob" in content
      ? blobs.locate(content.blob)
      : [{ path: content.path, offset: 0, length: statSync(content.path).size }],
  );
  if (!extents) throw refusal(label, "it is not in the store; run kso fetch");
  const length = totalLength(extents);
  if (length === size) return extents;
  const where = extents[0] ? ` (${extents[0].path})` : "";
  throw refusal(label, `it has ${length} bytes${where}, and should have ${size}; run kso store check`);
}

function attempt<T>(label: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof KsoError) throw cause;
    throw refusal(label, messageOf(cause), cause);
  }
}

function refusal(label: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unexpected", `Cannot seal ${label}: ${reason}`, cause);
}
