// The lock is the exchange table between names and bytes: a plan, with the digest and size of everything in it.
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { Plan, Unavailable } from "./plan.ts";

interface Common {
  /** kubespray's name of the item: `calico_node`. */
  readonly name: string;
  readonly component: string;
  readonly version: string;
  /** `linux/amd64`, …: what it was fetched for. */
  readonly platforms: readonly string[];
  /** The day it was resolved, UTC: `2026-11-24`. A day and not a moment, so that two runs of one day agree to the byte. */
  readonly resolved: string;
  /** On record: the machine code found where the platform promises another (`--allow-arch-mismatch`). */
  readonly mismatch?: string;
}

export interface LockedFile extends Common {
  /** The origin's URL, whatever mirror served it. */
  readonly url: string;
  /** Its name inside the gap: `<origin host>/<path>`. */
  readonly path: string;
  /** Always sha256: the name of the blob. */
  readonly digest: Digest;
  readonly size: number;
  /** What the bytes were held to, and who published it; absent when they were pinned on first sight. */
  readonly published?: { readonly digest: Digest; readonly source: string };
  /** On record: `--accept-digest` let these bytes in although `published` says otherwise. */
  readonly accepted?: true;
}

export interface LockedImage extends Common {
  /** The full name inside the gap: `registry.k8s.io/pause:3.10`. */
  readonly image: string;
  /** The image index (or the image manifest, where upstream has no index) that the tag pointed to. */
  readonly root: Descriptor;
  /** Everything that is kept of it, the root first, each once: indexes, manifests, configurations, layers, attestations. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that refer to what is kept (signatures, SBOMs); their blobs are among `blobs`. */
  readonly referrers?: readonly Descriptor[];
  /** On record: platforms that upstream lacks (`--allow-missing`). */
  readonly missing?: readonly string[];
}

/** `kso.lock.json`, and `kso/lock.json` inside a bundle. */
export interface Lock {
  readonly schema: "kso.lock/1";
  /** The version of kso that wrote it. */
  readonly kso: string;
  readonly release: Plan["release"];
  readonly kubernetes: string;
  readonly platforms: readonly string[];
  /** Sorted by path. */
  readonly files: readonly LockedFile[];
  /** Sorted by image. */
  readonly images: readonly LockedImage[];
  readonly unavailable: readonly Unavailable[];
  /** What `--format image` builds on, where the cluster does not run it too. It is in no bundle. Sorted by image. */
  readonly bases?: readonly LockedImage[];
}

/** The media type of a file, as a blob. */
export const fileMediaType = "application/octet-stream";

/** Each blob of the lock once, sorted by digest. */
export function blobsOf(lock: Lock): Descriptor[] {
  const blobs = new Map<Digest, Descriptor>();
  for (const { digest, size } of lock.files) blobs.set(digest, { mediaType: fileMediaType, digest, size });
  for (const { blobs: all } of lock.images) for (const blob of all) blobs.set(blob.digest, blob);
  return [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Every key of a lock, in the order in which it is written. */
const keys: readonly string[] = [
  ...["schema", "kso", "release", "kubernetes", "platforms", "files", "images", "unavailable", "bases"],
  ...["kind", "name", "component", "version", "commit", "platform", "resolved", "mismatch", "url", "path", "image"],
  ...["mediaType", "digest", "size", "published", "source", "accepted", "root", "blobs", "referrers", "missing"],
  ...["locator", "reason", "included"],
];

/** The one way a lock is written: same lock, same bytes, in whatever order its keys were put together. */
export function formatLock(lock: Lock): string {
  return `${JSON.stringify(lock, [...keys], 2)}\n`;
}
