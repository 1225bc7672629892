// A download on its way into the store: a partial file that becomes a blob once its digest is the expected one.
import { renameSync } from "node:fs";
import type { Digest } from "../core/digest.ts";
import type { BodyWriter, DownloadTarget } from "../core/download-target.ts";
import { diskError } from "../files/disk.ts";
import { type Stamp, stampAt } from "../files/stamp.ts";
import type { PartialDownload } from "./partial-download.ts";

/** A download that becomes a blob. */
export interface Ingest extends DownloadTarget {
  /**
   * Makes what was written a blob, if it has one of the digests (with none named, whatever it is).
   * @returns its descriptor, or the digests it has instead; then the next write starts from nothing.
   */
  commit(expected: readonly Digest[]): Promise<CommitResult>;
  /** Ends the work; what has arrived stays for the next try. */
  release(): void;
}

/** What became of a download: a blob, or bytes with other digests than the expected ones. */
export type CommitResult =
  | { readonly committed: true; readonly digest: Digest; readonly size: number }
  | { readonly committed: false; readonly digests: readonly Digest[]; readonly size: number };

/** What an ingest needs of its store. */
export interface IngestStore {
  /** Where the blob of that digest lies. */
  pathOf(digest: Digest): string;
  /** Notes that the blob is in its place, and was hashed with that stamp. */
  record(digest: Digest, hashed: Stamp): void;
  /** Notes that the blob is known by another digest, too. */
  alias(other: Digest, digest: Digest): void;
  /** The ingest is over: its key is free. */
  onEnd(): void;
}

/** An ingest by way of a partial file. */
export class PartialIngest implements Ingest {
  readonly writeBody: BodyWriter | undefined;
  readonly #partial: PartialDownload;
  readonly #store: IngestStore;

  constructor(partial: PartialDownload, store: IngestStore) {
    this.#partial = partial;
    this.#store = store;
    this.writeBody = partial.writeBody;
  }

  get size(): number {
    return this.#partial.size;
  }

  get validator(): string | undefined {
    return this.#partial.validator;
  }

  restart(validator: string | undefined): void {
    this.#partial.restart(validator);
  }

  write(chunk: Uint8Array): void {
    this.#partial.write(chunk);
  }

  release(): void {
    this.#partial.release();
    this.#store.onEnd();
  }

  async commit(expected: readonly Digest[]): Promise<CommitResult> {
    const { size } = this.#partial;
    const hashed = stampAt(this.#partial.path);
    const digests = await this.#partial.finish();
    const isUnchanged = hashed !== undefined && stampAt(this.#partial.path) === hashed;
    const [digest, ...others] = digests as [Digest, ...Digest[]];
    if (expected.length > 0 && !expected.some((other) => digests.includes(other))) {
      this.#partial.restart(undefined);
      return { committed: false, digests, size };
    }
    for (const other of others) this.#store.alias(other, digest);
    try {
      // The name may be lost in a power cut, and then the blob comes again; the bytes below a name may not.
      renameSync(this.#partial.path, this.#store.pathOf(digest));
      // Without a record it is hashed again before it is used.
      if (isUnchanged) this.#store.record(digest, hashed);
    } catch (cause) {
      throw diskError("Cannot write to the store", cause);
    }
    this.#partial.discard();
    this.#store.onEnd();
    return { committed: true, digest, size };
  }
}
