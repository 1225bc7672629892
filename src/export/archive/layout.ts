// What stands in the archive, in which order, and how large that is. In travels the lock, out travel headers and the
// places where contents lie: the archive is known to the byte before any of it is read.
import { blobName } from "../../bundle/open.ts";
import { encodeEntry, paddingOf, type TarEntry, trailer } from "../../bundle/tar.ts";
import type { Digest } from "../../core/digest.ts";
import { blobsOf, formatLock } from "../../core/lock.ts";
import type { ExportOptions } from "../exporter.ts";
import { baseMetadata, bundleIndex, bundleLock, compareBytes, ociLayout, sha256Sums } from "./metadata.ts";
import { checkNames } from "./names.ts";

/** Where an entry's content comes from. */
export type EntryContent = { readonly text: Uint8Array } | { readonly blob: Digest } | { readonly path: string };

export interface ArchiveEntry extends TarEntry {
  readonly content?: EntryContent;
  /** What people call it, for messages. */
  readonly label: string;
}

export interface ArchiveLayout {
  readonly items: readonly ArchiveEntry[];
  /** The whole archive. */
  readonly bytes: number;
  /** Blobs that are written. */
  readonly blobs: number;
}

/** @throws KsoError `unresolvable` for names that cannot stand in one archive. */
export function archiveLayout(options: Pick<ExportOptions, "lock" | "binaries" | "base">): ArchiveLayout {
  const { base, binaries = [] } = options;
  const lock = bundleLock(options.lock);
  checkNames(lock, binaries);
  const blobs = blobsOf(lock);
  const texts = { "index.json": bundleIndex(lock), "kso/lock.json": formatLock(lock), "oci-layout": ociLayout };
  const there = base ? heldBy(base) : undefined;

  const items: ArchiveEntry[] = [];
  const file = (name: string, size: number, mode: number, content: EntryContent, label = name): number =>
    items.push({ name, type: "file", size, mode, content, label });
  const text = (name: string, value: string): void => {
    const bytes = new TextEncoder().encode(value);
    file(name, bytes.length, 0o644, { text: bytes });
  };
  const labels = labelsOf(lock);
  const wanted = blobs.filter(({ digest }) => !there?.blobs.has(digest));
  for (const { digest, size } of wanted) {
    file(blobName(digest), size, 0o644, { blob: digest }, `${digest} of ${labels.get(digest) ?? "the lock"}`);
  }
  for (const [path, digest] of new Map(lock.files.map((one) => [one.path, one.digest]))) {
    if (there?.files.get(path) === digest) continue;
    const name = `files/${path}`;
    items.push({ name, type: "link", size: 0, mode: 0o644, target: blobName(digest), label: name });
  }
  for (const [name, value] of Object.entries(texts)) text(name, value);
  text("kso/SHA256SUMS", sha256Sums(lock, blobs, texts, binaries));
  if (base) text("kso/base.json", baseMetadata(base, formatLock(bundleLock(base.lock))));
  for (const { name, path, size, digest } of binaries) {
    if (!base?.binaries?.includes(digest)) file(`kso/${name}`, size, 0o755, { path });
  }
  for (const name of directoriesOf(items)) items.push({ name, type: "directory", size: 0, mode: 0o755, label: name });
  items.sort((a, b) => compareBytes(a.name, b.name));
  const bytes = items.reduce((sum, item) => sum + encodeEntry(item).length + item.size + paddingOf(item.size), trailer);
  return { items, bytes, blobs: wanted.length };
}

/** Each directory on its own, with a mode: a strict umask must not hide what is in it from a web server. */
export function directoriesOf(items: readonly ArchiveEntry[]): Set<string> {
  const names = new Set<string>();
  for (const { name } of items) {
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1))
      names.add(name.slice(0, end + 1));
  }
  return names;
}

function heldBy({ lock }: NonNullable<ExportOptions["base"]>): { blobs: Set<Digest>; files: Map<string, Digest> } {
  return {
    blobs: new Set(blobsOf(lock).map(({ digest }) => digest)),
    files: new Map(lock.files.map(({ path, digest }) => [path, digest])),
  };
}

/** The first file or image that holds a blob. */
function labelsOf(lock: ExportOptions["lock"]): Map<Digest, string> {
  const labels = new Map<Digest, string>();
  for (const { path, digest } of lock.files) if (!labels.has(digest)) labels.set(digest, path);
  for (const { image, blobs } of lock.images) {
    for (const { digest } of blobs) if (!labels.has(digest)) labels.set(digest, image);
  }
  return labels;
}
