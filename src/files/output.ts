// Files that a user asks for with -o: written under another name, flushed, then renamed. After a failure what was there
// is as it was.
import { basename, dirname, join, resolve } from "node:path";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { commitFlushed, removeAbandoned, writeFlushed } from "./atomic.ts";
import { diskError, errorCode } from "./disk.ts";
import { ownerTag } from "./owner.ts";

/** One text file of an output, relative to the output directory. */
export interface OutputFile {
  readonly path: string;
  readonly content: string;
  /** True for scripts, which are written with mode 0755 instead of 0644. */
  readonly executable?: boolean;
}

const placeAdvice = "name another place with -o";
const permissionAdvice = "name a place you may write to with -o";
const outputAdvice = {
  ENOSPC: `free some or ${placeAdvice}`,
  EDQUOT: `free some space or ${placeAdvice}`,
  EFBIG: "use --split SIZE",
  EACCES: permissionAdvice,
  EPERM: permissionAdvice,
  EROFS: placeAdvice,
  ENOTDIR: placeAdvice,
};

/** What went wrong with an output, with what to do. A KsoError stays as it is. */
export function outputError(output: string, cause: unknown): KsoError {
  return diskError(`Cannot write to ${output}`, cause, outputAdvice);
}

/** The files of a directory, and the names there of which those that are not written are removed. */
export interface OutputDirectory {
  readonly files: readonly OutputFile[];
  readonly owns: RegExp;
  /** The folders in it whose files are cleared away likewise. */
  readonly folders?: readonly string[];
  /** Ends the work before anything is in its place. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the files into the directory, creating it where it is missing. Files whose names `owns` matches and that are not
 * among them are removed. After a failure the directory is as it was. What dead runs left is removed.
 * @throws KsoError `usage` when the path is not a directory, or cannot be written.
 */
export async function writeOutputDirectory(path: string, output: OutputDirectory): Promise<void> {
  const target = resolve(path);
  const existing = await statOf(target);
  if (existing && !existing.isDirectory())
    throw new KsoError("usage", `Cannot write to ${path}: it is a file; name a directory with -o`);
  // Beside the target where that is new, inside it where it exists: a rename never leaves the file system.
  const parent = existing ? target : dirname(target);
  const staging = stagingIn(parent, target);
  try {
    if (!existing) await fs.ensureDir(parent);
    removeAbandoned(parent, stagingPrefix(target));
    await fs.mkdir(staging);
    await stageFiles(staging, output);
    if (existing) await replaceFiles(staging, target, output);
    else await fs.rename(staging, target);
  } catch (cause) {
    throw outputError(path, cause);
  } finally {
    await fs.remove(staging).catch(() => undefined);
  }
}

/** Writes one file. @throws KsoError `usage` when the path is a directory, or cannot be written. */
export async function writeOutputFile(path: string, content: string): Promise<void> {
  const existing = await statOf(resolve(path));
  if (existing && !existing.isFile())
    throw new KsoError(
      "usage",
      `Cannot write to ${path}: it is ${existing.isDirectory() ? "a directory" : "no file"}; name a file with -o`,
    );
  // A link stays one.
  const target = existing ? fs.realpathSync(path) : resolve(path);
  try {
    await fs.ensureDir(dirname(target));
    removeAbandoned(dirname(target), stagingPrefix(target));
    await commitFlushed({ staging: stagingIn(dirname(target), target), path: target }, content);
  } catch (cause) {
    throw outputError(path, cause);
  }
}

async function stageFiles(staging: string, { files, signal }: OutputDirectory): Promise<void> {
  for (const { path, content, executable } of files) {
    signal?.throwIfAborted();
    await fs.ensureDir(dirname(join(staging, path)));
    await writeFlushed(join(staging, path), content, executable ? 0o755 : 0o644);
  }
}

async function replaceFiles(staging: string, target: string, output: OutputDirectory): Promise<void> {
  const { files, folders = [] } = output;
  for (const { path } of files) {
    await fs.ensureDir(dirname(join(target, path)));
    await fs.rename(join(staging, path), join(target, path));
  }
  for (const folder of ["", ...folders]) await removeOthers(target, folder, output);
  for (const folder of folders)
    if ((await fs.readdir(join(target, folder))).length === 0) await fs.rmdir(join(target, folder));
}

/** Removes from a folder the files that are its writer's by their names, and that were not written now. */
async function removeOthers(target: string, folder: string, { files, owns }: OutputDirectory): Promise<void> {
  const written = new Set(files.map(({ path }) => path));
  // A folder of such a name is nobody's but its user's.
  for (const entry of await fs.readdir(join(target, folder), { withFileTypes: true }))
    if (owns.test(entry.name) && !written.has(join(folder, entry.name)) && !entry.isDirectory())
      await fs.remove(join(target, folder, entry.name));
}

function stagingPrefix(target: string): string {
  return `.${basename(target)}.kso-`;
}

function stagingIn(parent: string, target: string): string {
  return join(parent, `${stagingPrefix(target)}${ownerTag()}`);
}

async function statOf(path: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.stat(path);
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return undefined;
    const { message } = outputError(path, cause);
    throw new KsoError("usage", message, cause);
  }
}
