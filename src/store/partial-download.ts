// A file on disk that is being downloaded: it grows, is hashed as it grows, and carries a note of the server's version.
import {
  closeSync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import type { Digest } from "../core/digest.ts";
import type { BodyWriter, DownloadTarget } from "../core/download-target.ts";
import { diskError, isDiskError, roomAdvice } from "../files/disk.ts";
import { ownText } from "../files/read.ts";
import type { Algorithm } from "./digest-of.ts";
import type { GrowingHash, Hashing } from "./hashing.ts";

/** How long the owner of a partial file may be silent before another container takes it over. Milliseconds. */
export const staleAfter = 120_000;

/** How often the size of a file that the runtime writes is looked at. Milliseconds. */
const pollInterval = 50;

/** The runtime's own way to write a body into the file at a path, which it empties first. */
export type WriteBodyToFile = (body: ReadableStream<Uint8Array>, path: string) => Promise<void>;

/** What a partial download needs to be hashed and written. */
export interface PartialOptions {
  readonly hashing: Hashing;
  /** The digests that are computed of it, sha256 first. */
  readonly algorithms: readonly Algorithm[];
  /** Absent where the runtime has no such way. */
  readonly writeBody?: WriteBodyToFile | undefined;
}

/** A partial file that this process owns and alone writes to. */
export class PartialDownload implements DownloadTarget {
  readonly path: string;
  readonly writeBody: BodyWriter | undefined;
  readonly #options: PartialOptions;
  readonly #file: number;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #hash: GrowingHash;
  #size: number;
  #validator: string | undefined;
  #closed = false;

  /** Opens the file, creating it where it is missing. Throws what the disk says. */
  constructor(path: string, options: PartialOptions) {
    this.path = path;
    this.#options = options;
    this.#file = openSync(path, "a+", 0o644);
    this.#size = fstatSync(this.#file).size;
    this.#validator = this.#size > 0 ? readValidator(path) : undefined;
    this.#hash = options.hashing.follow(path, options.algorithms);
    this.#hash.advance(this.#size);
    this.#heartbeat = setInterval(() => touch(path), staleAfter / 6);
    this.#heartbeat.unref();
    const { writeBody } = options;
    this.writeBody = writeBody && ((body, onProgress) => this.#writeBody(writeBody(body, path), onProgress));
  }

  get size(): number {
    return this.#size;
  }

  get validator(): string | undefined {
    return this.#validator;
  }

  /** Empties the file and notes the version about to be written. */
  restart(validator: string | undefined): void {
    try {
      ftruncateSync(this.#file, 0);
      writeFileSync(noteOf(this.path), JSON.stringify({ validator }));
    } catch (cause) {
      throw writeError(cause);
    }
    this.#size = 0;
    this.#validator = validator;
    this.#hash.restart();
  }

  /** Appends. */
  write(chunk: Uint8Array): void {
    try {
      for (let at = 0; at < chunk.length; ) {
        const written = writeSync(this.#file, at === 0 ? chunk : chunk.subarray(at));
        at += written;
        this.#size += written;
      }
    } catch (cause) {
      throw writeError(cause);
    }
    this.#hash.advance(this.#size);
  }

  /** Flushes the file and returns the digests of all that was written, sha256 first. The file stays where it is. */
  async finish(): Promise<readonly Digest[]> {
    const { hashing, algorithms } = this.#options;
    const flushed = promisify(fsync)(this.#file).catch((cause) => {
      throw writeError(cause);
    });
    const [digests] = await Promise.all([this.#hash.digest(this.#size), flushed]);
    // Should the digest be wrong, the next try starts with an empty file.
    this.#hash = hashing.follow(this.path, algorithms);
    return digests;
  }

  /** Stops; the bytes stay for a later try. */
  release(): void {
    this.#hash.cancel();
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    closeSync(this.#file);
  }

  /** Stops and removes the bytes. */
  discard(): void {
    this.release();
    removePartial(this.path);
  }

  /** Follows the file while the runtime writes it. */
  async #writeBody(writing: Promise<void>, onProgress: (size: number) => void): Promise<void> {
    const update = (): void => {
      this.#size = fstatSync(this.#file).size;
      this.#hash.advance(this.#size);
      onProgress(this.#size);
    };
    const { promise: failure, reject } = Promise.withResolvers<never>();
    const timer = setInterval(() => {
      try {
        update();
      } catch (cause) {
        reject(cause);
      }
    }, pollInterval);
    try {
      await Promise.race([writing, failure]);
      update();
    } catch (cause) {
      this.#size = fstatSync(this.#file).size;
      writing.catch(() => undefined); // it ends when the connection is dropped
      throw isDiskError(cause) ? writeError(cause) : cause;
    } finally {
      clearInterval(timer);
    }
  }
}

/** Where the note of the server's version lies: beside the partial file. */
export function noteOf(path: string): string {
  return `${path}.json`;
}

/** Removes a partial file and its note. */
export function removePartial(path: string): void {
  for (const name of [path, noteOf(path)]) rmSync(name, { force: true });
}

function readValidator(path: string): string | undefined {
  try {
    const { validator } = JSON.parse(ownText(noteOf(path)) ?? "") as { validator?: unknown };
    return typeof validator === "string" ? validator : undefined;
  } catch {
    return undefined;
  }
}

/** Tells other containers that the owner is at work. */
function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // A file that is gone fails when it is next written or committed; a timer cannot report it.
  }
}

function writeError(cause: unknown): Error {
  return diskError("Cannot write to the store", cause, roomAdvice);
}
