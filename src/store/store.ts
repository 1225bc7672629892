// Content-addressed blobs on this machine, nameless and shared by all releases. What is under a digest was hashed here:
// bytes arrive in a partial file, are hashed and flushed, and only then renamed. Several processes may use one store.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource, Descriptor, Extent } from "../core/descriptor.ts";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { commitFlushed, commitSync } from "../files/atomic.ts";
import { diskError, errorCode, roomAdvice } from "../files/disk.ts";
import { ownerTag } from "../files/owner.ts";
import type { Hashing } from "./hashing.ts";
import { type Ingest, PartialIngest } from "./ingest.ts";
import { claimPartial } from "./partial.ts";
import type { WriteBodyToFile } from "./partial-download.ts";

/** Blobs under their digests, and what was computed about them. */
export interface Store extends BlobSource {
  readonly path: string;
  /** Is it there, with that size? */
  has(blob: Pick<Descriptor, "digest" | "size">): boolean;
  /** The size of a blob, undefined where it is not there. Bytes. */
  sizeOf(digest: Digest): number | undefined;
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
  /** This process no longer uses the store. */
  close(): void;
}

/** Opens the store, creating it where it is missing. @throws KsoError `unexpected` when it cannot be written. */
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
  readonly #blobs: string;
  readonly #partial: string;
  readonly #users: string;
  readonly #annotations: string;
  #puts = 0;

  constructor(path: string, hashing: Hashing, writeBody: WriteBodyToFile | undefined) {
    this.path = path;
    this.#hashing = hashing;
    this.#writeBody = writeBody;
    this.#blobs = join(path, "blobs", "sha256");
    this.#partial = join(path, "partial");
    this.#users = join(path, "users");
    this.#annotations = join(path, "annotations");
    try {
      for (const folder of [this.#blobs, this.#partial, this.#users, this.#annotations])
        mkdirSync(folder, { recursive: true });
      // Nothing is pruned while another process has such a file.
      writeFileSync(join(this.#users, this.#owner), "");
    } catch (cause) {
      throw diskError(`Cannot use ${path} as the store`, cause, "name another one with --store");
    }
  }

  sizeOf(digest: Digest): number | undefined {
    return digest.startsWith("sha256:") ? statSync(this.#pathOf(digest), { throwIfNoEntry: false })?.size : undefined;
  }

  has({ digest, size }: Pick<Descriptor, "digest" | "size">): boolean {
    return this.sizeOf(digest) === size;
  }

  locate(digest: Digest): readonly Extent[] | undefined {
    const size = this.sizeOf(digest);
    return size === undefined ? undefined : [{ path: this.#pathOf(digest), offset: 0, length: size }];
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
    const staging = join(this.#partial, `put-${digestParts(blob.digest).hex}.${this.#puts++}.${this.#owner}`);
    try {
      await commitFlushed({ staging, path: this.#pathOf(blob.digest) }, bytes);
    } catch (cause) {
      throw diskError("Cannot write to the store", cause, roomAdvice);
    }
  }

  ingest(key: string, algorithm: "sha256" | "sha512"): Ingest | undefined {
    if (this.#ingesting.has(key)) return undefined;
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
      pathOf: (digest) => this.#pathOf(digest),
      alias: (other, digest) => this.annotate("alias", other, digest),
      onEnd: () => void this.#ingesting.delete(key),
    });
  }

  annotate(kind: string, digest: Digest, value: unknown): void {
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
      return JSON.parse(readFileSync(this.#annotationPath(kind, digest), "utf8"));
    } catch {
      return undefined; // what cannot be read is computed again
    }
  }

  close(): void {
    try {
      unlinkSync(join(this.#users, this.#owner));
    } catch (cause) {
      if (errorCode(cause) !== "ENOENT") throw cause;
    }
  }

  #pathOf(digest: Digest): string {
    return join(this.#blobs, digestParts(digest).hex);
  }

  #annotationPath(kind: string, digest: Digest): string {
    return join(this.#annotations, `${kind}-${digestParts(digest).hex}.json`);
  }
}
