// What is in a bundle, in numbers: components by platform, each byte of a component counted once.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { availablePlatforms, type Lock } from "../core/lock.ts";

/** One component; bytes that two platforms share count for each of them, and once in `bytes`. */
export interface ComponentShare {
  readonly component: string;
  readonly versions: readonly string[];
  readonly files: number;
  readonly images: number;
  readonly bytes: number;
  /** Platform → bytes. */
  readonly platforms: Readonly<Record<string, number>>;
}

/** The blobs of an image that one platform needs; undefined where the image is broken. */
export type PlatformBlobs = (root: Descriptor, platform: string) => readonly Descriptor[] | undefined;

/** What each component has in the bundle; sorted by name. */
export function componentShares(lock: Lock, blobsFor: PlatformBlobs): ComponentShare[] {
  const names = [...new Set([...lock.files, ...lock.images].map(({ component }) => component))].sort();
  return names.map((component) => {
    const files = lock.files.filter((file) => file.component === component);
    const images = lock.images.filter((image) => image.component === component);
    const bytes = distinctBytes([...files, ...images.flatMap(({ blobs }) => blobs)]);
    const platforms = lock.platforms.map((platform): [string, number] => {
      const platformFiles = files.filter((file) => file.platforms.includes(platform));
      const platformImages = images.filter((image) => availablePlatforms(image, lock).includes(platform));
      const platformBlobs = platformImages.flatMap(({ root, blobs }) => blobsFor(root, platform) ?? blobs);
      return [platform, distinctBytes([...platformFiles, ...platformBlobs])];
    });
    return {
      component,
      versions: [...new Set([...files, ...images].map(({ version }) => version))],
      files: files.length,
      images: images.length,
      bytes,
      platforms: Object.fromEntries(platforms),
    };
  });
}

/** Bytes of the blobs, each counted once. */
export function distinctBytes(blobs: Iterable<{ readonly digest: Digest; readonly size: number }>): number {
  const sizes = new Map<Digest, number>();
  for (const { digest, size } of blobs) sizes.set(digest, size);
  let bytes = 0;
  for (const size of sizes.values()) bytes += size;
  return bytes;
}
