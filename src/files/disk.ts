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

/** Those that a place or this machine's limits cause, whoever is asked. */
const furtherReasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOTEMPTY: "somebody else wrote there meanwhile",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long for that file system",
  EMFILE: "too many files are open; allow more (ulimit -n)",
  ENFILE: "too many files are open on this machine",
  ETXTBSY: "it is a program that runs",
  EXDEV: "it is on another file system",
};

const words: Readonly<Record<string, string>> = { ...reasons, ...furtherReasons };

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
  return words[errorCode(cause) ?? ""] ?? messageOf(cause);
}

/** A system call's failure that nobody put into words, with words, where its code has some: the caller's doing, and no fault of kso. */
export function explainSystemError(thrown: unknown): KsoError | undefined {
  const { code = "", path, dest, syscall = "use" } = thrown as Partial<NodeJS.ErrnoException & { dest: string }>;
  if (!(thrown instanceof Error && Object.hasOwn(words, code))) return undefined;
  const place = [path, dest].filter((name) => name !== undefined).join(" as ");
  return new KsoError("usage", `Cannot ${syscall} ${place || "a file"}: ${diskReason(thrown)}`, thrown);
}

/**
 * A disk's failure in words that say what to do, for the codes that have words: then it is `usage`, for another place or more room
 * helps, and `unexpected` otherwise. A KsoError stays as it is.
 */
export function diskError(problem: string, cause: unknown, advice?: DiskAdvice): KsoError {
  if (cause instanceof KsoError) return cause;
  const code = errorCode(cause) ?? "";
  const hint = Object.hasOwn(reasons, code) ? (typeof advice === "string" ? advice : advice?.[code]) : undefined;
  return new KsoError(
    Object.hasOwn(words, code) ? "usage" : "unexpected",
    `${problem}: ${diskReason(cause)}${hint === undefined ? "" : `; ${hint}`}`,
    cause,
  );
}
