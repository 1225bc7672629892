// Looking after a store: re-hashing what is in it, freeing what nothing needs.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { isAlive, ownerTag } from "../files/owner.ts";
import type { Hashing } from "./hashing.ts";
import type { Store } from "./store.ts";

/** How many blobs are hashed at one time. */
const atOnce = 4;

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
  const all = blobsIn(store.path).map((digest) => ({ digest, size: store.sizeOf(digest) ?? 0 }));
  const bytes = all.reduce((sum, { size }) => sum + size, 0);
  progress.expect({ items: all.length, bytes });
  const removed: Digest[] = [];
  const queue = all.values();
  const lane = async (): Promise<void> => {
    for (const { digest, size } of queue) {
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
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { blobs: all.length, bytes, removed: removed.sort() };
}

/**
 * Removes what is not among `needed`, and what was never finished.
 * @throws KsoError `usage` while another process uses the store: what it has just fetched is in no lock yet.
 */
export function pruneStore(
  store: Store,
  needed: ReadonlySet<Digest>,
  dry: boolean,
): { blobs: number; bytes: number; kept: number } {
  const own = ownerTag();
  const users = readdirSync(join(store.path, "users")).filter((tag) => tag !== own);
  for (const tag of users) {
    if (isAlive(tag) === false) rmSync(join(store.path, "users", tag), { force: true });
    else if (isAlive(tag) || isRecent(join(store.path, "users", tag)))
      throw new KsoError("usage", `Another kso is at work in ${store.path}: wait for it, then prune`);
  }
  let blobs = 0;
  let bytes = 0;
  let kept = 0;
  const remove = (path: string): void => {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (!dry) rmSync(path, { force: true });
  };
  for (const digest of blobsIn(store.path)) {
    if (needed.has(digest)) {
      kept++;
      continue;
    }
    blobs++;
    for (const { path } of store.locate(digest) ?? []) remove(path);
  }
  for (const name of readdirSync(join(store.path, "partial"))) remove(join(store.path, "partial", name));
  const hexes = new Set([...needed].map((digest) => digest.slice("sha256:".length)));
  for (const name of readdirSync(join(store.path, "facts"))) {
    const path = join(store.path, "facts", name);
    // What is known by its sha512 names the blob inside.
    const [, kind, digest] = /^([\w-]+)-([0-9a-f]+)\.json$/.exec(name) ?? [];
    const about = kind === "alias" ? aliased(path) : digest;
    if (about === undefined || !hexes.has(about)) remove(path);
  }
  return { blobs, bytes, kept };
}

function aliased(path: string): string | undefined {
  return /sha256:([0-9a-f]{64})/.exec(readFileSync(path, "utf8"))?.[1];
}

/** A user that cannot be seen (another container) counts as gone after a day. */
function isRecent(path: string): boolean {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 86_400_000;
}
