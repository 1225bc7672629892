// A blob on its way in: `partial/<key>.<owner>` with a note of the server's version beside it. Whoever dies leaves both, and
// the next process goes on where it stopped. Only its owner ever writes to a partial file, so taking one over is a rename.
import {
  closeSync,
  copyFileSync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Digest } from "../core/digest.ts";
import type { DownloadTarget } from "../core/ingest.ts";
import { diskError, errorCode, isDiskError, roomAdvice } from "../files/disk.ts";
import { isAlive } from "../files/owner.ts";
import type { Algorithm } from "./hash-worker.ts";
import type { Hashing } from "./hashing.ts";

/** How long the owner of a partial file may be silent before another container takes it over. Milliseconds. */
const silence = 120_000;

/** The runtime's own way to write a body into the file at a path, which it empties first. */
export type WriteBodyToFile = (body: ReadableStream<Uint8Array>, path: string) => Promise<void>;

/** How often a file that grows by itself is looked at. Milliseconds. */
const glance = 50;

/** A landing that this process owns. */
export interface PartialDownload extends DownloadTarget {
  readonly path: string;
  /** Flushes; gives the digests of all that was written, sha256 first. The file stays where it is. */
  finish(): Promise<readonly Digest[]>;
  /** Stops; the bytes stay for a later try. */
  release(): void;
  /** Stops and removes the bytes. */
  discard(): void;
}

/**
 * Takes the partial file of that key: a new one, or what a dead process left.
 * @returns undefined while another process is at work on it.
 */
export function claimPartial(
  folder: string,
  key: string,
  tag: string,
  hashing: Hashing,
  algorithms: readonly Algorithm[],
  pour?: WriteBodyToFile,
): PartialDownload | undefined {
  const mine = join(folder, `${key}.${tag}`);
  const others = (): string[] => ownersOf(folder, key).filter((owner) => owner !== tag);
  if (others().some((owner) => isOwned(folder, key, owner))) return undefined;
  for (const owner of others()) inherit(join(folder, `${key}.${owner}`), mine, isAlive(owner) === false);
  let file: number;
  try {
    file = openSync(mine, "a+", 0o644);
  } catch (cause) {
    throw diskError(`Cannot write to the store ${folder}`, cause, "name another one with --store");
  }
  // Two that began in the same moment see one another now; the first by name goes on.
  if (others().some((owner) => owner < tag && isOwned(folder, key, owner))) {
    closeSync(file);
    rmSync(mine, { force: true });
    rmSync(`${mine}.json`, { force: true });
    return undefined;
  }
  return open(mine, file, hashing, algorithms, pour);
}

function ownersOf(folder: string, key: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${key}.`) && !name.endsWith(".json"))
    .map((name) => name.slice(key.length + 1));
}

/** At work, or not known to be dead and not silent for long. */
export function isOwned(folder: string, key: string, owner: string): boolean {
  const alive = isAlive(owner);
  if (alive !== undefined) return alive;
  try {
    return Date.now() - statSync(join(folder, `${key}.${owner}`)).mtimeMs < silence;
  } catch {
    return false;
  }
}

function inherit(theirs: string, mine: string, dead: boolean): void {
  try {
    // An owner that cannot be seen may still hold the file open: it keeps its own copy of the bytes.
    if (dead) renameSync(`${theirs}.json`, `${mine}.json`);
    else copyFileSync(`${theirs}.json`, `${mine}.json`);
    if (dead) renameSync(theirs, mine);
    else copyFileSync(theirs, mine);
  } catch (cause) {
    // Without its note nobody knows which version the bytes are of; and another process may have been faster.
    if (errorCode(cause) !== "ENOENT") throw cause;
  }
  for (const path of [theirs, `${theirs}.json`]) rmSync(path, { force: true });
}

function open(
  path: string,
  file: number,
  hashing: Hashing,
  algorithms: readonly Algorithm[],
  pourFile: WriteBodyToFile | undefined,
): PartialDownload {
  let size = fstatSync(file).size;
  let validator = size > 0 ? readNote(path) : undefined;
  let following = hashing.follow(path, algorithms);
  following.advance(size);
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Whoever took the file away is heard of when it is written or kept; a timer has nobody to tell.
    }
  }, silence / 6);
  heartbeat.unref();
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    clearInterval(heartbeat);
    closeSync(file);
  };
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (cause) {
      throw diskError("Cannot write to the store", cause, roomAdvice);
    }
  };
  return {
    path,
    get size() {
      return size;
    },
    get validator() {
      return validator;
    },
    restart(version) {
      attempt(() => {
        ftruncateSync(file, 0);
        writeFileSync(`${path}.json`, JSON.stringify({ validator: version }));
      });
      size = 0;
      validator = version;
      following.restart();
    },
    write(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const from = at === 0 ? chunk : chunk.subarray(at);
        const written = attempt(() => writeSync(file, from));
        at += written;
        size += written;
      }
      following.advance(size);
    },
    writeBody:
      pourFile &&
      (async (body, grown) => {
        const look = (): void => {
          size = fstatSync(file).size;
          following.advance(size);
          grown(size);
        };
        const poured = pourFile(body, path);
        let timer: ReturnType<typeof setInterval> | undefined;
        const watched = new Promise<never>((_, reject) => {
          timer = setInterval(() => {
            try {
              look();
            } catch (cause) {
              reject(cause);
            }
          }, glance);
        });
        try {
          await Promise.race([poured, watched]);
          look();
        } catch (cause) {
          size = fstatSync(file).size;
          poured.catch(() => undefined); // it ends when the connection is dropped
          throw isDiskError(cause) ? diskError("Cannot write to the store", cause, roomAdvice) : cause;
        } finally {
          clearInterval(timer);
        }
      }),
    async finish() {
      const [digests] = await Promise.all([
        following.digest(size),
        promisify(fsync)(file).catch((cause) => {
          throw diskError("Cannot write to the store", cause, roomAdvice);
        }),
      ]);
      // Should the digest be wrong, the next try starts with an empty file.
      following = hashing.follow(path, algorithms);
      return digests;
    },
    release() {
      following.cancel();
      close();
    },
    discard() {
      following.cancel();
      close();
      for (const name of [path, `${path}.json`]) rmSync(name, { force: true });
    },
  };
}

function readNote(path: string): string | undefined {
  try {
    const { validator } = JSON.parse(readFileSync(`${path}.json`, "utf8")) as { validator?: unknown };
    return typeof validator === "string" ? validator : undefined;
  } catch {
    return undefined;
  }
}
