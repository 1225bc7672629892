// An output is never an input: whether what a run writes is, holds, or lies in what it reads, whatever names lead there.
import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { KsoError } from "../core/errors.ts";

/** A file or folder that a command line names, with the flag or word that does. */
export interface NamedPath {
  readonly flag: string;
  readonly path: string;
}

/** What is read. */
export interface InputPath extends NamedPath {
  /** Everything below it belongs to it: a bundle that was unpacked, an inventory, a store. */
  readonly isTree?: boolean;
  /** kso writes below it whatever it likes: a store. */
  readonly isKept?: boolean;
}

/** What is written. */
export interface OutputPath extends NamedPath {
  /** The names directly below it that are written to, where it is a directory. */
  readonly owns?: RegExp;
}

/** Where a run leaves what could not be fetched: beside its lock. */
export function failuresBeside(lockPath: string): string {
  return join(dirname(lockPath), "failures.json");
}

/** So many links one after the other lead nowhere. */
const maxLinks = 40;

/**
 * Checks that an output is apart from an input.
 * @throws KsoError `usage` naming both, where writing the one would touch the other.
 */
export function assertApart(output: OutputPath, input: InputPath): void {
  const [written, read] = [canonical(output.path), canonical(input.path)];
  const what = `${input.flag} (${input.path})`;
  const refuse = (relation: string): KsoError =>
    new KsoError(
      "usage",
      `Cannot write to ${output.path} (${output.flag}): it ${relation} ${what}, and an output is never an input; name another place`,
    );
  if (written === read || isSameFile(written, read)) throw refuse("is also");
  if (isCompanion(written, read)) throw refuse("would replace");
  if (input.isTree && isInside(written, read)) throw refuse("lies inside");
  if (output.owns && isInside(read, written)) {
    const [first = ""] = relative(written, read).split(sep);
    if (input.isKept || output.owns.test(first)) throw refuse("holds");
  }
}

/** The path without links, also of what is not there yet. */
function canonical(path: string, links = 0): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    if (parent === absolute || links > maxLinks) return absolute;
    const target = linkTarget(absolute);
    if (target !== undefined) return canonical(resolve(parent, target), links + 1);
    return join(canonical(parent, links), basename(absolute));
  }
}

/** Where a link leads that leads to nothing yet. */
function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Are they two names of one file? */
function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => {
    try {
      return statSync(path, { bigint: true });
    } catch {
      return undefined; // what cannot be looked at is refused by whoever opens it
    }
  });
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function isInside(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Is the one a volume of the other, or of one archive with it, or the name under which it is staged or kept? */
function isCompanion(written: string, read: string): boolean {
  if (dirname(written) !== dirname(read)) return false;
  const [name, other] = [basename(written), basename(read)];
  if (other === `${name}.bak` || other.startsWith(`.${name}.kso-`) || other.startsWith(`${name}.kso-`)) return true;
  return archiveName(name) === archiveName(other);
}

/** `bundle.tar` of `bundle.tar.001` and `bundle.tar.volumes.json`, also while they are staged. */
function archiveName(name: string): string {
  return name.replace(/^\.(.+)\.kso-[^.]+$/s, "$1").replace(/(?<=.)\.(?:\d{3,}|volumes\.json)$/s, "");
}
