// Freeing what nothing needs of a store.
import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Digest, digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf, type Lock } from "../core/lock.ts";
import { isAlive, ownerTag } from "../files/owner.ts";
import { ownText } from "../files/read.ts";
import type { Store } from "./store.ts";

/** What a prune keeps, and whether it removes anything. */
export interface PruneOptions {
  readonly needed: ReadonlySet<Digest>;
  /** Only says what would be freed. */
  readonly dryRun: boolean;
}

/** The blobs that locks need, those of base images included. */
export function blobsNeededBy(locks: readonly Lock[]): ReadonlySet<Digest> {
  const blobs = locks.flatMap((lock) => [...blobsOf(lock), ...(lock.bases ?? []).flatMap((base) => base.blobs)]);
  return new Set(blobs.map(({ digest }) => digest));
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
export function pruneStore(store: Store, { needed, dryRun }: PruneOptions): PruneResult {
  if (!dryRun) store.assertWritable();
  assertOnlyUser(store);
  const blobs = store.digests();
  const unneeded = blobs.filter((digest) => !needed.has(digest));
  let [count, bytes] = [0, 0];
  for (const digest of unneeded) {
    const size = store.fileSizeOf(digest) ?? 0;
    if (!dryRun && !store.remove(digest)) continue;
    count++;
    bytes += size;
  }
  for (const path of [...filesIn(join(store.path, "partial")), ...unneededAnnotations(store, needed)]) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (!dryRun) rmSync(path, { force: true });
  }
  if (!dryRun) store.keepRecords(blobs.filter((digest) => needed.has(digest)));
  return { blobs: count, bytes, kept: blobs.length - count };
}

/** Checks that this process is the only user of the store, and forgets users that died. @throws KsoError `usage` for another one. */
function assertOnlyUser({ path }: Store): void {
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

/** Paths of annotations whose blob is not needed, or is not known. */
function unneededAnnotations({ path }: Store, needed: ReadonlySet<Digest>): string[] {
  const hexes = new Set([...needed].map((digest) => digestParts(digest).hex));
  return filesIn(join(path, "annotations")).filter((file) => {
    // An alias is named by a sha512; the sha256 of the blob is its content.
    const [, kind, hex] = /^([\w-]+)-([0-9a-f]+)\.json$/.exec(basename(file)) ?? [];
    const blob = kind === "alias" ? aliasedBlob(file) : hex;
    return blob === undefined || !hexes.has(blob);
  });
}

function aliasedBlob(path: string): string | undefined {
  return /sha256:([0-9a-f]{64})/.exec(ownText(path) ?? "")?.[1];
}

function filesIn(directory: string): string[] {
  return readdirSync(directory).map((name) => join(directory, name));
}

/** A user that cannot be seen (another container) counts as gone after a day. */
function isRecent(path: string): boolean {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 86_400_000;
}
