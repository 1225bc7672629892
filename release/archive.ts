// Small archives of a release, and files written out of entries: the same tar as a bundle's.
import { closeSync, openSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ArchiveBody } from "../src/export/archive/body.ts";
import {
  type ArchiveEntry,
  archiveSize,
  compareBytes,
  directoriesOf,
  directoryEntry,
} from "../src/export/archive/entry.ts";

/** No entry of a release comes from a store. */
const noBlobs = { locate: () => undefined };

/** The entries in the order of a bundle's: sorted, with every directory that they are in. */
export function arranged(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  const named = new Set(entries.map(({ name }) => name));
  const directories = [...directoriesOf(entries)].filter((name) => !named.has(name)).map(directoryEntry);
  return [...directories, ...entries].sort((a, b) => compareBytes(a.name, b.name));
}

/** A compressed archive of entries that fit into memory. */
export function packed(entries: readonly ArchiveEntry[]): Uint8Array {
  const body = new ArchiveBody(entries, noBlobs);
  try {
    const bytes = new Uint8Array(archiveSize(entries));
    body.fill(bytes);
    return gzipSync(bytes, { level: 6 });
  } finally {
    body.close();
  }
}

/** Writes an archive of entries of any size. */
export function writeArchive(path: string, entries: readonly ArchiveEntry[]): void {
  const body = new ArchiveBody(entries, noBlobs);
  const file = openSync(path, "w");
  try {
    const buffer = new Uint8Array(1 << 20);
    for (let filled = body.fill(buffer); filled > 0; filled = body.fill(buffer))
      for (let at = 0; at < filled; ) at += writeSync(file, buffer, at, filled - at);
  } finally {
    closeSync(file);
    body.close();
  }
}
