// Hashing every blob of a store again.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import type { Progress } from "../core/progress.ts";
import { totalSize } from "../files/extents.ts";
import type { Store } from "./store.ts";

/** How many blobs are hashed at one time. */
const concurrentHashes = 4;

/** What checking a store needs. */
export interface StoreCheckOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** How many blobs were read, and which were damaged. */
export interface StoreCheckResult {
  readonly blobs: number;
  readonly bytes: number;
  readonly removed: readonly Digest[];
  /** Damaged ones that could not be removed. */
  readonly left: readonly Digest[];
}

/** Hashes every blob again, and records it. A damaged one is removed: the next fetch downloads it again. */
export async function checkStore(store: Store, { progress, signal }: StoreCheckOptions): Promise<StoreCheckResult> {
  const blobs = store.digests().map((digest) => ({ digest, size: store.fileSizeOf(digest) ?? 0 }));
  const bytes = totalSize(blobs);
  progress.expect({ items: blobs.length, bytes });
  const removed: Digest[] = [];
  const left: Digest[] = [];
  await mapConcurrently(concurrentHashes, blobs, async ({ digest, size }) => {
    signal?.throwIfAborted();
    const item = progress.begin(digest, size);
    const isIntact = await store.verify(digest);
    item.advance(size);
    if (isIntact) return item.done();
    (store.remove(digest) ? removed : left).push(digest);
    item.fail("damaged");
  });
  store.keepRecords(blobs.map(({ digest }) => digest));
  return { blobs: blobs.length, bytes, removed: removed.sort(), left: left.sort() };
}
