// Reads the files of a checkout or an inventory: only inside the folders named, and within limits of size and number.
import { isUtf8 } from "node:buffer";
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { KsoError, messageOf } from "../core/errors.ts";
import { readBytes, readRegular } from "../files/read.ts";

/** Bytes that one file may have; kubespray's largest has 0.3 MB. */
const maxBytes = 8 * 1024 * 1024;
/** Files that may be read in one folder. */
const maxFiles = 5000;
/** Folders that may be listed below one folder; links may make a loop. */
const maxListings = 20_000;

/** Where symbolic links may lead. */
export interface LinkOptions {
  /** Folders that links may lead into, besides the folder itself; default: none. */
  readonly targets?: readonly string[];
  /** Whether they may lead anywhere. */
  readonly anywhere?: boolean;
  /** What a user can do about a link that leads elsewhere. */
  readonly advice?: string;
}

/** A folder to read from; paths are relative to it, with slashes. */
export class Folder {
  readonly path: string;
  readonly #root: string;
  readonly #links: LinkOptions;
  readonly #roots: readonly string[];
  #filesRead = 0;
  #listings = 0;
  constructor(path: string, links: LinkOptions) {
    this.path = path;
    this.#root = realpathSync(path);
    this.#links = links;
    this.#roots = [path, ...(links.targets ?? [])].map((target) => realpathSync(target));
  }

  /**
   * What lies at a path; undefined for nothing, also below a file.
   * @throws KsoError `unresolvable` for what nobody may read, and for a link that leads outside or to nothing.
   */
  kind(path: string): "file" | "folder" | undefined {
    const stats = this.#stats(path)?.stats;
    return stats?.isDirectory() ? "folder" : stats?.isFile() ? "file" : undefined;
  }

  /** The text of a file. @throws KsoError `unresolvable` for what is not a file, lies outside, is too large, or no such text. */
  read(path: string, decode: (bytes: Uint8Array) => string = decodeUtf8): string {
    const found = this.#stats(path);
    const full = join(this.path, path);
    if (!found) throw unreadable(full, "there is no such file");
    if (++this.#filesRead > maxFiles) throw unreadable(this.path, `it has more than ${maxFiles} files to read`);
    try {
      return decode(readRegular(found.real, maxBytes));
    } catch (cause) {
      throw unreadable(full, messageOf(cause), cause);
    }
  }

  /** Names in a folder, sorted; none where there is none. @throws KsoError `unresolvable` for what nobody may read. */
  list(path: string): readonly string[] {
    const found = this.#stats(path);
    if (!found?.stats.isDirectory()) return [];
    if (++this.#listings > maxListings) throw unreadable(this.path, `it has more than ${maxListings} folders to read`);
    try {
      return readdirSync(found.real).sort();
    } catch (cause) {
      throw unreadable(join(this.path, path), messageOf(cause), cause);
    }
  }

  /** Where a path leads and what is there. @throws KsoError `unresolvable` for a link that leads outside. */
  #stats(path: string): { readonly real: string; readonly stats: Stats } | undefined {
    const full = join(this.#root, path);
    if (!isThere(full)) return undefined;
    let real: string;
    try {
      real = realpathSync(full);
    } catch (cause) {
      const dangling = errorCode(cause) === "ENOENT" || errorCode(cause) === "ENOTDIR";
      throw unreadable(full, dangling ? "it is a link to nothing" : messageOf(cause), cause);
    }
    const { anywhere = false, advice } = this.#links;
    if (!(anywhere || this.#roots.some((root) => real === root || real.startsWith(root + sep))))
      throw unreadable(full, `it leads to ${real}, outside ${this.path}${advice === undefined ? "" : `; ${advice}`}`);
    return { real, stats: statSync(real) };
  }
}

/** The text of a file that a flag names; a link may lead anywhere. @throws KsoError `usage` naming path, flag and reason. */
export function readNamed(path: string, flag: string): string {
  const bytes = readBytes(path, flag, maxBytes);
  if (isUtf8(bytes)) return decodeUtf8(bytes);
  throw new KsoError("usage", `Cannot read ${path} (${flag}): it is not UTF-8 text`);
}

function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error("it is not UTF-8 text");
  return new TextDecoder().decode(bytes);
}

/** Whether something lies at a path; nothing does below a file. @throws KsoError `unresolvable` where nobody may look. */
function isThere(full: string): boolean {
  try {
    return lstatSync(full, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    if (errorCode(cause) === "ENOTDIR") return false;
    throw unreadable(full, messageOf(cause), cause);
  }
}

/**
 * Opens a folder. A symbolic link may lead to what lies in it, or where `links` allows it.
 * @throws KsoError `usage` when there is no such folder.
 */
export function openFolder(path: string, links: LinkOptions = {}): Folder {
  if (!statsOf(path)?.isDirectory()) throw new KsoError("usage", `Cannot read ${path}: there is no such folder`);
  return new Folder(path, links);
}

/** What a path that a user named leads to; undefined for nothing. @throws KsoError `usage` where nobody may look. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (errorCode(cause) === "ENOTDIR") return undefined;
    throw new KsoError("usage", `Cannot read ${path}: ${messageOf(cause)}`, cause);
  }
}

/** The nearest folder above (or at) a path that is a repository: it has `.git`, as a folder or as a file. */
export function repositoryOf(path: string): string | undefined {
  for (let folder = realpathSync(path); dirname(folder) !== folder; folder = dirname(folder))
    if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false })) return folder;
  return undefined;
}

/** The path for messages: relative to the working directory. */
export function displayPath(folder: Folder, path: string): string {
  return relative("", join(folder.path, path)) || path;
}

function errorCode(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

function unreadable(path: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot read ${path}: ${reason}`, cause);
}
