// Content-addressed blobs on this machine, nameless and shared by all releases. What is under a digest was hashed here:
// bytes arrive in a partial file, are hashed and flushed, and only then renamed; whatever has changed since is hashed again before it is
// used. Several processes may use one store.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource, Descriptor, Extent } from "../core/descriptor.ts";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { commitFlushed, commitSync, removeAbandoned } from "../files/atomic.ts";
import { diskError, diskReason, errorCode, roomAdvice } from "../files/disk.ts";
import { ownerTag } from "../files/owner.ts";
import { ownText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import { BlobFiles } from "./blob-files.ts";
import type { Hashing } from "./hashing.ts";
import { type Ingest, PartialIngest } from "./ingest.ts";
import { claimPartial } from "./partial.ts";
import type { WriteBodyToFile } from "./partial-download.ts";

/** Blobs under their digests, and what was computed about them. */
export interface Store extends BlobSource {
  readonly path: string;
  /** Is it there, with that size? */
  has(blob: Pick<Descriptor, "digest" | "size">): boolean;
  /** The size of a blob, undefined where it is not there, or damaged. Bytes. */
  sizeOf(digest: Digest): number | undefined;
  /** The size of what lies under a digest, intact or not. Bytes. */
  fileSizeOf(digest: Digest): number | undefined;
  /** Must what lies under a digest be hashed before it is used, because it was changed, copied or put there by others? */
  isUnhashed(digest: Digest): boolean;
  /** Hashes a blob again, whatever is on record. @returns whether it is intact; undefined where it is not there. */
  verify(digest: Digest): Promise<boolean | undefined>;
  /** Blobs that this process found damaged; they count as not there until they are written anew. */
  readonly damaged: readonly Digest[];
  /** Every digest that something lies under. @throws KsoError `usage` when the store cannot be read. */
  digests(): readonly Digest[];
  /** Removes what lies under a digest; a folder stays. @returns false where that cannot be. */
  remove(digest: Digest): boolean;
  /** Forgets that other blobs than these were hashed. */
  keepRecords(digests: readonly Digest[]): void;
  link(digest: Digest, path: string): boolean;
  /** The sha256 of a blob that is known here by its sha512. */
  alias(digest: Digest): Digest | undefined;
  /** Writes a small blob at once. @throws KsoError `fetch` when the bytes are not what the descriptor says. */
  put(blob: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Begins or resumes the download of a blob; undefined while it is under way already, for this process or another. */
  ingest(key: string, algorithm: "sha256" | "sha512"): Ingest | undefined;
  /** Writes a small value that was computed about a blob. */
  annotate(kind: string, digest: Digest, value: unknown): void;
  /** The value that {@link annotate} wrote; undefined where there is none. */
  annotation(kind: string, digest: Digest): unknown;
  /** Checks that the store is no read-only one. @throws KsoError `usage` */
  assertWritable(): void;
  /** This process no longer uses the store. */
  close(): void;
}

/** Checks that there is a store at the path. @throws KsoError `usage` where there is none. */
export function assertStore(path: string): void {
  if (!statsAt(join(path, "blobs", "sha256"))?.isDirectory())
    throw new KsoError("usage", `There is no store at ${path}; name one with --store`);
}

/**
 * Opens the store, creating it where it is missing. One that is there and cannot be written to is read.
 * @throws KsoError `usage` when none can be there.
 */
export function openStore(path: string, hashing: Hashing, writeBody?: WriteBodyToFile): Store {
  return new DiskStore(path, hashing, writeBody);
}

class DiskStore implements Store {
  readonly path: string;
  readonly #hashing: Hashing;
  readonly #writeBody: WriteBodyToFile | undefined;
  readonly #owner: string = ownerTag();
  /** Keys of this process's ingests; partial files only tell of other processes. */
  readonly #ingesting = new Set<string>();
  readonly #blobs: BlobFiles;
  readonly #partial: string;
  readonly #users: string;
  readonly #annotations: string;
  /** Why nothing can be written here. */
  #refusal: unknown;
  #puts = 0;

  constructor(path: string, hashing: Hashing, writeBody: WriteBodyToFile | undefined) {
    this.path = path;
    this.#hashing = hashing;
    this.#writeBody = writeBody;
    const blobs = blobFolder(path);
    this.#blobs = new BlobFiles(blobs, join(path, "hashed.txt"), hashing);
    this.#partial = join(path, "partial");
    this.#users = join(path, "users");
    this.#annotations = join(path, "annotations");
    try {
      for (const folder of [blobs, this.#partial, this.#users, this.#annotations])
        mkdirSync(folder, { recursive: true });
      removeAbandoned(this.#users, "");
      // Nothing is pruned while another process has such a file.
      writeFileSync(join(this.#users, this.#owner), "");
    } catch (cause) {
      if (!isRefusal(cause) || !statsAt(blobs)?.isDirectory())
        throw new KsoError(
          "usage",
          `Cannot use ${path} as the store: ${diskReason(cause)}; name another one with --store`,
          cause,
        );
      this.#refusal = cause;
    }
  }

  get damaged(): readonly Digest[] {
    return this.#blobs.damaged;
  }

  digests(): readonly Digest[] {
    return digestsIn(this.path);
  }

  sizeOf(digest: Digest): number | undefined {
    return digest.startsWith("sha256:") ? this.#blobs.sizeOf(digest) : undefined;
  }

  fileSizeOf(digest: Digest): number | undefined {
    return this.#blobs.fileSizeOf(digest);
  }

  isUnhashed(digest: Digest): boolean {
    return this.#blobs.isUnhashed(digest);
  }

  verify(digest: Digest): Promise<boolean | undefined> {
    return this.#blobs.verify(digest);
  }

  has({ digest, size }: Pick<Descriptor, "digest" | "size">): boolean {
    return this.sizeOf(digest) === size;
  }

  locate(digest: Digest): readonly Extent[] | undefined {
    const size = this.sizeOf(digest);
    return size === undefined ? undefined : [{ path: this.#blobs.pathOf(digest), offset: 0, length: size }];
  }

  link(digest: Digest, path: string): boolean {
    return this.#blobs.link(digest, path);
  }

  remove(digest: Digest): boolean {
    try {
      unlinkSync(this.#blobs.pathOf(digest));
      return true;
    } catch {
      return false;
    }
  }

  keepRecords(digests: readonly Digest[]): void {
    this.#blobs.keepRecords(digests);
  }

  alias(digest: Digest): Digest | undefined {
    const alias = this.annotation("alias", digest);
    return typeof alias === "string" ? parseDigest(alias) : undefined;
  }

  async put(blob: Descriptor, bytes: Uint8Array): Promise<void> {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (digest !== blob.digest || bytes.length !== blob.size)
      throw new KsoError("fetch", `${blob.digest} (${blob.size} bytes) is ${digest} (${bytes.length} bytes)`);
    // Images share configurations: several may put the same one at a time.
    this.assertWritable();
    const staging = join(this.#partial, `put-${digestParts(blob.digest).hex}.${this.#puts++}.${this.#owner}`);
    try {
      await commitFlushed({ staging, path: this.#blobs.pathOf(blob.digest) }, bytes);
      this.#blobs.record(blob.digest);
    } catch (cause) {
      throw diskError("Cannot write to the store", cause, roomAdvice);
    }
  }

  ingest(key: string, algorithm: "sha256" | "sha512"): Ingest | undefined {
    if (this.#ingesting.has(key)) return undefined;
    this.assertWritable();
    const partial = claimPartial(
      { folder: this.#partial, key, owner: this.#owner },
      {
        hashing: this.#hashing,
        algorithms: algorithm === "sha512" ? ["sha256", "sha512"] : ["sha256"],
        writeBody: this.#writeBody,
      },
    );
    if (!partial) return undefined;
    this.#ingesting.add(key);
    return new PartialIngest(partial, {
      pathOf: (digest) => this.#blobs.pathOf(digest),
      record: (digest, hashed) => this.#blobs.record(digest, hashed),
      alias: (other, digest) => this.annotate("alias", other, digest),
      onEnd: () => void this.#ingesting.delete(key),
    });
  }

  annotate(kind: string, digest: Digest, value: unknown): void {
    if (this.#refusal) return; // it is computed again each time
    const path = this.#annotationPath(kind, digest);
    try {
      // Not flushed: what a power cut spoils is computed again.
      commitSync({ staging: `${path}.${this.#owner}`, path }, JSON.stringify(value));
    } catch (cause) {
      throw diskError("Cannot write to the store", cause, roomAdvice);
    }
  }

  annotation(kind: string, digest: Digest): unknown {
    try {
      return JSON.parse(ownText(this.#annotationPath(kind, digest)) ?? "");
    } catch {
      return undefined; // what cannot be read is computed again
    }
  }

  close(): void {
    if (this.#refusal) return;
    try {
      unlinkSync(join(this.#users, this.#owner));
    } catch (cause) {
      if (errorCode(cause) !== "ENOENT") throw cause;
    }
  }

  assertWritable(): void {
    if (!this.#refusal) return;
    const reason = diskReason(this.#refusal);
    throw new KsoError("usage", `Cannot write to the store ${this.path}: ${reason}; name another one with --store`);
  }

  #annotationPath(kind: string, digest: Digest): string {
    return join(this.#annotations, `${kind}-${digestParts(digest).hex}.json`);
  }
}

/** Every digest that something lies under in the store at that path. */
function digestsIn(path: string): Digest[] {
  try {
    return readdirSync(blobFolder(path))
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .sort()
      .map((name) => `sha256:${name}` as Digest);
  } catch (cause) {
    throw new KsoError("usage", `Cannot read the store ${path}: ${diskReason(cause)}`, cause);
  }
}

function blobFolder(path: string): string {
  return join(path, "blobs", "sha256");
}

/** Does the file system, or its permissions, refuse every write? */
function isRefusal(cause: unknown): boolean {
  return ["EROFS", "EACCES", "EPERM"].includes(errorCode(cause) ?? "");
}
