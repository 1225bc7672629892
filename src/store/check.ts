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
const hashesAtOnce = 4;

/** By which means a store is checked. */
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

/** Hashes every blob again. One that is not what its name says is removed: the next fetch brings it anew. */
export async function checkStore(store: Store, options: StoreCheckOptions): Promise<StoreCheckResult> {
  const { hashing, progress, signal } = options;
  const blobs = blobsIn(store.path).map((digest) => ({ digest, size: store.sizeOf(digest) ?? 0 }));
  const bytes = totalSize(blobs);
  progress.expect({ items: blobs.length, bytes });
  const removed: Digest[] = [];
  await mapConcurrently(hashesAtOnce, blobs, async ({ digest, size }) => {
    signal?.throwIfAborted();
    const item = progress.begin(digest, size);
    const [extent] = store.locate(digest) ?? [];
    const found = extent && (await hashing.digest([extent]).catch(() => "unreadable"));
    item.advance(size);
    if (extent && found !== digest) {
      rmSync(extent.path, { force: true });
      removed.push(digest);
      item.fail("damaged");
    } else item.done();
  });
  return { blobs: blobs.length, bytes, removed: removed.sort() };
}
