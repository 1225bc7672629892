// Files that kso did not write: one is replaced only where the user says so, and then kept beside its place.
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { KsoError } from "../core/errors.ts";
import { diskError } from "./disk.ts";
import { statsAt } from "./stats.ts";

/** So much of a file shows who wrote it. Bytes. */
const startLength = 4096;

/** Is a file there that does not begin as kso's do? An empty one is nobody's. */
export function isForeign(path: string, mark: RegExp): boolean {
  return isFilled(path) && !mark.test(startOf(path));
}

/** Is there a file with something in it? */
export function isFilled(path: string): boolean {
  const stats = statsAt(path);
  return stats?.isFile() === true && stats.size > 0;
}

/** The files of a directory, of those whose names match, that have something in them. */
export function filledIn(directory: string, names: RegExp): string[] {
  if (!statsAt(directory)?.isDirectory()) return [];
  return readdirSync(resolve(directory))
    .filter((name) => names.test(name))
    .map((name) => join(directory, name))
    .filter(isFilled);
}

/** The folders of a directory, without what links lead to. */
export function foldersIn(directory: string): string[] {
  if (!statsAt(directory)?.isDirectory()) return [];
  return readdirSync(resolve(directory), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

function startOf(path: string): string {
  const start = new Uint8Array(startLength);
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return new TextDecoder().decode(start.subarray(0, readSync(file, start, 0, start.length, 0)));
  } finally {
    closeSync(file);
  }
}

/** How a JSON document of kso's begins: with its schema. `kind` is `lock` or the like. */
export function jsonMark(kind: string): RegExp {
  return new RegExp(`^\\s*\\{\\s*"schema":\\s*"kso\\.${kind}/`);
}

/** Is it a JSON document that kso wrote? */
export function isOwnDocument(path: string, kind: string): boolean {
  return isFilled(path) && !isForeign(path, jsonMark(kind));
}

/**
 * Checks that nothing which kso did not write is replaced against the user's will.
 * @throws KsoError `usage` naming the first file, or what is in the way of keeping it.
 */
export function assertReplaceable(foreign: readonly string[], force: boolean): void {
  const [path] = foreign;
  if (path === undefined) return;
  if (!force)
    throw new KsoError(
      "usage",
      `Cannot write ${path}: there is one already that kso did not write; name another place, or replace it with --force, which keeps it as ${keptAs(path)}`,
    );
  for (const other of foreign)
    if (lstatSync(keptAs(other), { throwIfNoEntry: false }) && !isKept(other))
      throw new KsoError("usage", `Cannot keep what --force replaces: ${keptAs(other)} is there already; move it away`);
}

/**
 * Does work that replaces files, each of which is kept under its further name; after a failure nothing is.
 * @throws whatever the work throws, and KsoError `usage` where a file cannot be kept.
 */
export async function keeping<T>(foreign: readonly string[], work: () => Promise<T>): Promise<T> {
  const kept: string[] = [];
  try {
    for (const path of foreign) {
      if (!isKept(path)) keep(path, keptAs(path));
      kept.push(keptAs(path));
    }
    return await work();
  } catch (cause) {
    for (const path of kept) rmSync(path, { force: true });
    throw cause;
  }
}

/** Has a run that was killed kept the file already, and not replaced it? */
function isKept(path: string): boolean {
  const [one, other] = [path, keptAs(path)].map((name) => lstatSync(name, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** The name under which a replaced file is kept. */
export function keptAs(path: string): string {
  return `${path}.bak`;
}

/** What there is to say about a file that was replaced. */
export function keptSentence(path: string): string {
  return `what was ${path} is kept as ${keptAs(path)}`;
}

/** A further name for the same file: the old one stays until something is renamed over it. */
function keep(path: string, kept: string): void {
  try {
    linkSync(path, kept);
  } catch {
    // Some file systems have no links, and a link to a link is none.
    try {
      copyFileSync(path, kept, constants.COPYFILE_EXCL);
    } catch (cause) {
      throw diskError(`Cannot keep ${path} as ${kept}`, cause);
    }
  }
}
