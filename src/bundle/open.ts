// Opens bundles: one archive, or deltas stacked on the bundle that they were made over. Nothing is unpacked: headers, the index and the
// lock are read, and where each blob lies is known from then on.
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import * as v from "valibot";
import { type BlobSource, type Descriptor, descriptorSchema, type Extent } from "../core/descriptor.ts";
import { type Digest, digestParts, sha256Schema } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { readWhole, totalLength, totalSize } from "../files/extents.ts";
import type { BundleArchive, BundleEntry } from "./archive.ts";
import { metadataLimit, parseJson, parseLock } from "./lock.ts";
import { openArchive } from "./open-archive.ts";
import { otherArchive } from "./other-kinds.ts";
import { volumeIndexFor } from "./volumes.ts";

/** One image in `index.json`. */
export interface IndexEntry extends Descriptor {
  readonly annotations: Readonly<Record<string, string>>;
}

/** One archive of the stack, with what it says about itself. */
export interface StackedArchive extends BundleArchive {
  /** The digest of its `kso/lock.json`: what a delta names as its base. */
  readonly lockDigest: Digest;
  /** A delta's base, by that digest. */
  readonly base?: Digest;
}

/** An open bundle: one archive, or deltas stacked on their base. */
export interface Bundle extends BlobSource {
  /** The path of the top of the stack. */
  readonly path: string;
  /** The lock of the whole bundle, which is that of the top of the stack. */
  readonly lock: Lock;
  /** The digest of the lock's bytes. */
  readonly lockDigest: Digest;
  /** The images in `index.json`, in its order. */
  readonly index: readonly IndexEntry[];
  /** Bytes on disk. */
  readonly size: number;
  /** The archives of the stack, the base first. */
  readonly archives: readonly StackedArchive[];
  /** Names of all files, hard links included, each once. */
  readonly names: Iterable<string>;
  /** Where the bytes of an entry lie, links followed; undefined when there is no such file. */
  locateFile(name: string): readonly Extent[] | undefined;
}

/** The name of a blob's entry. */
export function blobName(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `blobs/${algorithm}/${hex}`;
}

const indexSchema = v.object({
  schemaVersion: v.literal(2),
  manifests: v.array(
    v.intersect([
      descriptorSchema,
      v.object({ annotations: v.optional(v.record(v.string(), v.string()), () => ({})) }),
    ]),
  ),
});
const baseSchema = v.looseObject({ schema: v.literal("kso.base/1"), lock: sha256Schema });

/**
 * Opens a bundle: a `.tar`, volumes by any of their names, an unpacked directory, or several of these, deltas and their base in
 * any order. With `alone`, a delta is opened without its base; what the base holds is not located then.
 * @throws KsoError `usage` when a path is not there, `verify` when one is broken, hostile, or not the base of the delta.
 */
export function openBundle(paths: readonly string[], { alone = false }: { readonly alone?: boolean } = {}): Bundle {
  return bundleOf(stackArchives(withoutRepeats(paths).map(openStacked), alone), alone);
}

/**
 * Opens several bundles at once, each whole by itself or deltas over bases that are named too. Two deltas over one base are two
 * bundles that share it.
 * @throws KsoError as {@link openBundle} does.
 */
export function openBundles(paths: readonly string[]): readonly Bundle[] {
  const candidates = withoutRepeats(paths).map(openStacked);
  const baseOf = (archive: StackedArchive): StackedArchive | undefined =>
    candidates.find((other) => other !== archive && other.lockDigest === archive.base);
  const bases = new Set(candidates.map(baseOf));
  const tops = candidates.filter((archive) => !bases.has(archive));
  if (tops.length === 0) return [bundleOf(stackArchives(candidates, false), false)];
  return tops.map((top) => {
    const archives = [top];
    for (let below = baseOf(top); below && !archives.includes(below); below = baseOf(below)) archives.unshift(below);
    return bundleOf(stackArchives(archives, false), false);
  });
}

function bundleOf(archives: readonly StackedArchive[], alone: boolean): Bundle {
  const top = archives.at(-1);
  if (!top) throw new KsoError("usage", "Name a bundle");
  const lock = readArchiveLock(top);
  const { manifests } = parseJson(indexSchema, readArchiveText(top, "index.json"), `index.json in ${top.path}`);
  const locateFile = (name: string): readonly Extent[] | undefined => locateIn(archives, name);
  const bundle: Bundle = {
    path: top.path,
    lock,
    lockDigest: top.lockDigest,
    index: manifests,
    size: totalSize(archives),
    archives,
    names: new Set(archives.flatMap((archive) => [...fileNames(archive)])),
    locate: (digest) => locateFile(blobName(digest)),
    locateFile,
  };
  // A directory into which a delta was unpacked over its base is whole; one with the delta alone is not.
  if (archives[0]?.base !== undefined && !alone) {
    const isIncomplete = [...lock.files, ...lock.images.map(({ root }) => root)].some(
      ({ digest }) => !bundle.locate(digest),
    );
    if (isIncomplete) throw missingBase(archives[0], archives);
  }
  return bundle;
}

/** The lock of an archive. @throws KsoError `verify` naming the bundle, the field and the reason. */
export function readArchiveLock(archive: BundleArchive): Lock {
  return parseLock(readArchiveText(archive, "kso/lock.json"), `kso/lock.json in ${archive.path}`);
}

/**
 * The text of a small entry.
 * @throws KsoError `verify` when it is missing or larger than {@link metadataLimit}.
 */
export function readArchiveText(archive: BundleArchive, name: string): string {
  return new TextDecoder().decode(readArchiveBytes(archive, name));
}

function readArchiveBytes(archive: BundleArchive, name: string): Uint8Array {
  const extents = locateIn([archive], name);
  if (!extents)
    throw (
      otherArchive(archive.path, archive.entries.keys()) ??
      new KsoError("verify", `Cannot read ${archive.path}: it is no bundle, ${name} is missing`)
    );
  const size = totalLength(extents);
  if (size > metadataLimit) {
    const reason = `${name} has ${size} bytes, more than the ${metadataLimit} allowed`;
    throw new KsoError("verify", `Cannot read ${archive.path}: ${reason}`);
  }
  return readWhole(extents, metadataLimit);
}

/** The same bundle named twice (`kso verify bundle.tar.*`) is one. */
function withoutRepeats(paths: readonly string[]): string[] {
  const byRealPath = new Map<string, string>();
  for (const path of paths) {
    const name = volumeIndexFor(path) ?? path;
    const real = realPath(name);
    if (!byRealPath.has(real)) byRealPath.set(real, name);
  }
  return [...byRealPath.values()];
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Opening it fails, and says what is wrong.
    return path;
  }
}

/** The bundle that an open archive is by itself; of a delta, without its base. @throws KsoError `verify` as {@link openBundle} does. */
export function bundleIn(archive: BundleArchive): Bundle {
  return bundleOf([stackedArchive(archive)], true);
}

function openStacked(path: string): StackedArchive {
  return stackedArchive(openArchive(path));
}

function stackedArchive(archive: BundleArchive): StackedArchive {
  const { path } = archive;
  const lockDigest: Digest = `sha256:${createHash("sha256").update(readArchiveBytes(archive, "kso/lock.json")).digest("hex")}`;
  if (!archive.entries.has("kso/base.json")) return { ...archive, lockDigest };
  const base = parseJson(baseSchema, readArchiveText(archive, "kso/base.json"), `kso/base.json in ${path}`).lock;
  return { ...archive, lockDigest, base };
}

/** The archives in order: the base first, each delta above what it was made over. */
function stackArchives(candidates: readonly StackedArchive[], alone: boolean): readonly StackedArchive[] {
  // A delta in which nothing changed has the lock, and so the digest, of its base.
  const bottoms = candidates.filter(
    (archive) => !candidates.some((other) => other !== archive && other.lockDigest === archive.base),
  );
  const [bottom, second] = bottoms;
  if (!bottom) {
    if (candidates.length === 0) return [];
    throw new KsoError("verify", `Cannot stack ${namesOf(candidates)}: each is a delta over another`);
  }
  if (second) {
    const delta = bottoms.find(({ base }) => base !== undefined);
    if (delta) throw missingBase(delta, candidates);
    throw new KsoError("verify", `Cannot stack ${namesOf(bottoms)}: each is whole by itself; name one of them`);
  }
  if (bottom.base !== undefined && candidates.length === 1 && (alone || bottom.unpacked)) return candidates;
  if (bottom.base !== undefined) throw missingBase(bottom, candidates);
  const archives = [bottom];
  for (let below = bottom; archives.length < candidates.length; ) {
    const [above, other] = candidates.filter(
      (archive) => archive.base === below.lockDigest && !archives.includes(archive),
    );
    if (!above || other) {
      const remaining = candidates.filter((archive) => !archives.includes(archive));
      throw new KsoError("verify", `Cannot stack ${namesOf(remaining)} on ${below.path}: name one delta of it`);
    }
    archives.push(above);
    below = above;
  }
  return archives;
}

function missingBase(delta: StackedArchive, candidates: readonly StackedArchive[]): KsoError {
  const others = candidates.filter((archive) => archive !== delta);
  const otherLocks = others.map(({ path, lockDigest }) => `${path} has ${lockDigest}`).join(", ");
  return new KsoError(
    "verify",
    `Cannot read ${delta.path}: it is a delta over the bundle whose lock is ${delta.base}; ${
      otherLocks === "" ? "name that bundle too" : `what was given is another: ${otherLocks}`
    }`,
  );
}

function namesOf(archives: readonly BundleArchive[]): string {
  return archives.map(({ path }) => path).join(" and ");
}

function* fileNames({ entries }: BundleArchive): Generator<string> {
  for (const { name, type } of entries.values()) if (type !== "directory") yield name;
}

/** The entry that holds the bytes of a name: the top of the stack wins, links are followed through the whole of it. */
export function entryIn(
  archives: readonly BundleArchive[],
  name: string,
): { archive: BundleArchive; entry: BundleEntry } | undefined {
  let current = name;
  // A link leads to a file in one step; through a stack of deltas it may be a few. More would be a circle.
  for (let steps = 0; steps < 8; steps++) {
    const archive = archives.findLast(({ entries }) => entries.has(current));
    const entry = archive?.entries.get(current);
    if (!(archive && entry) || entry.type === "directory") return undefined;
    if (entry.type === "file") return { archive, entry };
    current = entry.target as string;
  }
  return undefined;
}

function locateIn(archives: readonly BundleArchive[], name: string): readonly Extent[] | undefined {
  const located = entryIn(archives, name);
  return located?.archive.extentsOf(located.entry);
}
