// Reads files that flags, settings and links name: regular files within a limit, so that no path makes kso wait or fill the memory.
import { Buffer } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { KsoError, messageOf } from "../core/errors.ts";

/** Bytes that a text may have where nothing smaller is said: certificates, lists, passwords. */
const textLimit = 16 << 20;
const step = 64 * 1024;
/** How long a pipe may stay silent, for whoever unlocks a password store meanwhile, and between two looks. Milliseconds. */
const pipePatience = 60_000;
const pipeInterval = 10;

/** How a file is read. */
export interface ReadOptions {
  /** Whether a pipe is taken too, which somebody writes into meanwhile: `<(pass show vault)`. */
  readonly pipe?: boolean;
}

/**
 * The text of a file; `flag` is what named it: `--ca`. Longer than `limit` bytes it cannot be.
 * @throws KsoError `usage` naming path, flag and reason.
 */
export function readText(path: string, flag: string, limit: number = textLimit, options: ReadOptions = {}): string {
  return new TextDecoder().decode(readBytes(path, flag, limit, options));
}

/** The bytes of a file, as {@link readText} reads them. @throws KsoError `usage` naming path, flag and reason. */
export function readBytes(path: string, flag: string, limit: number, options: ReadOptions = {}): Uint8Array {
  try {
    return readRegular(path, limit, options);
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path} (${flag}): ${messageOf(cause)}`, cause);
  }
}

/**
 * The bytes of a regular file, after links; a folder, device, socket or pipe is none, and opening it never blocks.
 * @throws Error with the reason alone, and the system's error as its cause: whoever calls names the path.
 */
export function readRegular(path: string, limit: number, { pipe = false }: ReadOptions = {}): Uint8Array {
  try {
    // Looked at before it is opened: opening can itself do something to a device.
    assertReadable(statSync(path), pipe, limit);
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      assertReadable(stats, pipe, limit);
      return readToEnd(file, stats.isFIFO(), limit);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const reason = systemReasons[String((cause as NodeJS.ErrnoException).code)];
    throw reason === undefined ? cause : new Error(reason, { cause });
  }
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission denied",
  ELOOP: "its symbolic links lead in a circle",
};

function assertReadable(stats: Stats, pipe: boolean, limit: number): void {
  if (stats.isFIFO() && pipe) return;
  if (!stats.isFile()) throw new Error(`it is a ${kindOf(stats)}, and a regular file is needed`);
  if (stats.size > limit) throw new Error(`it has ${stats.size} bytes, and at most ${limit} are read`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "folder";
  if (stats.isFIFO()) return "pipe";
  return stats.isSocket() ? "socket" : "device";
}

/** Reads until nothing comes: a file may grow meanwhile, and those of /proc state no size. */
function readToEnd(file: number, isPipe: boolean, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = new Uint8Array(Math.min(step, limit + 1 - size));
    const read = isPipe ? readPipe(file, part) : readSync(file, part, 0, part.length, null);
    if (read === 0) break;
    parts.push(part.subarray(0, read));
    size += read;
    if (size > limit) throw new Error(`it has more than the ${limit} bytes that are read`);
  }
  return Buffer.concat(parts);
}

/** Waits for what comes next out of a pipe that was opened without blocking. */
function readPipe(file: number, part: Uint8Array): number {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < pipePatience; waited += pipeInterval) {
    try {
      return readSync(file, part, 0, part.length, null);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause;
      Atomics.wait(pause, 0, 0, pipeInterval);
    }
  }
  throw new Error(`nothing came out of the pipe for ${pipePatience / 1000} seconds`);
}
