// Hashes every byte once: the entries of each archive go to the hashing threads in the order in which they lie on the disk.
import type { BundleArchive, BundleEntry } from "../bundle/archive.ts";
import { mapConcurrently } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import type { Progress } from "../core/progress.ts";
import type { Hashing } from "../store/hashing.ts";

/** The digest of each entry's bytes. */
export type EntryDigests = ReadonlyMap<BundleEntry, Digest>;

/** How entries are hashed. */
export interface HashOptions {
  readonly hashing: Hashing;
  /** The number of entries that are hashed at a time. */
  readonly jobs: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** The files of an archive; links have no bytes of their own. */
export function filesOf(archive: BundleArchive): BundleEntry[] {
  return [...archive.entries.values()].filter(({ type }) => type === "file");
}

/** Hashes the files of all archives. @throws KsoError `unexpected` when a file changes while it is read; whatever `signal` was aborted with. */
export async function hashEntries(archives: readonly BundleArchive[], options: HashOptions): Promise<EntryDigests> {
  const { hashing, jobs, progress, signal } = options;
  const entries = archives.flatMap((archive) => filesOf(archive).map((entry) => ({ archive, entry })));
  const bytes = entries.reduce((sum, { entry }) => sum + entry.size, 0);
  progress.expect({ items: entries.length, bytes });
  const hashes = new Map<BundleEntry, Digest>();
  // The caller closes the files afterwards, so what is under way must end first.
  await mapConcurrently(
    jobs,
    entries,
    async ({ archive, entry }) => {
      signal?.throwIfAborted();
      const item = progress.begin(entry.name, entry.size);
      hashes.set(entry, await hashing.digest(archive.extentsOf(entry)));
      item.advance(entry.size);
      item.done();
    },
    { settle: true },
  );
  return hashes;
}
