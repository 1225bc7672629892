// Small blobs that are asked for often, kept in memory, the latest asked for longest; each is checked against its digest before
// it is kept, so that what leaves from here is what its name says.
import { createHash } from "node:crypto";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { readWhole } from "../store/extents.ts";

/** A blob larger than this is never kept. Bytes. */
const largest = 64 << 10;
/** All that is kept. Bytes. */
const room = 32 << 20;

/** `locate` gives extents that may be read at once. @throws KsoError `verify` for a blob that is damaged. */
export function hotBlobs(
  locate: (blob: Descriptor) => readonly Extent[],
): (blob: Descriptor) => Uint8Array<ArrayBuffer> | undefined {
  const kept = new Map<Digest, { readonly bytes: Uint8Array<ArrayBuffer>; round: number }>();
  let used = 0;
  let round = 0;
  return (blob) => {
    const known = kept.get(blob.digest);
    if (known) {
      // Moved behind the others now and then only: it costs more than to look it up.
      if (round - known.round > 256) {
        kept.delete(blob.digest);
        kept.set(blob.digest, known);
        known.round = ++round;
      }
      return known.bytes;
    }
    if (blob.size > largest) return undefined;
    const bytes = readWhole(locate(blob), largest) as Uint8Array<ArrayBuffer>;
    const real = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (real !== blob.digest)
      throw new KsoError("verify", `Cannot serve ${blob.digest}: the bundle is damaged, its bytes are ${real}`);
    kept.set(blob.digest, { bytes, round: ++round });
    used += bytes.length;
    for (const [digest, oldest] of kept) {
      if (used <= room) break;
      kept.delete(digest);
      used -= oldest.bytes.length;
    }
    return bytes;
  };
}
