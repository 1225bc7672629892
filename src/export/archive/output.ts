// The path that an export is written to: checks it and the room there, and removes what a killed run left behind.
import { lstatSync, mkdirSync, readdirSync, realpathSync, rmdirSync, rmSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import { formatSize } from "../../core/size.ts";
import { errorCode, freeBytes } from "../../files/disk.ts";
import { outputError } from "../../files/output.ts";
import { isAlive } from "../../files/owner.ts";

/** The path of an archive. */
export interface ArchivePath {
  /** As the user wrote it. */
  readonly output: string;
  /** Where the archive goes: a symbolic link is followed, so that it stays one. */
  readonly directory: string;
  readonly name: string;
}

/** Takes the path of an archive as the user wrote it. @throws KsoError `usage` when no file can be written there. */
export function resolveArchivePath(output: string): ArchivePath {
  const refuse = (reason: string): KsoError => new KsoError("usage", `Cannot write to ${output}: ${reason}`);
  let path = output;
  try {
    if (lstatSync(output, { throwIfNoEntry: false })?.isSymbolicLink()) path = realpathSync(output);
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory() || output.endsWith("/")) throw refuse("it is a directory; name a file with -o");
    if (existing && !existing.isFile()) throw refuse("it is not a file; name one with -o");
    const parent = statSync(dirname(path), { throwIfNoEntry: false });
    if (!parent) throw refuse(`the directory ${dirname(path)} does not exist; create it first`);
    if (!parent.isDirectory()) throw refuse(`${dirname(path)} is not a directory; name another place with -o`);
  } catch (cause) {
    throw cause instanceof KsoError ? cause : refuse(messageOf(cause));
  }
  return { output, directory: dirname(path), name: basename(path) };
}

/** Checks the path of an output directory. @throws KsoError `usage` when it is no directory and none can be made. */
export function checkOutputDirectory(output: string): void {
  const refuse = (reason: string): KsoError =>
    new KsoError("usage", `Cannot write to ${output}: ${reason}; name a directory with -o`);
  for (let path = output; ; path = dirname(path)) {
    let existing: Stats | undefined;
    try {
      existing = statSync(path, { throwIfNoEntry: false });
    } catch (cause) {
      // A path above it is a file, which a later turn finds.
      if (errorCode(cause) !== "ENOTDIR") throw refuse(messageOf(cause));
    }
    if (existing && !existing.isDirectory()) throw refuse(path === output ? "it is a file" : `${path} is a file`);
    if (existing || dirname(path) === path) return;
  }
}

/**
 * Makes the output directory where it is missing.
 * @returns a function that removes it again, where it was made here and is empty.
 * @throws KsoError `usage` when no directory can be there, or it cannot be made.
 */
export function createOutputDirectory(output: string): () => void {
  checkOutputDirectory(output);
  try {
    const created = mkdirSync(output, { recursive: true });
    return () => {
      if (created !== undefined && readdirSync(output).length === 0) rmdirSync(output);
    };
  } catch (cause) {
    throw outputError(output, cause);
  }
}

/** Removes staging files of this archive whose process is gone. @throws KsoError `usage` when that is not permitted. */
export function removeStaleFiles({ output, directory, name }: ArchivePath): void {
  try {
    for (const entry of readdirSync(resolve(directory))) {
      if (!entry.startsWith(`.${name}`)) continue;
      const [, tag] = /^(?:\.\d{3}|\.volumes\.json)?\.kso-([^.]+)$/.exec(entry.slice(name.length + 1)) ?? [];
      if (tag !== undefined && isAlive(tag) === false) rmSync(join(directory, entry), { force: true });
    }
  } catch (cause) {
    throw outputError(output, cause);
  }
}

/** Checks that so many bytes fit into the directory. @throws KsoError `usage` when they do not. */
export function checkSpace({ output, directory }: Omit<ArchivePath, "name">, bytes: number): void {
  const free = freeBytes(directory);
  if (free >= bytes) return;
  throw new KsoError(
    "usage",
    `Cannot write to ${output}: ${formatSize(bytes)} are needed (${bytes} bytes) and ${formatSize(free)} are free (${free} bytes); free some or name another place with -o`,
  );
}
