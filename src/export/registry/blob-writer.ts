// Writes blobs into the tree of a registry: as a clone or a hard link of the store's file where that is possible, else as a
// copy. A file under a blob's name is always whole, because it gets there by a rename.
import { chmodSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { BlobSource, Descriptor, Extent } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { readExtents, totalLength } from "../../files/extents.ts";
import type { Hashing } from "../../store/hashing.ts";

/** Where blobs come from, and how they are written. */
export interface BlobWriterOptions {
  readonly blobs: BlobSource;
  readonly hashing: Hashing;
  /** A directory for files that have no name yet, on the file system of the tree. */
  readonly staging: string;
  /** Copy bytes even where a hard link would do. */
  readonly copy: boolean;
  readonly clone: ((from: string, to: string) => boolean) | undefined;
  /** Called before each blob that is copied byte by byte; what it throws ends the run. */
  readonly onCopy: () => void;
  /** Called with bytes that are done; what it throws ends the run. */
  readonly onProgress: (bytes: number) => void;
}

/** A blob that is one whole file, as the store has it; in a bundle it is a part of one. */
interface WholeFile {
  readonly path: string;
  readonly stat: Stats;
}

/** The permission bits that let everybody read, whatever user the registry runs as. */
const readableByAll = 0o444;

/** Writes blobs, one after the other. */
export class BlobWriter {
  readonly #options: BlobWriterOptions;
  readonly #staged: string;

  constructor(options: BlobWriterOptions) {
    this.#options = options;
    this.#staged = join(options.staging, "blob");
  }

  /**
   * Makes the file at `path` the blob; its directory must exist.
   * @throws KsoError `fetch` when the store lacks the blob.
   */
  async write(blob: Descriptor, path: string): Promise<void> {
    const extents = this.locate(blob);
    const source = wholeFile(extents, blob.size);
    if (await this.#isCurrent(blob, path, source)) return this.#options.onProgress(blob.size);
    rmSync(this.#staged, { force: true });
    if (source && this.#share(blob.digest, source)) this.#options.onProgress(blob.size);
    else await this.#copy(extents);
    renameSync(this.#staged, path);
    // Where both are links to one file, a rename leaves both.
    rmSync(this.#staged, { force: true });
  }

  /** Where the blob lies, whole and intact. @throws KsoError `fetch` where it does not. */
  locate({ digest, size }: Descriptor): readonly Extent[] {
    const extents = this.#options.blobs.locate(digest);
    const length = extents && totalLength(extents);
    if (extents && length === size) return extents;
    const state = extents ? `has ${length} bytes and not ${size}` : "is not intact, or no longer there";
    throw new KsoError(
      "fetch",
      `Cannot write ${digest}: what the store has of it ${state}; run the same command again, which fetches it`,
    );
  }

  /** Whether the blob is at the path already. A link to the store's file is trusted; a copy is hashed again. */
  async #isCurrent({ digest, size }: Descriptor, path: string, source: WholeFile | undefined): Promise<boolean> {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.size !== size) return false;
    const isLink = existing.dev === source?.stat.dev && existing.ino === source.stat.ino;
    if (isLink) return !this.#options.copy;
    return (await this.#options.hashing.digest([{ path, offset: 0, length: size }])) === digest;
  }

  /** Tries a clone, then a hard link. @returns false where neither can be had. */
  #share(digest: Digest, { path, stat }: WholeFile): boolean {
    const { blobs, copy, clone } = this.#options;
    if (clone?.(path, this.#staged)) {
      chmodSync(this.#staged, 0o644);
      return true;
    }
    if (copy || (stat.mode & readableByAll) !== readableByAll) return false;
    return blobs.link?.(digest, this.#staged) === true;
  }

  async #copy(extents: readonly Extent[]): Promise<void> {
    this.#options.onCopy();
    const handle = await open(this.#staged, "wx");
    try {
      let at = 0;
      for await (const bytes of readExtents(extents)) {
        await writeAll(handle, bytes, at);
        at += bytes.length;
        this.#options.onProgress(bytes.length);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    chmodSync(this.#staged, 0o644);
  }
}

function wholeFile([first, second]: readonly Extent[], size: number): WholeFile | undefined {
  if (!first || second || first.offset !== 0) return undefined;
  const stat = statSync(first.path);
  return stat.size === size ? { path: first.path, stat } : undefined;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
}
