// Files that appear whole or not at all: written under a name beside the final one, flushed where that matters, renamed.

import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { platform } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { diskError } from "./disk.ts";
import { isAlive, ownerTag } from "./owner.ts";
import { statsAt } from "./stats.ts";

/** Where a file is written before it gets its name; both lie on one file system. */
export interface StagedFile {
  readonly staging: string;
  readonly path: string;
  /** The permission bits, whatever the umask says; 0o644 less the umask where absent. */
  readonly mode?: number;
}

/**
 * Writes a file that a user named, flushed, and removes what dead runs left beside it.
 * @throws KsoError `usage` for what is no regular file, and where the disk refuses.
 */
export async function writeAtomic(path: string, content: string): Promise<void> {
  // A rename would replace a device or a pipe by a file.
  const existing = statsAt(path);
  if (existing && !existing.isFile()) throw new KsoError("usage", `Cannot write ${path}: it is there and not a file`);
  try {
    // A link stays one.
    const place = existing ? fs.realpathSync(path) : path;
    removeAbandoned(dirname(place), stagingPrefix(place));
    await commitFlushed({ staging: stagingPath(place), path: place }, content);
  } catch (cause) {
    throw diskError(`Cannot write ${path}`, cause);
  }
}

/** Does what {@link writeAtomic} does, synchronously and without a flush, for content that can be made again. Throws what the disk says. */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  removeAbandoned(dirname(path), stagingPrefix(path));
  commitSync({ staging: stagingPath(path), path, ...(mode !== undefined && { mode }) }, content);
}

/** Writes the staged file, flushes it and renames it. Throws what the disk says; then nothing is left of it. */
export async function commitFlushed({ staging, path, mode }: StagedFile, content: string | Uint8Array): Promise<void> {
  try {
    await writeFlushed(staging, content, mode);
    fs.renameSync(staging, path);
  } catch (cause) {
    rmSync(staging, { force: true });
    throw cause;
  }
}

/** Does what {@link commitFlushed} does, synchronously and without a flush. */
export function commitSync({ staging, path, mode }: StagedFile, content: string | Uint8Array): void {
  try {
    fs.writeFileSync(staging, content, { mode: mode ?? 0o666 });
    // A mode that is named counts whatever the umask is.
    if (mode !== undefined) fs.chmodSync(staging, mode);
    fs.renameSync(staging, path);
  } catch (cause) {
    rmSync(staging, { force: true });
    throw cause;
  }
}

/** Writes a small file and flushes it. */
export async function writeFlushed(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const handle = await open(path, "w", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes the names in a directory: without this they could be lost with the power. Windows opens no directories, and keeps a journal of names. */
export function flushDirectory(path: string): void {
  if (platform() === "win32") return;
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** The name beside a path under which this process writes it. */
export function stagingPath(path: string): string {
  return join(dirname(path), `${stagingPrefix(path)}${ownerTag()}`);
}

function stagingPrefix(path: string): string {
  return `${basename(path)}.kso-`;
}

/** Removes what dead processes left: the files and directories that are named the prefix and their {@link ownerTag}. */
export function removeAbandoned(directory: string, prefix: string): void {
  for (const name of abandonedIn(directory, prefix)) rmSync(join(directory, name), { recursive: true, force: true });
}

/** The names that dead processes left: the prefix and their {@link ownerTag}. */
export function abandonedIn(directory: string, prefix: string): string[] {
  return readdirSync(resolve(directory)).filter(
    (name) => name.startsWith(prefix) && isAlive(name.slice(prefix.length)) === false,
  );
}
