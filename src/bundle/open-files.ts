// The files of bundles, held while they are served. Whoever replaces an archive (writes beside, renames) changes nothing for a
// server that has the old one open; whoever writes into it, or cuts it, is noticed: no byte leaves as something that it is not.
import { closeSync, existsSync, fstatSync, openSync, type Stats, statSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Layer } from "./layer.ts";

export interface OpenFiles {
  /**
   * The same extents, to be read at once, through files that are open already.
   * @throws KsoError `verify` when a file is not as it was.
   */
  assertUnchanged(extents: readonly Extent[]): readonly Extent[];
  /** Each file that is no longer as it was, and why, each told once: a running answer may be wrong from there on. */
  changes(): string[];
  close(): void;
}

interface File {
  /** Undefined for files of a tree: there may be more of them than a process may hold open. */
  readonly handle?: number;
  /** Where its bytes are read from now on. */
  readonly from: string;
  readonly was: Stats;
  fault?: string | undefined;
  told: boolean;
}

/** Opens what the layers consist of. @throws KsoError `usage` when a file cannot be opened, `verify` when it has changed meanwhile. */
export function openFiles(layers: readonly Layer[]): OpenFiles {
  const files = new Map<string, File>();
  for (const layer of layers.filter(({ unpacked }) => !unpacked)) {
    for (const { path, size } of layer.volumes ?? [layer]) {
      if (files.has(path)) continue;
      const file = opened(path);
      files.set(path, file);
      if (file.was.size !== size)
        throw new KsoError("verify", `Cannot serve ${path}: it was changed while it was opened`);
    }
  }
  const fileAt = (path: string): File => {
    const known = files.get(path);
    if (known) return known;
    const file: File = { from: path, was: statAt(path), told: false };
    files.set(path, file);
    return file;
  };
  return {
    assertUnchanged: (extents) =>
      extents.map((extent) => {
        const file = fileAt(extent.path);
        file.fault ??= faultIn(file, extent);
        if (file.fault !== undefined)
          throw new KsoError("verify", `Cannot serve from ${extent.path}: ${file.fault}; restart kso serve`);
        return { ...extent, path: file.from };
      }),
    changes() {
      const told: string[] = [];
      for (const [path, file] of files) {
        file.fault ??= faultIn(file);
        if (file.fault === undefined || file.told) continue;
        file.told = true;
        told.push(`${path}: ${file.fault}`);
      }
      return told;
    },
    close() {
      for (const { handle } of files.values()) if (handle !== undefined) closeSync(handle);
      files.clear();
    },
  };
}

function opened(path: string): File {
  try {
    const handle = openSync(path, "r");
    // The open file under a name of its own, where the system has such names: what is renamed over the path is another file.
    const own = `/proc/self/fd/${handle}`;
    return { handle, from: existsSync(own) ? own : path, was: fstatSync(handle), told: false };
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

function faultIn({ handle, from, was }: File, extent?: Extent): string | undefined {
  const is =
    handle === undefined || !from.startsWith("/proc/") ? statSync(from, { throwIfNoEntry: false }) : fstatSync(handle);
  if (!is) return "it is gone";
  if (is.size !== was.size) return `it had ${was.size} bytes and has ${is.size}`;
  if (is.ino !== was.ino) return "another file stands in its place";
  if (is.mtimeMs !== was.mtimeMs) return "it was written to";
  if (extent && extent.offset + extent.length > is.size) return `it is shorter than the bundle says, ${is.size} bytes`;
  return undefined;
}
