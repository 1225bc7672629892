// Small blobs that are often requested, in memory; those that are requested again stay longest. Each is checked against its digest
// before it is cached.
import { createHash } from "node:crypto";
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { readWhole } from "../../files/extents.ts";

/** A larger blob is never cached. Bytes. */
const maxBlobSize = 64 << 10;

interface CacheEntry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Requested again since it was cached, or since an eviction spared it. */
  requested: boolean;
}

/** A cache of whole blobs, which are read at the extents that `locate` returns. */
export class BlobCache {
  readonly #locate: (blob: Descriptor) => readonly Extent[];
  readonly #capacity: number;
  readonly #entries = new Map<Digest, CacheEntry>();
  #size = 0;

  /** `capacity`: how many bytes are cached at most. */
  constructor(locate: (blob: Descriptor) => readonly Extent[], capacity: number = 32 << 20) {
    this.#locate = locate;
    this.#capacity = capacity;
  }

  /**
   * Returns a small blob's bytes, undefined for a large one.
   * @throws KsoError `verify` for a blob that is damaged.
   */
  get(blob: Descriptor): Uint8Array<ArrayBuffer> | undefined {
    const entry = this.#entries.get(blob.digest);
    if (entry) {
      entry.requested = true;
      return entry.bytes;
    }
    if (blob.size > maxBlobSize) return undefined;
    const bytes = readWhole(this.#locate(blob), maxBlobSize) as Uint8Array<ArrayBuffer>;
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (digest !== blob.digest)
      throw new KsoError("verify", `Cannot serve ${blob.digest}: the bundle is damaged, its bytes are ${digest}`);
    this.#entries.set(blob.digest, { bytes, requested: false });
    this.#size += bytes.length;
    this.#evict();
    return bytes;
  }

  /** Removes blobs until the cache fits, the oldest first; those that were requested again are spared once. */
  #evict(): void {
    for (const [digest, oldest] of this.#entries) {
      if (this.#size <= this.#capacity) break;
      this.#entries.delete(digest);
      if (oldest.requested) this.#entries.set(digest, { bytes: oldest.bytes, requested: false });
      else this.#size -= oldest.bytes.length;
    }
  }
}
