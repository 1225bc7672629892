// The few things that every write to disk needs: flushing, room, and words for what went wrong.
import { open, statfs } from "node:fs/promises";
import { KsoError, messageOf } from "../core/errors.ts";

/** Writes a small file and flushes it. */
export async function writeFlushed(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, "w", 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes that this user may still write to the file system that holds the directory. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Number(bavail) * Number(bsize);
}

/** `ENOENT` and the like, of a failed system call. */
export function errorCode(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on that file system",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  EFBIG: "the file system does not take files of that size",
};

/** Did the disk refuse, and not whatever the bytes came from? */
export function isDiskError(thrown: unknown): boolean {
  return [...Object.keys(words), "EIO", "EBADF"].includes(errorCode(thrown) ?? "");
}

/** What to do about a store without room. */
export const roomAdvice = "free some space or name another one with --store";

/** A disk's failure in words that say what to do. `hint` follows after a semicolon. */
export function diskError(what: string, cause: unknown, hint?: string): KsoError {
  if (cause instanceof KsoError) return cause;
  const known = words[errorCode(cause) ?? ""];
  return new KsoError("unexpected", `${what}: ${known ?? messageOf(cause)}${known && hint ? `; ${hint}` : ""}`, cause);
}
