// The entries of an archive, and where their contents come from.
import { encodeEntry, paddingOf, type TarEntry, trailerSize } from "../../bundle/tar.ts";
import type { Digest } from "../../core/digest.ts";
import { parentsOf } from "../../core/parents.ts";
import type { Stamp } from "../../files/stamp.ts";

/** Where an entry's content comes from. */
export type EntryContent = { readonly text: Uint8Array } | { readonly blob: Digest } | StampedFile;

/** A file that is no blob, as it was when it was hashed. */
export interface StampedFile {
  readonly path: string;
  readonly stamp: Stamp;
}

/** A tar entry with its content. */
export interface ArchiveEntry extends TarEntry {
  readonly content?: EntryContent;
  /** The name that messages use. */
  readonly label: string;
}

/** A file whose content is the text. */
export function textEntry(name: string, text: string): ArchiveEntry {
  const bytes = new TextEncoder().encode(text);
  return { name, type: "file", size: bytes.length, mode: 0o644, content: { text: bytes }, label: name };
}

/** A file whose content is a blob. */
export function blobEntry(name: string, digest: Digest, size: number, label: string): ArchiveEntry {
  return { name, type: "file", size, mode: 0o644, content: { blob: digest }, label };
}

/** A hard link to an earlier entry. */
export function linkEntry(name: string, target: string, label: string): ArchiveEntry {
  return { name, type: "link", size: 0, mode: 0o644, target, label };
}

/** A directory; its name ends with a slash. */
export function directoryEntry(name: string): ArchiveEntry {
  return { name, type: "directory", size: 0, mode: 0o755, label: name };
}

/** All directories that the entries are in. Each gets an entry with a mode, so that a strict umask hides nothing from a web server. */
export function directoriesOf(entries: readonly ArchiveEntry[]): Set<string> {
  const names = new Set<string>();
  for (const { name } of entries) for (const parent of parentsOf(name)) names.add(`${parent}/`);
  return names;
}

/** Bytes of an archive with these entries. */
export function archiveSize(entries: readonly ArchiveEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + encodeEntry(entry).length + entry.size + paddingOf(entry.size),
    trailerSize,
  );
}

/** Compares names bytewise, as `LC_ALL=C sort` does. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
