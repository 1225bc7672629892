// Hashes what lies on the disk, on whatever thread it is called.
import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";

/** The digests that are computed, as OCI calls them. */
export type Algorithm = "sha256" | "sha512";

const buffer = Buffer.allocUnsafe(1 << 20);

/** The digest of the bytes at these extents. Throws what the disk says, and where a file ends too soon. */
export function digestOf(extents: readonly Extent[], algorithm: Algorithm): Digest {
  const hash = createHash(algorithm);
  for (const { path, offset, length } of extents) {
    // A pipe that took a file's place in this moment must not hold up the thread.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      for (let at = 0; at < length; ) {
        const read = readSync(file, buffer, 0, Math.min(buffer.length, length - at), offset + at);
        if (read === 0) throw new Error(`${path}: it ends at byte ${offset + at} of ${offset + length}`);
        hash.update(buffer.subarray(0, read));
        at += read;
      }
    } finally {
      closeSync(file);
    }
  }
  return `${algorithm}:${hash.digest("hex")}`;
}
