// One small file so that nothing half-written is ever seen under its name.
import { statSync } from "node:fs";
import process from "node:process";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { diskError, writeFlushed } from "../store/disk.ts";

/** Beside, flushed, renamed. @throws KsoError `usage` for what is no file, `unexpected` where the disk refuses. */
export async function writeBeside(path: string, content: string): Promise<void> {
  // A rename would replace a device or a pipe by a file.
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new KsoError("usage", `Cannot write ${path}: it is there and not a file`);
  const beside = `${path}.kso-${process.pid}`;
  try {
    await writeFlushed(beside, content);
    fs.renameSync(beside, path);
  } catch (cause) {
    fs.rmSync(beside, { force: true });
    throw diskError(`Cannot write ${path}`, cause);
  }
}
