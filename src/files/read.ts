// Reads files that flags, settings and links name: regular files within a limit, so that no path makes kso wait or fill the memory.
import { Buffer } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats, statSync } from "node:fs";
import { platform } from "node:os";
import { KsoError, messageOf } from "../core/errors.ts";
import { diskReason, errorCode } from "./disk.ts";

/** Bytes that a text may have where nothing smaller is said: certificates, lists, passwords. */
const textLimit = 16 << 20;
const step = 4096;
/** /dev/null: how a variable or a flag says that there is no such file. On Linux; elsewhere no device is taken. */
const nullDevice = 0x103;
/** How long a pipe may take, for whoever unlocks a password store meanwhile, and between two looks. Milliseconds. */
const pipePatience = 60_000;
const pipeInterval = 10;

/** How a file is read. */
export interface ReadOptions {
  /** Whether a pipe is taken too, which somebody writes into meanwhile: `<(pass show vault)`. */
  readonly pipe?: boolean;
  /** It is a secret: who must not be able to read it. */
  readonly secretFrom?: "group and others" | "others";
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
export function readRegular(path: string, limit: number, options: ReadOptions = {}): Uint8Array {
  try {
    // Looked at before it is opened: opening can itself do something to a device.
    assertReadable(statSync(path), limit, options);
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      assertReadable(stats, limit, options);
      assertSecret(stats, path, options);
      return readToEnd(file, stats, limit);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const code = errorCode(cause);
    throw code === undefined ? cause : new Error(reasons[code] ?? diskReason(cause), { cause });
  }
}

/** Error codes of system calls, in the words for a file that is read. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  ELOOP: "its symbolic links lead in a circle",
};

/** The text of a file that kso itself wrote; undefined for what is gone, is no file any more, or has grown beyond the limit. */
export function ownText(path: string, limit: number = textLimit): string | undefined {
  try {
    assertReadable(statSync(path), limit, {});
    // Nobody else puts a pipe in its place meanwhile; there may be thousands of such files, and this is the fast way.
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function assertReadable(stats: Stats, limit: number, { pipe }: ReadOptions): void {
  if ((stats.isFIFO() && pipe) || stats.rdev === nullDevice) return;
  if (!stats.isFile()) throw new Error(`it is no file but a ${kindOf(stats)}`);
  if (stats.size > limit) throw new Error(`it has ${stats.size} bytes, and at most ${limit} are read`);
}

/** As ssh does with private keys: what others could have read is not gone on with. */
function assertSecret({ mode }: Stats, path: string, { secretFrom }: ReadOptions): void {
  // Windows has access lists in place of a mode, which says nothing there.
  if (platform() === "win32") return;
  const forbidden = secretFrom === undefined ? 0 : secretFrom === "others" ? 0o007 : 0o077;
  if ((mode & forbidden) === 0) return;
  const fix = `run chmod ${secretFrom === "others" ? "o=" : "600"} ${path}, and make a new one if somebody may have read it`;
  throw new Error(`it is a secret that ${secretFrom} can use (mode ${(mode & 0o777).toString(8)}); ${fix}`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "folder";
  if (stats.isFIFO()) return "pipe";
  return stats.isSocket() ? "socket" : "device";
}

/** Reads until nothing comes: a file may grow meanwhile, and those of /proc state no size. */
function readToEnd(file: number, stats: Stats, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const deadline = performance.now() + pipePatience;
  let size = 0;
  for (let room = Math.max(stats.size, step); ; room = step) {
    const part = new Uint8Array(Math.min(room, limit - size) + 1);
    const read = stats.isFIFO() ? readPipe(file, part, deadline) : readSync(file, part, 0, part.length, null);
    // Of a file that states its size a read that does not fill the room was the last.
    if (size === 0 && stats.size > 0 && read < part.length && read <= limit) return part.subarray(0, read);
    if (read === 0) break;
    parts.push(part.subarray(0, read));
    size += read;
    if (size > limit) throw new Error(`it has more than the ${limit} bytes that are read`);
  }
  return Buffer.concat(parts);
}

/** Waits for what comes next out of a pipe that was opened without blocking. */
function readPipe(file: number, part: Uint8Array, deadline: number): number {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (performance.now() < deadline) {
    try {
      return readSync(file, part, 0, part.length, null);
    } catch (cause) {
      if (errorCode(cause) !== "EAGAIN") throw cause;
      Atomics.wait(pause, 0, 0, pipeInterval);
    }
  }
  throw new Error(`the pipe has not ended within ${pipePatience / 1000} seconds`);
}
