// Finds the item that a blob belongs to, for messages.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { walkImage } from "../oci/walk.ts";

/** Names the item that a blob belongs to. */
export type BlobOwner = (digest: Digest) => string;

/**
 * Returns a function that names the owner of a blob: `registry.k8s.io/pause:3.10 linux/arm64`, without the platform where several
 * have it, and with `and 3 more` where other items share it. A blob without an owner is named by its digest.
 */
export function blobOwners(lock: Lock, read: (blob: Descriptor) => Uint8Array | undefined): BlobOwner {
  const owners = new Map<Digest, string[]>();
  const add = (digest: Digest, name: string): void => {
    const names = owners.get(digest);
    if (!names) owners.set(digest, [name]);
    else if (!names.includes(name)) names.push(name);
  };
  for (const { path, digest } of lock.files) add(digest, path);
  for (const { image, root, blobs } of lock.images) {
    const parts = lock.platforms.map((platform) => ({ platform, digests: blobsFor(root, platform, read) }));
    for (const { digest } of blobs) {
      const [only, other] = parts.filter(({ digests }) => digests.has(digest));
      add(digest, only && !other ? `${image} ${only.platform}` : image);
    }
  }
  return (digest) => {
    const [first, ...others] = owners.get(digest) ?? [digest];
    return others.length === 0 ? (first as string) : `${first} and ${others.length} more`;
  };
}

function blobsFor(root: Descriptor, platform: string, read: (blob: Descriptor) => Uint8Array | undefined): Set<Digest> {
  try {
    return new Set(walkImage(root, [platform], read).blobs.map(({ digest }) => digest));
  } catch (thrown) {
    // checkImages reports what is wrong with the image.
    if (thrown instanceof KsoError) return new Set();
    throw thrown;
  }
}
