// Content-addressed blobs on this machine, nameless and shared by all releases. What is under a digest was hashed here:
// bytes arrive in a partial file, are hashed and flushed, and only then renamed. Several processes may use one store.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource, Descriptor } from "../core/descriptor.ts";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { DownloadTarget } from "../core/ingest.ts";
import { writeFlushed } from "../files/atomic.ts";
import { diskError, errorCode, roomAdvice } from "../files/disk.ts";
import { ownerTag } from "../files/owner.ts";
import type { Hashing } from "./hashing.ts";
import { claimPartial, type PartialDownload, type WriteBodyToFile } from "./partial.ts";

/** A landing that becomes a blob. */
export interface Ingest extends DownloadTarget {
  /**
   * Makes what was written a blob, if it has one of the digests (with none named, whatever it is).
   * @returns its descriptor, or the digest it has instead; then the next write starts from nothing.
   */
  commit(expected: readonly Digest[]): Promise<CommitResult>;
  /** Ends the work; what has arrived stays for the next try. */
  release(): void;
}

export type CommitResult =
  | { readonly committed: true; readonly digest: Digest; readonly size: number }
  | { readonly committed: false; readonly found: readonly Digest[]; readonly size: number };

export interface Store extends BlobSource {
  readonly path: string;
  /** Is it there, with that size? */
  has(blob: Pick<Descriptor, "digest" | "size">): boolean;
  /** The size of a blob, undefined where it is not there. Bytes. */
  sizeOf(digest: Digest): number | undefined;
  /** The sha256 of a blob that is known here by its sha512. */
  alias(digest: Digest): Digest | undefined;
  /** Keeps small bytes. @throws KsoError `fetch` when they are not what the descriptor says. */
  put(blob: Descriptor, bytes: Uint8Array): Promise<void>;
  /** Where a blob lands; undefined while it lands already, for this process or another. */
  ingest(key: string, algorithm: "sha256" | "sha512"): Ingest | undefined;
  /** A small fact about a blob that was computed here. */
  remember(kind: string, digest: Digest, fact: unknown): void;
  recall(kind: string, digest: Digest): unknown;
  /** This process no longer uses the store. */
  close(): void;
}

/** Opens the store, creating it where it is missing. @throws KsoError `unexpected` when it cannot be written. */
export function openStore(path: string, hashing: Hashing, pour?: WriteBodyToFile): Store {
  const tag = ownerTag();
  let puts = 0;
  // Keys that are landing for this process: its own partial files do not tell.
  const landing = new Set<string>();
  const blobs = join(path, "blobs", "sha256");
  const folder = { partial: join(path, "partial"), users: join(path, "users"), facts: join(path, "facts") };
  try {
    for (const name of [blobs, ...Object.values(folder)]) mkdirSync(name, { recursive: true });
    // Prune leaves a store alone that somebody uses.
    writeFileSync(join(folder.users, tag), "");
  } catch (cause) {
    throw diskError(`Cannot use ${path} as the store`, cause, "name another one with --store");
  }
  const pathOf = (digest: Digest): string => join(blobs, digestParts(digest).hex);
  const factPath = (kind: string, digest: Digest): string =>
    join(folder.facts, `${kind}-${digestParts(digest).hex}.json`);
  const sizeOf = (digest: Digest): number | undefined =>
    digest.startsWith("sha256:") ? statSync(pathOf(digest), { throwIfNoEntry: false })?.size : undefined;

  const store: Store = {
    path,
    sizeOf,
    has: ({ digest, size }) => sizeOf(digest) === size,
    locate(digest) {
      const size = sizeOf(digest);
      return size === undefined ? undefined : [{ path: pathOf(digest), offset: 0, length: size }];
    },
    alias(digest) {
      const fact = store.recall("alias", digest);
      return typeof fact === "string" ? parseDigest(fact) : undefined;
    },
    async put(blob, bytes) {
      const found = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      if (found !== blob.digest || bytes.length !== blob.size)
        throw new KsoError("fetch", `${blob.digest} (${blob.size} bytes) is ${found} (${bytes.length} bytes)`);
      // Images share configurations: several may put the same one at a time.
      const beside = join(folder.partial, `put-${digestParts(blob.digest).hex}.${puts++}.${tag}`);
      try {
        await writeFlushed(beside, bytes);
        renameSync(beside, pathOf(blob.digest));
      } catch (cause) {
        rmSync(beside, { force: true });
        throw diskError("Cannot write to the store", cause, roomAdvice);
      }
    },
    ingest(key, algorithm) {
      if (landing.has(key)) return undefined;
      const partial = claimPartial(
        folder.partial,
        key,
        tag,
        hashing,
        algorithm === "sha512" ? ["sha256", "sha512"] : ["sha256"],
        pour,
      );
      if (!partial) return undefined;
      landing.add(key);
      const left = (): void => void landing.delete(key);
      return incoming(partial, pathOf, (from, to) => store.remember("alias", from, to), left);
    },
    remember(kind, digest, fact) {
      // Not flushed: a fact that a power cut spoils is computed again.
      const target = factPath(kind, digest);
      const beside = `${target}.${tag}`;
      try {
        writeFileSync(beside, JSON.stringify(fact));
        renameSync(beside, target);
      } catch (cause) {
        rmSync(beside, { force: true });
        throw diskError("Cannot write to the store", cause, roomAdvice);
      }
    },
    recall(kind, digest) {
      try {
        return JSON.parse(readFileSync(factPath(kind, digest), "utf8"));
      } catch {
        return undefined; // a fact that cannot be read is computed again
      }
    },
    close() {
      try {
        unlinkSync(join(folder.users, tag));
      } catch (cause) {
        if (errorCode(cause) !== "ENOENT") throw cause;
      }
    },
  };
  return store;
}

function incoming(
  partial: PartialDownload,
  pathOf: (digest: Digest) => string,
  alias: (from: Digest, to: Digest) => void,
  left: () => void,
): Ingest {
  return {
    get size() {
      return partial.size;
    },
    get validator() {
      return partial.validator;
    },
    restart: (validator) => partial.restart(validator),
    write: (chunk) => partial.write(chunk),
    writeBody: partial.writeBody,
    release() {
      partial.release();
      left();
    },
    async commit(expected) {
      const { size } = partial;
      const digests = await partial.finish();
      const [digest] = digests as [Digest];
      if (expected.length > 0 && !expected.some((digest) => digests.includes(digest))) {
        partial.restart(undefined);
        return { committed: false, found: digests, size };
      }
      for (const other of digests.slice(1)) alias(other, digest);
      const target = pathOf(digest);
      try {
        // The name may be lost in a power cut, and then the blob comes again; the bytes below a name may not.
        renameSync(partial.path, target);
      } catch (cause) {
        throw diskError("Cannot write to the store", cause);
      }
      partial.discard();
      left();
      return { committed: true, digest, size };
    },
  };
}
