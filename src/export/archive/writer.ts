// Where the archive's bytes go: one file, or volumes of a size, each hashed while it grows. Everything is written beside
// its name and flushed; only when all is there do the names change hands.
import { existsSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { flushDirectory, writeFlushed } from "../../files/atomic.ts";
import { totalSize } from "../../files/extents.ts";
import { ownerTag } from "../../files/owner.ts";
import type { GrowingHash, Hashing } from "../../store/hashing.ts";
import type { ArchivePath } from "./output.ts";

export interface Writer {
  write(bytes: Uint8Array): Promise<void>;
  /** Of one file: writes over what stands there already. */
  patch(offset: number, bytes: Uint8Array): Promise<void>;
  /** Of one file: where it grows, until it has its name. */
  readonly beside: string;
  /** Flushes and gives everything its name. @returns the names, in order. */
  finish(): Promise<readonly string[]>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

interface Volume {
  readonly name: string;
  readonly beside: string;
  readonly handle: FileHandle;
  following?: GrowingHash;
  size: number;
  digest?: Digest;
}

export interface WriterOptions {
  readonly place: ArchivePath;
  readonly hashing: Hashing;
  /** Bytes of a volume; one file where it is absent. */
  readonly split?: number;
  /** Gives up a wait for the disk, which may be long. What it rejects with is thrown. */
  readonly aborted: Promise<never>;
}

export function startWriter({ place: { directory, name }, hashing, split, aborted }: WriterOptions): Writer {
  const tag = ownerTag();
  const besideOf = (of: string): string => join(directory, `.${of}.kso-${tag}`);
  const index = `${name}.volumes.json`;
  const volumes: Volume[] = [];
  const limit = split ?? Number.POSITIVE_INFINITY;
  let current: Volume | undefined;
  /** The volume before: it is flushed while the next one grows. */
  let flushing: Promise<void> = Promise.resolve();

  const begin = async (): Promise<Volume> => {
    const of = split === undefined ? name : volumeName(name, volumes.length + 1);
    const beside = besideOf(of);
    const volume: Volume = { name: of, beside, handle: await open(beside, "wx"), size: 0 };
    volumes.push(volume);
    if (split !== undefined) volume.following = hashing.follow(beside, ["sha256"]);
    return volume;
  };
  const turn = async (): Promise<void> => {
    await Promise.race([flushing, aborted]);
    if (current) flushing = end(current);
    current = undefined;
    // Whoever waits for it hears of a failure; until then it is nobody's.
    flushing.catch(() => undefined);
  };

  return {
    beside: besideOf(name),
    async patch(offset, bytes) {
      await current?.handle.write(bytes, 0, bytes.length, offset);
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        current ??= await begin();
        const room = Math.min(bytes.length - at, limit - current.size);
        const { bytesWritten } = await current.handle.write(bytes, at, room, current.size);
        at += bytesWritten;
        current.size += bytesWritten;
        current.following?.advance(current.size);
        if (current.size === limit) await turn();
      }
    },
    async finish() {
      await turn();
      await Promise.race([flushing, aborted]);
      if (split !== undefined) {
        await writeFlushed(besideOf(index), describe(name, volumes));
        // From here on the old volumes are no more; an index that speaks of them must not outlive them.
        rmSync(join(directory, index), { force: true });
      }
      for (const { beside, name: final } of volumes) renameSync(beside, join(directory, final));
      const names = volumes.map((volume) => volume.name);
      if (split !== undefined) {
        for (let next = names.length + 1; existsSync(join(directory, volumeName(name, next))); next++) {
          rmSync(join(directory, volumeName(name, next)));
        }
        renameSync(besideOf(index), join(directory, index));
        names.push(index);
      }
      flushDirectory(directory);
      return names;
    },
    async discard() {
      for (const { beside } of volumes) rmSync(beside, { force: true });
      rmSync(besideOf(index), { force: true });
      current?.following?.cancel();
      // A volume that is being flushed closes itself, whenever the disk is done with it.
      await current?.handle.close();
    },
  };
}

async function end(volume: Volume): Promise<void> {
  try {
    const [digests] = await Promise.all([volume.following?.digest(volume.size), volume.handle.sync()]);
    if (digests) volume.digest = digests[0] as Digest;
  } finally {
    await volume.handle.close();
  }
}

/** `bundle.tar.001`: three digits, so that a shell's `*` gives them in order. */
function volumeName(name: string, number: number): string {
  return `${name}.${String(number).padStart(3, "0")}`;
}

function describe(name: string, volumes: readonly Volume[]): string {
  const parts = volumes.map(({ name: of, size, digest }) => ({ name: of, size, digest }));
  const size = totalSize(parts);
  return `${JSON.stringify({ schema: "kso.volumes/1", name, size, volumes: parts }, null, 2)}\n`;
}
