// One small file so that nothing half-written is ever seen under its name.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { diskError, writeFlushed } from "./disk.ts";
import { isAlive, ownerTag } from "./owner.ts";

/** Beside, flushed, renamed. @throws KsoError `usage` for what is no file, `unexpected` where the disk refuses. */
export async function writeAtomic(path: string, content: string): Promise<void> {
  // A rename would replace a device or a pipe by a file.
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new KsoError("usage", `Cannot write ${path}: it is there and not a file`);
  const beside = `${path}.kso-${ownerTag()}`;
  try {
    sweep(path);
    await writeFlushed(beside, content);
    fs.renameSync(beside, path);
  } catch (cause) {
    fs.rmSync(beside, { force: true });
    throw diskError(`Cannot write ${path}`, cause);
  }
}

/** The same at once and without a flush, for what may be made anew. Throws what the disk says. */
export function replaceFile(path: string, content: string, mode?: number): void {
  const beside = `${path}.kso-${ownerTag()}`;
  try {
    sweep(path);
    fs.writeFileSync(beside, content, { mode: mode ?? 0o666 });
    // A mode that is named counts whatever the umask is.
    if (mode !== undefined) fs.chmodSync(beside, mode);
    fs.renameSync(beside, path);
  } finally {
    fs.rmSync(beside, { force: true });
  }
}

/** What runs left behind that were killed between the write and the rename. */
function sweep(path: string): void {
  const start = `${basename(path)}.kso-`;
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(start) && isAlive(name.slice(start.length)) === false)
      fs.rmSync(join(dirname(path), name), { force: true });
}
