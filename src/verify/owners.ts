// Whose blob is it? Takes a digest, returns the name that people know.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { walkImage } from "../oci/walk.ts";

/** Names the item that a blob belongs to. */
export type BlobOwner = (digest: Digest) => string;

/**
 * Returns who knows each blob by which name: `registry.k8s.io/pause:3.10 linux/arm64`, or without the platform where it belongs to
 * several; `… and 3 more` where it is shared.
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
    const [first, ...more] = owners.get(digest) ?? [digest];
    return more.length === 0 ? (first as string) : `${first} and ${more.length} more`;
  };
}

function blobsFor(root: Descriptor, platform: string, read: (blob: Descriptor) => Uint8Array | undefined): Set<Digest> {
  try {
    return new Set(walkImage(root, [platform], read).blobs.map(({ digest }) => digest));
  } catch (thrown) {
    // What is wrong with the image is said where it is checked.
    if (thrown instanceof KsoError) return new Set();
    throw thrown;
  }
}
