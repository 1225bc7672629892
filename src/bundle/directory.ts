// A bundle that `tar x` unpacked: each entry is a file of its own, and hard links are one file under several names.

import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { nameFault } from "../core/entry-name.ts";
import { KsoError } from "../core/errors.ts";
import { quotedName } from "../core/quote.ts";
import { statsAt } from "../files/stats.ts";
import type { BundleArchive, BundleEntry } from "./archive.ts";
import { otherFolder } from "./other-kinds.ts";

/**
 * Opens a directory into which a bundle was unpacked.
 * @throws KsoError `verify` where it is no bundle, or holds a symbolic link, a device or a pipe.
 */
export function openDirectory(root: string): BundleArchive {
  if (!statsAt(join(root, "kso/lock.json")))
    throw otherFolder(root) ?? new KsoError("verify", `Cannot read ${root}: it is no bundle, kso/lock.json is missing`);
  const walk = new DirectoryWalk(root);
  walk.visit("");
  return {
    path: root,
    unpacked: true,
    size: walk.size,
    entries: walk.entries,
    extentsOf: ({ name, size }) => [{ path: join(root, name), offset: 0, length: size }],
    rawExtents: () => [],
  };
}

/** Gathers the entries of a directory, sorted by name; the first name of an inode is the file, the others are links to it. */
class DirectoryWalk {
  readonly entries: Map<string, BundleEntry> = new Map();
  /** Bytes on disk. */
  size = 0;
  readonly #root: string;
  readonly #firstNames = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  visit(folder: string): void {
    const leaves = readdirSync(join(this.#root, folder)).sort((a, b) => (a < b ? -1 : 1));
    for (const name of leaves.map((leaf) => folder + leaf)) {
      const fault = nameFault(name);
      if (fault) throw this.#error(name, `: ${fault}`);
      const stat = lstatSync(join(this.#root, name));
      if (stat.isDirectory()) {
        const mode = stat.mode & 0o7777;
        this.entries.set(`${name}/`, { name: `${name}/`, type: "directory", size: 0, mode, offset: 0 });
        this.visit(`${name}/`);
      } else if (stat.isFile()) this.#addFile(name, stat);
      else {
        const kind = stat.isSymbolicLink() ? "a symbolic link" : "neither a file nor a directory";
        throw this.#error(name, ` is ${kind}, and a bundle has none`);
      }
    }
  }

  #addFile(name: string, stat: Stats): void {
    const inode = `${stat.dev}:${stat.ino}`;
    const mode = stat.mode & 0o7777;
    const target = stat.nlink > 1 ? this.#firstNames.get(inode) : undefined;
    if (target !== undefined) {
      this.entries.set(name, { name, type: "link", size: 0, mode, target, offset: 0 });
      return;
    }
    this.#firstNames.set(inode, name);
    this.size += stat.size;
    this.entries.set(name, { name, type: "file", size: stat.size, mode, offset: 0 });
  }

  #error(name: string, reason: string): KsoError {
    return new KsoError("verify", `Cannot read ${this.#root}: ${quotedName(name)}${reason}`);
  }
}
