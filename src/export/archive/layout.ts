// The entries of a bundle in their order, and its size: both are known before any content is read.
import { blobName } from "../../bundle/open.ts";
import { checkedLock } from "../../bundle/read-back.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { blobsOf, formatLock, type Lock } from "../../core/lock.ts";
import type { DeltaBase, ExportOptions, KsoBinary } from "../exporter.ts";
import {
  type ArchiveEntry,
  archiveSize,
  blobEntry,
  compareBytes,
  directoriesOf,
  directoryEntry,
  linkEntry,
  textEntry,
} from "./entry.ts";
import { baseMetadata, bundleIndex, bundleLock, ociLayout, sha256Sums } from "./metadata.ts";
import { checkNames } from "./names.ts";

/** The entries of a bundle, sorted by name. */
export interface ArchiveLayout {
  readonly entries: readonly ArchiveEntry[];
  /** The whole archive. */
  readonly bytes: number;
  /** Blobs that are written. */
  readonly blobs: number;
}

/** What decides the entries of a bundle. */
export type LayoutOptions = Pick<ExportOptions, "lock" | "chartIndexes" | "binaries" | "base">;

/**
 * Lays out a bundle; over a base, only with what the base lacks.
 * @throws KsoError `unresolvable` for names that cannot be in one archive.
 */
export function archiveLayout(options: LayoutOptions): ArchiveLayout {
  const { base, binaries = [], chartIndexes = new Map() } = options;
  const lock = bundleLock(options.lock, binaries);
  checkNames(lock, binaries);
  const blobs = blobsOf(lock);
  const blobEntries = blobEntriesOf(lock, blobs, base);
  const entries = [
    ...blobEntries,
    ...linkEntriesOf(lock, base),
    ...textEntries({ lock, blobs, base, binaries }, chartIndexes),
    ...binaryEntries(binaries, base),
  ];
  for (const name of directoriesOf(entries)) entries.push(directoryEntry(name));
  entries.sort((a, b) => compareBytes(a.name, b.name));
  return { entries, bytes: archiveSize(entries), blobs: blobEntries.length };
}

function blobEntriesOf(lock: Lock, blobs: readonly Descriptor[], base: DeltaBase | undefined): ArchiveEntry[] {
  const baseBlobs = new Set(base ? blobsOf(base.lock).map(({ digest }) => digest) : []);
  const labels = labelsOf(lock);
  return blobs
    .filter(({ digest }) => !baseBlobs.has(digest))
    .map(({ digest, size }) =>
      blobEntry(blobName(digest), digest, size, `${digest} of ${labels.get(digest) ?? "the lock"}`),
    );
}

/** The file tree: a hard link to the blob for each path. */
function linkEntriesOf(lock: Lock, base: DeltaBase | undefined): ArchiveEntry[] {
  const baseFiles = new Map((base?.lock.files ?? []).map(({ path, digest }) => [path, digest]));
  const files = new Map(lock.files.map(({ path, digest }) => [path, digest]));
  return [...files]
    .filter(([path, digest]) => baseFiles.get(path) !== digest)
    .map(([path, digest]) => linkEntry(`files/${path}`, blobName(digest), `files/${path}`));
}

interface TextSources {
  readonly lock: Lock;
  readonly blobs: readonly Descriptor[];
  readonly base: DeltaBase | undefined;
  readonly binaries: readonly KsoBinary[];
}

function textEntries(
  { lock, blobs, base, binaries }: TextSources,
  chartIndexes: ReadonlyMap<string, string>,
): ArchiveEntry[] {
  const texts: Record<string, string> = {
    "index.json": bundleIndex(lock),
    "kso/lock.json": checkedLock(lock, "the bundle"),
    "oci-layout": ociLayout,
  };
  for (const [path, text] of chartIndexes) texts[`files/${path}`] = text;
  const entries = Object.entries(texts).map(([name, text]) => textEntry(name, text));
  entries.push(textEntry("kso/SHA256SUMS", sha256Sums(lock, blobs, texts, binaries)));
  if (base)
    entries.push(textEntry("kso/base.json", baseMetadata(base, formatLock(bundleLock(base.lock, base.lock.binaries)))));
  return entries;
}

function binaryEntries(binaries: readonly KsoBinary[], base: DeltaBase | undefined): ArchiveEntry[] {
  const baseBinaries = new Map(base?.lock.binaries?.map(({ name, digest }) => [name, digest]));
  return binaries
    .filter(({ name, digest }) => baseBinaries.get(name) !== digest)
    .map(({ name, path, size, stamp }) => {
      const entryName = `kso/${name}`;
      return { name: entryName, type: "file", size, mode: 0o755, content: { path, stamp }, label: entryName };
    });
}

/** For each blob, the first file or image that holds it. */
function labelsOf(lock: Lock): Map<Digest, string> {
  const labels = new Map<Digest, string>();
  for (const { path, digest } of lock.files) if (!labels.has(digest)) labels.set(digest, path);
  for (const { image, blobs } of lock.images) {
    for (const { digest } of blobs) if (!labels.has(digest)) labels.set(digest, image);
  }
  return labels;
}
