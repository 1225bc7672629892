// What every use of the disk needs: how much room there is, and words for what went wrong.
import { statfsSync } from "node:fs";
import { KsoError, messageOf } from "../core/errors.ts";

/** What to do about a failure: one advice for all, or one for each error code. */
export type DiskAdvice = string | Readonly<Record<string, string>>;

/** What to do about a store without room. */
export const roomAdvice = "free some space or name another one with --store";

/** Error codes of system calls, in words. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on that file system",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  ENXIO: "nobody reads that pipe",
  EFBIG: "the file system does not take files of that size",
};

/** Bytes that this user may still write to the file system that holds the directory. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** `ENOENT` and the like, of a failed system call. */
export function errorCode(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

/** Whether a failure is the disk's, and not that of the source of the bytes. */
export function isDiskError(thrown: unknown): boolean {
  const code = errorCode(thrown) ?? "";
  return Object.hasOwn(reasons, code) || code === "EIO" || code === "EBADF";
}

/** Why the disk refused, in words where the error code has some, else as the system says it. */
export function diskReason(cause: unknown): string {
  return reasons[errorCode(cause) ?? ""] ?? messageOf(cause);
}

/** A disk's failure in words that say what to do, for the codes that have words. A KsoError stays as it is. */
export function diskError(problem: string, cause: unknown, advice?: DiskAdvice): KsoError {
  if (cause instanceof KsoError) return cause;
  const code = errorCode(cause) ?? "";
  const hint = Object.hasOwn(reasons, code) ? (typeof advice === "string" ? advice : advice?.[code]) : undefined;
  return new KsoError("unexpected", `${problem}: ${diskReason(cause)}${hint === undefined ? "" : `; ${hint}`}`, cause);
}
