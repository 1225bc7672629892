// A copy that shares its bytes with the original until either is written to, on file systems that can (btrfs, XFS).
import { constants, copyFileSync } from "node:fs";

/**
 * Makes such a copy.
 * @returns false where the file system or the runtime cannot: Deno would copy byte by byte without saying so.
 */
export function clone(from: string, to: string): boolean {
  if ("Deno" in globalThis) return false;
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
}
