// Looking after a store: re-hashing what is in it, freeing what nothing needs.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { mapConcurrently } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { totalSize } from "../files/extents.ts";
import { isAlive, ownerTag } from "../files/owner.ts";
import type { Hashing } from "./hashing.ts";
import type { Store } from "./store.ts";

/** How many blobs are hashed at one time. */
const hashesAtOnce = 4;

/** Every blob of the store. */
export function blobsIn(path: string): Digest[] {
  return readdirSync(join(path, "blobs", "sha256"))
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .sort()
    .map((name) => `sha256:${name}` as Digest);
}

/**
 * Hashes every blob again. One that is not what its name says is removed: the next fetch brings it anew.
 * @returns the blobs that were removed, and how much was read.
 */
export async function checkStore(
  store: Store,
  hashing: Hashing,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<{ blobs: number; bytes: number; removed: Digest[] }> {
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

/** What a prune keeps, and whether it removes anything. */
export interface PruneOptions {
  readonly needed: ReadonlySet<Digest>;
  /** Only says what would be freed. */
  readonly dry: boolean;
}

/** What a prune freed, or would free. */
export interface PruneResult {
  readonly blobs: number;
  readonly bytes: number;
  readonly kept: number;
}

/**
 * Removes what is not needed, and what was never finished.
 * @throws KsoError `usage` while another process uses the store: what it has just fetched is in no lock yet.
 */
export function pruneStore(store: Store, { needed, dry }: PruneOptions): PruneResult {
  checkUnused(store);
  const blobs = blobsIn(store.path);
  const unneeded = blobs.filter((digest) => !needed.has(digest));
  const paths = [
    ...unneeded.flatMap((digest) => store.locate(digest) ?? []).map(({ path }) => path),
    ...filesIn(join(store.path, "partial")),
    ...unneededAnnotations(store, needed),
  ];
  let bytes = 0;
  for (const path of paths) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (!dry) rmSync(path, { force: true });
  }
  return { blobs: unneeded.length, bytes, kept: blobs.length - unneeded.length };
}

/** Is this process the only user of the store? Users that died are forgotten. */
function checkUnused({ path }: Store): void {
  const thisProcess = ownerTag();
  for (const user of readdirSync(join(path, "users"))) {
    if (user === thisProcess) continue;
    const file = join(path, "users", user);
    const alive = isAlive(user);
    if (alive === false) rmSync(file, { force: true });
    else if (alive || isRecent(file))
      throw new KsoError("usage", `Another kso is at work in ${path}: wait for it, then prune`);
  }
}

/** Annotations of blobs that are not needed, or of nothing that can be told. */
function unneededAnnotations({ path }: Store, needed: ReadonlySet<Digest>): string[] {
  const hexes = new Set([...needed].map((digest) => digest.slice("sha256:".length)));
  return filesIn(join(path, "annotations")).filter((file) => {
    // What is known by its sha512 names the blob inside.
    const [, kind, hex] = /^([\w-]+)-([0-9a-f]+)\.json$/.exec(basename(file)) ?? [];
    const blob = kind === "alias" ? aliasedBlob(file) : hex;
    return blob === undefined || !hexes.has(blob);
  });
}

function aliasedBlob(path: string): string | undefined {
  return /sha256:([0-9a-f]{64})/.exec(readFileSync(path, "utf8"))?.[1];
}

function filesIn(directory: string): string[] {
  return readdirSync(directory).map((name) => join(directory, name));
}

/** A user that cannot be seen (another container) counts as gone after a day. */
function isRecent(path: string): boolean {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 86_400_000;
}
