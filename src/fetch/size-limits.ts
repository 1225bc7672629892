// How much an artifact may have. A server that claims more is refused by name: its claim must stop nothing else.
import { KsoError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";

/** No file of a cluster, and no image with all its layers, has more. Bytes. */
export const maxArtifactSize: number = 64 * 2 ** 30;

/** A file whose length no server tells ends here. Bytes. */
export const maxUntoldSize: number = 4 * 2 ** 30;

/** Checks a size that a server or a manifest claims. @throws KsoError `fetch` for one that cannot be. */
export function assertPossibleSize(bytes: number, claim: string): void {
  if (bytes > maxArtifactSize)
    throw new KsoError(
      "fetch",
      `${claim} ${formatSize(bytes)}, which cannot be: no file and no image of a cluster has more than ${formatSize(maxArtifactSize)}`,
    );
}
