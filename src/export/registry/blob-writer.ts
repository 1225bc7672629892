// One blob into the tree of a registry: as a clone or a hard link of what the store has, where that is possible, else as a
// copy. Whatever stands under its name is whole, for it comes there by a rename.
import { chmodSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { BlobSource, Descriptor } from "../../core/descriptor.ts";
import { KsoError } from "../../core/errors.ts";
import { readExtents, totalLength } from "../../files/extents.ts";
import type { Hashing } from "../../store/hashing.ts";

export interface PutOptions {
  readonly blobs: BlobSource;
  readonly hashing: Hashing;
  /** Where files are made before they get their names; on the file system of the tree. */
  readonly bench: string;
  readonly copy: boolean;
  readonly clone: ((from: string, to: string) => boolean) | undefined;
  /** Told before the first blob is copied byte by byte; what it throws ends the run. */
  readonly onCopy: () => void;
  /** @throws what ends the run */
  readonly advance: (bytes: number) => void;
}

/** Readable for whoever the registry runs as. */
const readable = 0o444;

/**
 * Makes the file at `path` the blob. The folder must be there.
 * @throws KsoError `unexpected` when the store lacks it.
 */
export async function putBlob({ digest, size }: Descriptor, path: string, options: PutOptions): Promise<void> {
  const { blobs, hashing, bench, copy, clone, onCopy, advance } = options;
  const extents = blobs.locate(digest);
  const length = extents && totalLength(extents);
  if (!extents || length !== size)
    throw new KsoError(
      "unexpected",
      `Cannot write ${digest}: ${extents ? `the store has ${length} bytes of ${size}; run kso store check` : "it is not in the store; run kso fetch"}`,
    );
  // A whole file, as the store has it; in a bundle it is a part of one.
  const [only, more] = extents;
  const file = only && !more && only.offset === 0 ? statSync(only.path) : undefined;
  const whole = only && file?.size === size ? { path: only.path, stat: file } : undefined;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && there.size === size) {
    const same = there.dev === whole?.stat.dev && there.ino === whole.stat.ino;
    // A link is the store's own file; what was copied once is looked at again.
    if (same ? !copy : (await hashing.digest([{ path, offset: 0, length: size }])) === digest) return advance(size);
  }
  const beside = join(bench, "blob");
  rmSync(beside, { force: true });
  if (whole && clone?.(whole.path, beside)) {
    chmodSync(beside, 0o644);
    advance(size);
  } else if (whole && !copy && (whole.stat.mode & readable) === readable && link(whole.path, beside)) advance(size);
  else {
    onCopy();
    const handle = await open(beside, "wx");
    try {
      let at = 0;
      for await (const bytes of readExtents(extents)) {
        for (let written = 0; written < bytes.length; )
          written += (await handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
        at += bytes.length;
        advance(bytes.length);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    chmodSync(beside, 0o644);
  }
  renameSync(beside, path);
  // Of two links to one file, a rename leaves both.
  rmSync(beside, { force: true });
}

/** Not across file systems, not on every file system, and not for everybody (fs.protected_hardlinks). */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
