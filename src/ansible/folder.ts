// Files of a checkout or an inventory, read and nothing else: never outside the folders named, never endlessly.
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { KsoError, messageOf } from "../core/errors.ts";

/** Bytes that one file may have; kubespray's largest has 0.3 MB. */
const largest = 8 * 1024 * 1024;
/** Files that one folder may hand out. */
const most = 5000;

/** A folder to read from; paths are relative to it, with slashes. */
export interface Folder {
  readonly path: string;
  /** Is there something of that name, and what? Undefined: no. */
  kind(path: string): "file" | "folder" | undefined;
  /** @throws KsoError `unresolvable` for what is no file, lies elsewhere or is too large. */
  read(path: string): string;
  /** Names in a folder, sorted. */
  list(path: string): readonly string[];
}

/**
 * Opens a folder. A symbolic link may lead to what lies in it or in one of `besides`.
 * @throws KsoError `usage` when there is no such folder.
 */
export function openFolder(path: string, besides: readonly string[] = []): Folder {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new KsoError("usage", `Cannot read ${path}: there is no such folder`);
  const root = realpathSync(path);
  const roots = [root, ...besides.map((one) => realpathSync(one))];
  let handedOut = 0;

  const inside = (name: string): string | undefined => {
    const full = join(root, name);
    if (!lstatSync(full, { throwIfNoEntry: false })) return undefined;
    let real: string;
    try {
      real = realpathSync(full);
    } catch (cause) {
      throw refused(full, "it is a link to nothing", cause);
    }
    if (!roots.some((one) => real === one || real.startsWith(one + sep)))
      throw refused(full, `it leads to ${real}, outside ${path}`);
    return real;
  };

  return {
    path,
    kind: (name) => {
      const real = inside(name);
      const there = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
      return there?.isDirectory() ? "folder" : there?.isFile() ? "file" : undefined;
    },
    read: (name) => {
      const real = inside(name);
      const there = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
      const full = join(path, name);
      if (!(real && there)) throw refused(full, "there is no such file");
      // A pipe or a device would be read for ever.
      if (!there.isFile()) throw refused(full, "it is no file");
      if (there.size > largest) throw refused(full, `it has ${there.size} bytes`);
      if (++handedOut > most) throw refused(path, `it has more than ${most} files to read`);
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(real));
      } catch (cause) {
        throw refused(full, cause instanceof TypeError ? "it is not UTF-8 text" : messageOf(cause), cause);
      }
    },
    list: (name) => {
      const real = inside(name);
      return real === undefined ? [] : readdirSync(real).sort();
    },
  };
}

/** The path as a person would write it: from where they stand. */
export function displayPath(folder: Folder, path: string): string {
  return relative("", join(folder.path, path)) || path;
}

function refused(path: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot read ${path}: ${reason}`, cause);
}
