// Describes a bundle without reading more than its headers, its lock and its manifests.
import { type ComponentShare, componentShares, distinctBytes, type PlatformBlobs } from "../bundle/contents.ts";
import { type Bundle, openBundle } from "../bundle/open.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import { unavailableItems } from "../core/plan.ts";
import { unresolvedReason } from "../core/unresolved.ts";
import { walkImage } from "../oci/walk.ts";
import { cachedReader } from "./blobs.ts";

/** Something that the lock has on record: an exception that a user allowed, or what upstream lacks or does not publish. */
export interface LockRecord {
  readonly item: string;
  readonly record: "accepted" | "mismatch" | "pinned" | "unavailable" | "unresolved";
  readonly message: string;
}

/** What is inside a bundle. */
export interface BundleDescription {
  readonly lock: Lock;
  readonly lockDigest: Digest;
  /** Bytes on disk. */
  readonly size: number;
  readonly archives: Bundle["archives"];
  readonly components: readonly ComponentShare[];
  /** Names of kso's own binaries. */
  readonly binaries: readonly string[];
  readonly records: readonly LockRecord[];
}

/**
 * Opens and describes a bundle; a delta may come without its base.
 * @throws KsoError `usage` when a path is not there, `verify` when it is no bundle.
 */
export function inspectBundle(paths: readonly string[]): BundleDescription {
  const bundle = openBundle(paths, { alone: true });
  return {
    lock: bundle.lock,
    lockDigest: bundle.lockDigest,
    size: bundle.size,
    archives: bundle.archives,
    components: componentShares(bundle.lock, platformBlobs(bundle)),
    binaries: [...bundle.names].filter((name) => name.startsWith("kso/kso-")),
    records: recordsOf(bundle.lock),
  };
}

/** The description as `kso inspect --json` prints it. */
export function inspectionJson(description: BundleDescription): object {
  const { lock, archives, size } = description;
  return {
    schema: "kso.inspect/1",
    bytes: size,
    archives: archives.map((archive) => ({
      path: archive.path,
      bytes: archive.size,
      entries: archive.entries.size,
      ...(archive.base !== undefined && { base: archive.base }),
      ...(archive.volumes && {
        volumes: archive.volumes.map((volume) => ({ path: volume.path, bytes: volume.size, digest: volume.digest })),
      }),
    })),
    kso: lock.kso,
    lock: description.lockDigest,
    release: lock.release,
    kubernetes: lock.kubernetes,
    ...(lock.releases && { releases: lock.releases }),
    platforms: lock.platforms,
    ...(lock.profile !== undefined && { profile: lock.profile }),
    components: description.components,
    files: lock.files,
    images: lock.images.map(({ blobs, ...image }) => ({ ...image, bytes: distinctBytes(blobs), blobs: blobs.length })),
    binaries: description.binaries,
    unavailable: lock.unavailable,
    unresolved: lock.unresolved ?? [],
    records: description.records,
  };
}

/** Tells the blobs of an image that a platform needs; a broken image counts whole, and `kso verify` says what is wrong with it. */
function platformBlobs(bundle: Bundle): PlatformBlobs {
  const read = cachedReader(bundle);
  return (root, platform) => {
    try {
      return walkImage(root, [platform], read).blobs;
    } catch (thrown) {
      if (thrown instanceof KsoError) return undefined;
      throw thrown;
    }
  };
}

function recordsOf(lock: Lock): LockRecord[] {
  const unresolved = (lock.unresolved ?? []).map((item): LockRecord => {
    return { item: item.name, record: "unresolved", message: `it is not in the bundle: ${unresolvedReason(item)}` };
  });
  const leftOut = unavailableItems(lock.unavailable.filter(({ allowed }) => allowed)).map(
    ({ name, platforms, reason }): LockRecord => ({
      item: name,
      record: "unavailable",
      message: `it is not in the bundle for ${platforms.join(", ")}: ${reason}`,
    }),
  );
  return [...lock.files.flatMap(fileRecords), ...lock.images.flatMap(imageRecords), ...leftOut, ...unresolved];
}

function fileRecords({ path, accepted, published, mismatch }: LockedFile): LockRecord[] {
  const records: LockRecord[] = [];
  if (accepted) {
    const message = `other bytes than ${published?.digest ?? "published"} were accepted`;
    records.push({ item: path, record: "accepted", message });
  }
  if (!published) {
    const message = "no digest is published; it was pinned on first sight";
    records.push({ item: path, record: "pinned", message });
  }
  if (mismatch !== undefined) records.push({ item: path, record: "mismatch", message: mismatch });
  return records;
}

function imageRecords({ image, mismatch, unavailable }: LockedImage): LockRecord[] {
  const records: LockRecord[] = [];
  if (mismatch !== undefined) records.push({ item: image, record: "mismatch", message: mismatch });
  if (unavailable)
    records.push({ item: image, record: "unavailable", message: `upstream lacks ${unavailable.join(", ")}` });
  return records;
}
