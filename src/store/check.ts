// Hashing every blob of a store again.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mapConcurrently } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import type { Progress } from "../core/progress.ts";
import { totalSize } from "../files/extents.ts";
import type { Hashing } from "./hashing.ts";
import type { Store } from "./store.ts";

/** How many blobs are hashed at one time. */
const concurrentHashes = 4;

/** What checking a store needs. */
export interface StoreCheckOptions {
  readonly hashing: Hashing;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** How many blobs were read, and which were removed. */
export interface StoreCheckResult {
  readonly blobs: number;
  readonly bytes: number;
  readonly removed: readonly Digest[];
}

/** Every blob of the store at that path. */
export function blobsIn(path: string): Digest[] {
  return readdirSync(join(path, "blobs", "sha256"))
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .sort()
    .map((name) => `sha256:${name}` as Digest);
}

/** Hashes every blob again. A damaged one is removed: the next fetch downloads it again. */
export async function checkStore(store: Store, options: StoreCheckOptions): Promise<StoreCheckResult> {
  const { hashing, progress, signal } = options;
  const blobs = blobsIn(store.path).map((digest) => ({ digest, size: store.sizeOf(digest) ?? 0 }));
  const bytes = totalSize(blobs);
  progress.expect({ items: blobs.length, bytes });
  const removed: Digest[] = [];
  await mapConcurrently(concurrentHashes, blobs, async ({ digest, size }) => {
    signal?.throwIfAborted();
    const item = progress.begin(digest, size);
    const [extent] = store.locate(digest) ?? [];
    const actual = extent && (await hashing.digest([extent]).catch(() => "unreadable"));
    item.advance(size);
    if (extent && actual !== digest) {
      rmSync(extent.path, { force: true });
      removed.push(digest);
      item.fail("damaged");
    } else item.done();
  });
  return { blobs: blobs.length, bytes, removed: removed.sort() };
}
