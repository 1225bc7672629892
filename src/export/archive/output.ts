// The place where an archive is to stand: is it fit, is there room, and what did a run that died leave behind?
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import { size } from "../../core/size.ts";
import { outputError } from "../../files/output.ts";
import { isAlive } from "../../files/owner.ts";

export interface ArchivePath {
  /** What the user called it. */
  readonly output: string;
  /** Where it goes: a link is followed, so that it stays one. */
  readonly directory: string;
  readonly name: string;
}

/** @throws KsoError `usage` when no file can stand there. */
export function resolveArchivePath(output: string): ArchivePath {
  const refuse = (reason: string): KsoError => new KsoError("usage", `Cannot write to ${output}: ${reason}`);
  let path = output;
  try {
    if (lstatSync(output, { throwIfNoEntry: false })?.isSymbolicLink()) path = realpathSync(output);
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() || output.endsWith("/")) throw refuse("it is a directory; name a file with -o");
    if (there && !there.isFile()) throw refuse("it is not a file; name one with -o");
    const parent = statSync(dirname(path), { throwIfNoEntry: false });
    if (!parent) throw refuse(`the directory ${dirname(path)} does not exist; create it first`);
    if (!parent.isDirectory()) throw refuse(`${dirname(path)} is not a directory; name another place with -o`);
  } catch (cause) {
    throw cause instanceof KsoError ? cause : refuse(messageOf(cause));
  }
  return { output, directory: dirname(path), name: basename(path) };
}

/** @throws KsoError `usage` when no directory can stand there. */
export function checkOutputDirectory(output: string): void {
  const refuse = (reason: string): KsoError =>
    new KsoError("usage", `Cannot write to ${output}: ${reason}; name a directory with -o`);
  for (let path = output; ; path = dirname(path)) {
    let there: Stats | undefined;
    try {
      there = statSync(path, { throwIfNoEntry: false });
    } catch (cause) {
      // Something above it is a file, which is found there.
      if ((cause as NodeJS.ErrnoException).code !== "ENOTDIR") throw refuse(messageOf(cause));
    }
    if (there && !there.isDirectory()) throw refuse(path === output ? "it is a file" : `${path} is a file`);
    if (there || dirname(path) === path) return;
  }
}

/**
 * Makes the directory that is written into, where it is missing.
 * @returns takes it away again, where it was made and is empty.
 * @throws KsoError `usage` when there can be none, `unexpected` when it cannot be made.
 */
export function createOutputDirectory(output: string): () => void {
  checkOutputDirectory(output);
  try {
    const made = mkdirSync(output, { recursive: true });
    return () => {
      if (made !== undefined && readdirSync(output).length === 0) rmdirSync(output);
    };
  } catch (cause) {
    throw outputError(output, cause);
  }
}

/** Removes what runs left behind that wrote to this place and are no more. @throws KsoError `unexpected` when it may not. */
export function removeStaleFiles({ output, directory, name }: ArchivePath): void {
  try {
    for (const entry of readdirSync(directory)) {
      if (!entry.startsWith(`.${name}`)) continue;
      const [, tag] = /^(?:\.\d{3}|\.volumes\.json)?\.kso-([^.]+)$/.exec(entry.slice(name.length + 1)) ?? [];
      if (tag !== undefined && isAlive(tag) === false) rmSync(join(directory, entry), { force: true });
    }
  } catch (cause) {
    throw outputError(output, cause);
  }
}

/** @throws KsoError `unexpected` when so many bytes do not fit. */
export function checkSpace({ output, directory }: ArchivePath, bytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new KsoError(
    "unexpected",
    `Cannot write to ${output}: ${size(bytes)} are needed (${bytes} bytes) and ${size(free)} are free (${free} bytes); free some or name another place with -o`,
  );
}
