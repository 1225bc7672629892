// The files of bundles, held open while they are served. An archive that is replaced (written beside, then renamed) changes nothing
// for a server that has the old one open; one that is written to, or cut, is noticed before its bytes are served.
import { closeSync, existsSync, fstatSync, openSync, type Stats, statSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { BundleArchive } from "./archive.ts";

/** A file of a bundle that is served. */
interface OpenFile {
  /** Undefined for files of an unpacked bundle: there may be more of them than a process may have open. */
  readonly handle?: number;
  /** The path that its bytes are read from. */
  readonly readPath: string;
  /** As it was when it was opened. */
  readonly original: Stats;
  fault?: string | undefined;
  reported: boolean;
}

/** The open files of bundles. */
export class OpenFiles {
  readonly #files = new Map<string, OpenFile>();

  /**
   * Opens what the archives consist of.
   * @throws KsoError `usage` when a file cannot be opened, `verify` when it has changed meanwhile.
   */
  constructor(archives: readonly BundleArchive[]) {
    for (const archive of archives.filter(({ unpacked }) => !unpacked)) {
      for (const { path, size } of archive.volumes ?? [archive]) {
        if (this.#files.has(path)) continue;
        const file = openedFile(path);
        this.#files.set(path, file);
        if (file.original.size !== size)
          throw new KsoError("verify", `Cannot serve ${path}: it was changed while it was opened`);
      }
    }
  }

  /**
   * Returns the same extents with the paths of the files that are open; they are to be read at once.
   * @throws KsoError `verify` when a file has changed since it was opened.
   */
  openExtents(extents: readonly Extent[]): readonly Extent[] {
    return extents.map((extent) => {
      const file = this.#fileAt(extent.path);
      file.fault ??= faultIn(file, extent);
      if (file.fault !== undefined)
        throw new KsoError("verify", `Cannot serve from ${extent.path}: ${file.fault}; restart kso serve`);
      return { ...extent, path: file.readPath };
    });
  }

  /** Names each file that has changed, with the reason, once: a response under way may be wrong from there on. */
  changes(): string[] {
    const changes: string[] = [];
    for (const [path, file] of this.#files) {
      file.fault ??= faultIn(file);
      if (file.fault === undefined || file.reported) continue;
      file.reported = true;
      changes.push(`${path}: ${file.fault}`);
    }
    return changes;
  }

  /** Closes all files. */
  close(): void {
    for (const { handle } of this.#files.values()) if (handle !== undefined) closeSync(handle);
    this.#files.clear();
  }

  #fileAt(path: string): OpenFile {
    const existing = this.#files.get(path);
    if (existing) return existing;
    const file: OpenFile = { readPath: path, original: statAt(path), reported: false };
    this.#files.set(path, file);
    return file;
  }
}

function openedFile(path: string): OpenFile {
  try {
    const handle = openSync(path, "r");
    // On Linux this names the open file itself; a file that is renamed over the path is another one.
    const handlePath = `/proc/self/fd/${handle}`;
    return {
      handle,
      readPath: existsSync(handlePath) ? handlePath : path,
      original: fstatSync(handle),
      reported: false,
    };
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path}: ${messageOf(cause)}`, cause);
  }
}

function statAt(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw new KsoError("verify", `Cannot serve from ${path}: it is gone`, cause);
  }
}

/** How a file has changed since it was opened; undefined when it has not. */
function faultIn({ handle, readPath, original }: OpenFile, extent?: Extent): string | undefined {
  const current =
    handle === undefined || !readPath.startsWith("/proc/")
      ? statSync(readPath, { throwIfNoEntry: false })
      : fstatSync(handle);
  if (!current) return "it is gone";
  if (current.size !== original.size) return `it had ${original.size} bytes and has ${current.size}`;
  if (current.ino !== original.ino) return "another file stands in its place";
  if (current.mtimeMs !== original.mtimeMs) return "it was written to";
  if (extent && extent.offset + extent.length > current.size)
    return `it is shorter than the bundle says, ${current.size} bytes`;
  return undefined;
}
