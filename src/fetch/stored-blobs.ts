// What is in the store already, before it is used: bytes that have changed since they were hashed, or come from elsewhere, are hashed again,
// and what is damaged is named and fetched like anything else that is not there.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Digest } from "../core/digest.ts";
import type { LockedImage } from "../core/lock.ts";
import { formatSize } from "../core/size.ts";
import type { PlannedFile } from "./files.ts";
import type { FetchFailure, FetchOptions } from "./options.ts";

/** How many blobs are hashed at one time. */
const concurrentHashes = 4;

/** Hashes those blobs of files and images that must be, and tells of damaged ones. */
export class StoredBlobs {
  readonly #options: FetchOptions;
  /** Digest → the files and images that have it. */
  readonly #owners = new Map<Digest, Set<string>>();
  readonly #told = new Set<Digest>();

  constructor(options: FetchOptions) {
    this.#options = options;
  }

  /** Takes in what is wanted, and hashes as much of it as has to be. */
  async check(files: readonly PlannedFile[], images: readonly LockedImage[]): Promise<void> {
    const { store } = this.#options;
    const known = new Set(this.#owners.keys());
    for (const { artifact, transfer } of files)
      for (const expected of transfer.expected) this.#own(store.alias(expected) ?? expected, artifact.path);
    for (const { image, blobs } of images) for (const { digest } of blobs) this.#own(digest, image);
    await this.#hash([...this.#owners.keys()].filter((digest) => !known.has(digest) && store.isUnhashed(digest)));
    this.#tell();
  }

  /** The failures, with what the store had of each: whoever reads why a server failed learns why it was asked. */
  explain(failures: readonly FetchFailure[]): FetchFailure[] {
    const { store } = this.#options;
    const damaged = store.damaged.filter((digest) => store.sizeOf(digest) === undefined);
    return failures.map((failure) => {
      const digest = damaged.find((other) => this.#owners.get(other)?.has(failure.artifact));
      return digest ? { ...failure, cause: `${failure.cause}; what the store has as ${digest} is damaged` } : failure;
    });
  }

  #own(digest: Digest, owner: string): void {
    const owners = this.#owners.get(digest) ?? new Set();
    this.#owners.set(digest, owners.add(owner));
  }

  async #hash(digests: readonly Digest[]): Promise<void> {
    if (digests.length === 0) return;
    const { store, progress, signal } = this.#options;
    const sizes = new Map(digests.map((digest) => [digest, store.fileSizeOf(digest) ?? 0]));
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const what = `${digests.length} ${digests.length === 1 ? "blob" : "blobs"} of the store (${formatSize(bytes)})`;
    progress.note(
      `${what} changed since they were hashed, or come from elsewhere: they are hashed before they are used`,
    );
    await mapConcurrently(concurrentHashes, digests, async (digest) => {
      signal?.throwIfAborted();
      await store.verify(digest);
    });
  }

  #tell(): void {
    for (const digest of this.#options.store.damaged) {
      const [owner] = this.#owners.get(digest) ?? [];
      if (owner === undefined || this.#told.has(digest)) continue;
      this.#told.add(digest);
      this.#options.progress.note(`${owner}: what the store has as ${digest} is damaged; it is fetched again`);
    }
  }
}
