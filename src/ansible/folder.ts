// Reads the files of a checkout or an inventory: only inside the folders named, and within limits of size and number.
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { KsoError, messageOf } from "../core/errors.ts";

/** Bytes that one file may have; kubespray's largest has 0.3 MB. */
const maxBytes = 8 * 1024 * 1024;
/** Files that may be read in one folder. */
const maxFiles = 5000;

/** A folder to read from; paths are relative to it, with slashes. */
export class Folder {
  readonly path: string;
  readonly #root: string;
  readonly #roots: readonly string[];
  #filesRead = 0;
  constructor(path: string, linkTargets: readonly string[]) {
    this.path = path;
    this.#root = realpathSync(path);
    this.#roots = [this.#root, ...linkTargets.map((target) => realpathSync(target))];
  }

  /** What lies at a path; undefined for nothing. */
  kind(path: string): "file" | "folder" | undefined {
    const real = this.#realPath(path);
    const stats = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
    return stats?.isDirectory() ? "folder" : stats?.isFile() ? "file" : undefined;
  }

  /** The text of a file. @throws KsoError `unresolvable` for what is not a file, lies outside or is too large. */
  read(path: string): string {
    const real = this.#realPath(path);
    const stats = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
    const full = join(this.path, path);
    if (real === undefined || !stats) throw unreadable(full, "there is no such file");
    // Reading a pipe or a device might never end.
    if (!stats.isFile()) throw unreadable(full, "it is no file");
    if (stats.size > maxBytes) throw unreadable(full, `it has ${stats.size} bytes, and at most ${maxBytes} are read`);
    if (++this.#filesRead > maxFiles) throw unreadable(this.path, `it has more than ${maxFiles} files to read`);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(real));
    } catch (cause) {
      throw unreadable(full, cause instanceof TypeError ? "it is not UTF-8 text" : messageOf(cause), cause);
    }
  }

  /** Names in a folder, sorted. */
  list(path: string): readonly string[] {
    const real = this.#realPath(path);
    return real === undefined ? [] : readdirSync(real).sort();
  }

  /** Where a path leads; undefined where there is nothing. @throws KsoError `unresolvable` for a link that leads outside. */
  #realPath(path: string): string | undefined {
    const full = join(this.#root, path);
    if (!lstatSync(full, { throwIfNoEntry: false })) return undefined;
    let real: string;
    try {
      real = realpathSync(full);
    } catch (cause) {
      throw unreadable(full, "it is a link to nothing", cause);
    }
    if (!this.#roots.some((root) => real === root || real.startsWith(root + sep)))
      throw unreadable(full, `it leads to ${real}, outside ${this.path}`);
    return real;
  }
}

/**
 * Opens a folder. A symbolic link may lead to what lies in it or in one of `linkTargets`.
 * @throws KsoError `usage` when there is no such folder.
 */
export function openFolder(path: string, linkTargets: readonly string[] = []): Folder {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new KsoError("usage", `Cannot read ${path}: there is no such folder`);
  return new Folder(path, linkTargets);
}

/** The path for messages: relative to the working directory. */
export function displayPath(folder: Folder, path: string): string {
  return relative("", join(folder.path, path)) || path;
}

function unreadable(path: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot read ${path}: ${reason}`, cause);
}
