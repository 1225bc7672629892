// What kso writes is read back before it gets its name, with the readers of whoever receives it: nothing is sealed that cannot be opened.
import { KsoError, messageOf } from "../core/errors.ts";
import { blobsOf, formatLock, type Lock } from "../core/lock.ts";
import { parseLock } from "./lock.ts";
import { bundleIn } from "./open.ts";
import { openParts } from "./open-archive.ts";
import type { Part } from "./volumes.ts";

/**
 * The text of a lock that is written to `path`.
 * @throws KsoError `unexpected` naming the field that no reader would take.
 */
export function checkedLock(lock: Lock, path: string): string {
  const text = formatLock(lock);
  try {
    parseLock(text, "its lock");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return text;
}

/**
 * Opens an archive that is written and has no name yet; of its content, headers, lock and index are read. `path` is its later name.
 * @throws KsoError `unexpected` where it cannot be opened, or lacks what its lock names.
 */
export function readBack(path: string, parts: readonly Part[]): void {
  try {
    const { archive, fault } = openParts(path, parts);
    if (fault) throw fault;
    const { lock, archives, locate, locateFile } = bundleIn(archive);
    // A delta leaves out what its base has.
    if (archives.some(({ base }) => base !== undefined)) return;
    const missing =
      blobsOf(lock).find(({ digest }) => !locate(digest))?.digest ??
      lock.files.find((file) => !locateFile(`files/${file.path}`))?.path ??
      lock.binaries?.find(({ name }) => !locateFile(`kso/${name}`))?.name;
    if (missing !== undefined) throw new KsoError("verify", `it lacks ${missing}`);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): KsoError {
  return new KsoError("unexpected", `Cannot write ${path}: it could not be read again: ${messageOf(cause)}`, cause);
}
