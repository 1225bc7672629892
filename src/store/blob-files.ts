// The files of a store's blobs, none of which is trusted by its name: bytes count as a blob when they were hashed here, and their file has
// been left alone since. One that was changed, copied or put there by others is hashed before it is used.
import { accessSync, type BigIntStats, constants, linkSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { diskReason, errorCode } from "../files/disk.ts";
import { hasSameContent, type Stamp, sizeIn, stampOf } from "../files/stamp.ts";
import { digestOf } from "./digest-of.ts";
import { HashRecords } from "./hash-records.ts";
import type { Hashing } from "./hashing.ts";

/** How often a file that changes while it is hashed is hashed. */
const maxTries = 3;

/** Blobs in a folder, and the records of when they were hashed. */
export class BlobFiles {
  readonly #folder: string;
  readonly #hashing: Hashing;
  readonly #records: HashRecords;
  /** Stamps of files that do not hold what their names say, or did not. */
  readonly #damaged = new Map<Digest, Stamp>();

  constructor(folder: string, records: string, hashing: Hashing) {
    this.#folder = folder;
    this.#hashing = hashing;
    this.#records = new HashRecords(records);
  }

  /** Where the blob of that digest lies, or would. */
  pathOf(digest: Digest): string {
    return join(this.#folder, digestParts(digest).hex);
  }

  /** Blobs that were found damaged, and count as not there until they are written anew. */
  get damaged(): readonly Digest[] {
    return [...this.#damaged.keys()];
  }

  /** The size of a blob that is there and intact. What has changed since it was hashed is hashed at once. */
  sizeOf(digest: Digest): number | undefined {
    for (let tries = 0; tries < maxTries; tries++) {
      const stamp = this.#stampOf(digest);
      if (stamp === undefined || this.#damaged.get(digest) === stamp) return undefined;
      if (this.#isRecorded(digest, stamp)) return sizeIn(stamp);
      this.#settle(digest, stamp, this.#read(digest, stamp));
    }
    return undefined;
  }

  /** The size of a blob's file, whatever it holds; undefined where there is none. Bytes. */
  fileSizeOf(digest: Digest): number | undefined {
    const stamp = this.#stampOf(digest);
    return stamp && sizeIn(stamp);
  }

  /** Must what lies under a digest be hashed before it is used? */
  isUnhashed(digest: Digest): boolean {
    const stamp = this.#stampOf(digest);
    return stamp !== undefined && this.#damaged.get(digest) !== stamp && !this.#isRecorded(digest, stamp);
  }

  /** Hashes a blob on a thread, whatever is on record. @returns whether it is intact; undefined where it is not there. */
  async verify(digest: Digest): Promise<boolean | undefined> {
    for (let tries = 0; tries < maxTries; tries++) {
      const stamp = this.#stampOf(digest);
      if (stamp === undefined) return undefined;
      this.#assertReadable(digest);
      const extent = { path: this.pathOf(digest), offset: 0, length: sizeIn(stamp) };
      const actual = await this.#hashing.digest([extent]).catch(() => undefined);
      if (this.#stampOf(digest) !== stamp) continue;
      return this.#settle(digest, stamp, actual);
    }
    return false;
  }

  /** Records a file that has just got its name. With `hashed`, only if its content is still what that stamp says. */
  record(digest: Digest, hashed?: Stamp): void {
    const stamp = this.#stampOf(digest);
    if (stamp === undefined || (hashed !== undefined && !hasSameContent(hashed, stamp))) return;
    this.#settle(digest, stamp, digest);
  }

  /** Gives the file of an intact blob a further name, which changes its stamp and nothing else. @returns false where that cannot be. */
  link(digest: Digest, path: string): boolean {
    const before = this.sizeOf(digest) === undefined ? undefined : this.#stampOf(digest);
    if (before === undefined) return false;
    try {
      // It cannot cross file systems, some file systems have none, and fs.protected_hardlinks may forbid it.
      linkSync(this.pathOf(digest), path);
    } catch {
      return false;
    }
    this.record(digest, before);
    return true;
  }

  /** Forgets the records of all other blobs. */
  keepRecords(digests: readonly Digest[]): void {
    this.#records.keep(digests.map((digest) => digestParts(digest).hex));
  }

  #isRecorded(digest: Digest, stamp: Stamp): boolean {
    return this.#records.stampOf(digestParts(digest).hex) === stamp;
  }

  /** Notes what a hashing has shown. @returns whether the blob is intact. */
  #settle(digest: Digest, stamp: Stamp, actual: Digest | undefined): boolean {
    if (actual === digest) this.#records.add(digestParts(digest).hex, stamp);
    else this.#damaged.set(digest, stamp);
    return actual === digest;
  }

  #read(digest: Digest, stamp: Stamp): Digest | undefined {
    this.#assertReadable(digest);
    try {
      const actual = digestOf([{ path: this.pathOf(digest), offset: 0, length: sizeIn(stamp) }], "sha256");
      return this.#stampOf(digest) === stamp ? actual : undefined;
    } catch {
      return undefined; // what the disk cannot read is damaged
    }
  }

  #assertReadable(digest: Digest): void {
    const path = this.pathOf(digest);
    try {
      accessSync(path, constants.R_OK);
    } catch (cause) {
      if (errorCode(cause) === "ENOENT") return;
      throw new KsoError(
        "usage",
        `Cannot use the blob ${path} of the store: ${diskReason(cause)}; let this user read it, or remove it`,
        cause,
      );
    }
  }

  /** A link or a pipe in a blob's place counts as nothing: the blob replaces it. @throws KsoError `usage` for a folder, which nothing can replace. */
  #stampOf(digest: Digest): Stamp | undefined {
    const path = this.pathOf(digest);
    const stats = statsOf(path);
    if (stats?.isDirectory())
      throw new KsoError(
        "usage",
        `Cannot use the blob ${path} of the store: it is a folder; remove it, or name another store with --store`,
      );
    return stats?.isFile() ? stampOf(stats) : undefined;
  }
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (cause) {
    throw new KsoError(
      "usage",
      `Cannot use the store: ${path}: ${diskReason(cause)}; name another one with --store`,
      cause,
    );
  }
}
