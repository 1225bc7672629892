// Small blobs that are asked for often, kept in memory, those longest that are asked for again; each is checked against its digest before
// it is kept, so that what leaves from here is what its name says.
import { createHash } from "node:crypto";
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { readWhole } from "../../files/extents.ts";

/** A blob larger than this is never kept. Bytes. */
const largest = 64 << 10;

/** `locate` gives extents that may be read at once; at most `room` bytes are kept. @throws KsoError `verify` for a blob that is damaged. */
export function blobCache(
  locate: (blob: Descriptor) => readonly Extent[],
  room: number = 32 << 20,
): (blob: Descriptor) => Uint8Array<ArrayBuffer> | undefined {
  const kept = new Map<Digest, { readonly bytes: Uint8Array<ArrayBuffer>; wanted: boolean }>();
  let used = 0;
  return (blob) => {
    const known = kept.get(blob.digest);
    if (known) {
      known.wanted = true;
      return known.bytes;
    }
    if (blob.size > largest) return undefined;
    const bytes = readWhole(locate(blob), largest) as Uint8Array<ArrayBuffer>;
    const real = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (real !== blob.digest)
      throw new KsoError("verify", `Cannot serve ${blob.digest}: the bundle is damaged, its bytes are ${real}`);
    kept.set(blob.digest, { bytes, wanted: false });
    used += bytes.length;
    for (const [digest, oldest] of kept) {
      if (used <= room) break;
      kept.delete(digest);
      // Whoever was asked for since gets another round.
      if (oldest.wanted) kept.set(digest, { bytes: oldest.bytes, wanted: false });
      else used -= oldest.bytes.length;
    }
    return bytes;
  };
}
