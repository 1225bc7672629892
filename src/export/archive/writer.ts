// Writes an archive as one file, or as volumes of one size that are hashed while they grow. Everything is written to staging
// files and flushed; these are renamed only when all of it is written.
import { existsSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { readBack } from "../../bundle/read-back.ts";
import type { Digest } from "../../core/digest.ts";
import { flushDirectory, writeFlushed } from "../../files/atomic.ts";
import { totalSize } from "../../files/extents.ts";
import { ownerTag } from "../../files/owner.ts";
import type { GrowingHash, Hashing } from "../../store/hashing.ts";
import type { ArchivePath } from "./output.ts";

/** Where and how an archive is written. */
export interface ArchiveWriterOptions {
  readonly path: ArchivePath;
  readonly hashing: Hashing;
  /** Bytes of a volume; one file where it is absent. */
  readonly split?: number | undefined;
  /** Ends a wait for the disk, which may be long. What it rejects with is thrown. */
  readonly aborted: Promise<never>;
}

/** A file that is being written: the archive, or a volume of it. */
interface Volume {
  readonly name: string;
  readonly stagingPath: string;
  readonly handle: FileHandle;
  hash?: GrowingHash;
  size: number;
  digest?: Digest;
}

/** Writes the bytes of one archive to staging files, and renames these at the end. */
export class ArchiveWriter {
  readonly #options: ArchiveWriterOptions;
  readonly #limit: number;
  readonly #tag: string = ownerTag();
  readonly #volumes: Volume[] = [];
  #current: Volume | undefined;
  #isFinished = false;
  /** The end of the previous volume, which is flushed while the next one grows. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: ArchiveWriterOptions) {
    this.#options = options;
    this.#limit = options.split ?? Number.POSITIVE_INFINITY;
  }

  /** Without volumes: the path at which the archive grows until it has its name. */
  get stagingPath(): string {
    return this.#stagingPath(this.#options.path.name);
  }

  /** Appends the bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      this.#current ??= await this.#openVolume();
      const volume = this.#current;
      const length = Math.min(bytes.length - at, this.#limit - volume.size);
      const { bytesWritten } = await volume.handle.write(bytes, at, length, volume.size);
      at += bytesWritten;
      volume.size += bytesWritten;
      volume.hash?.advance(volume.size);
      if (volume.size === this.#limit) await this.#closeVolume();
    }
  }

  /** Without volumes: replaces bytes that were written before. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#current?.handle.write(bytes, 0, bytes.length, offset);
  }

  /**
   * Flushes all files, and reads the archive back as whoever receives it will.
   * @throws KsoError `unexpected` for one that cannot be read.
   */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    await this.#closeVolume();
    await Promise.race([this.#flushing, this.#options.aborted]);
    readBack(
      this.#options.path.output,
      this.#volumes.map(({ stagingPath, size }) => ({ path: stagingPath, size })),
    );
    this.#isFinished = true;
  }

  /** Renames all files, once they are finished. @returns the names, in order. */
  async commit(): Promise<readonly string[]> {
    const { path, split } = this.#options;
    await this.finish();
    const names = split === undefined ? this.#renameVolumes() : await this.#commitVolumes();
    flushDirectory(path.directory);
    return names;
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const { stagingPath } of this.#volumes) rmSync(stagingPath, { force: true });
    rmSync(this.#stagingPath(this.#indexName), { force: true });
    this.#current?.hash?.cancel();
    // A volume that is being flushed closes itself, whenever the disk is done with it.
    await this.#current?.handle.close();
  }

  get #indexName(): string {
    return `${this.#options.path.name}.volumes.json`;
  }

  #stagingPath(name: string): string {
    return join(this.#options.path.directory, `.${name}.kso-${this.#tag}`);
  }

  async #openVolume(): Promise<Volume> {
    const { path, split, hashing } = this.#options;
    const name = split === undefined ? path.name : volumeName(path.name, this.#volumes.length + 1);
    const stagingPath = this.#stagingPath(name);
    const volume: Volume = { name, stagingPath, handle: await open(stagingPath, "wx"), size: 0 };
    this.#volumes.push(volume);
    if (split !== undefined) volume.hash = hashing.follow(stagingPath, ["sha256"]);
    return volume;
  }

  /** Begins to flush the current volume, once the one before it is on disk. */
  async #closeVolume(): Promise<void> {
    await Promise.race([this.#flushing, this.#options.aborted]);
    if (this.#current) this.#flushing = flushVolume(this.#current);
    this.#current = undefined;
    // Its failure is thrown where it is awaited; until then it must not count as unhandled.
    this.#flushing.catch(() => undefined);
  }

  #renameVolumes(): string[] {
    const { directory } = this.#options.path;
    for (const { stagingPath, name } of this.#volumes) renameSync(stagingPath, join(directory, name));
    return this.#volumes.map(({ name }) => name);
  }

  /** Replaces an earlier set of volumes and its index. */
  async #commitVolumes(): Promise<string[]> {
    const { directory, name } = this.#options.path;
    const stagedIndex = this.#stagingPath(this.#indexName);
    await writeFlushed(stagedIndex, volumeIndex(name, this.#volumes));
    // From here on the earlier volumes are replaced: an index that describes them must not outlive them.
    rmSync(join(directory, this.#indexName), { force: true });
    const names = this.#renameVolumes();
    for (let next = names.length + 1; existsSync(join(directory, volumeName(name, next))); next++)
      rmSync(join(directory, volumeName(name, next)));
    renameSync(stagedIndex, join(directory, this.#indexName));
    return [...names, this.#indexName];
  }
}

async function flushVolume(volume: Volume): Promise<void> {
  try {
    const [digests] = await Promise.all([volume.hash?.digest(volume.size), volume.handle.sync()]);
    if (digests) volume.digest = digests[0] as Digest;
  } finally {
    await volume.handle.close();
  }
}

/** `bundle.tar.001`: three digits, so that a shell's `*` gives them in order. */
function volumeName(name: string, number: number): string {
  return `${name}.${String(number).padStart(3, "0")}`;
}

/** The text of `bundle.tar.volumes.json`. */
function volumeIndex(name: string, volumes: readonly Volume[]): string {
  const parts = volumes.map((volume) => ({ name: volume.name, size: volume.size, digest: volume.digest }));
  const size = totalSize(parts);
  return `${JSON.stringify({ schema: "kso.volumes/1", name, size, volumes: parts }, null, 2)}\n`;
}
