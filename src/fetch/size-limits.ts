// How much an artifact may have. A server that claims more is refused by name: its claim must stop nothing else.
import { KsoError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { margin } from "./disk-room.ts";

/** No file of a cluster, and no image with all its layers, has more. Bytes. */
export const maxArtifactSize: number = 64 * 2 ** 30;

/** A file whose length no server tells ends here. Bytes. */
const maxUntoldSize: number = 4 * 2 ** 30;

/**
 * The most bytes of a file whose size nobody told beforehand: so many of them at one time must not fill the disk.
 * @param free bytes that nothing else will take.
 */
export function unsizedLimits(free: number, concurrent: number): { readonly told: number; readonly untold: number } {
  const share = Math.max(margin, Math.floor((free - margin) / Math.max(1, concurrent)));
  return { told: Math.min(maxArtifactSize, share), untold: Math.min(maxUntoldSize, share) };
}

/** Checks a size that a server or a manifest claims. @throws KsoError `fetch` for one that cannot be. */
export function assertPossibleSize(bytes: number, claim: string): void {
  if (bytes > maxArtifactSize)
    throw new KsoError(
      "fetch",
      `${claim} ${formatSize(bytes)}, which cannot be: no file and no image of a cluster has more than ${formatSize(maxArtifactSize)}`,
    );
}
