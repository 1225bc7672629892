// The blobs: what the lock names is there, with its size, and every blob in the archives is what its name says.
import { createHash } from "node:crypto";
import { type Bundle, blobName, entryIn } from "../bundle/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf } from "../core/lock.ts";
import { readWhole, totalLength } from "../files/extents.ts";
import { documentLimit } from "../oci/manifest.ts";
import type { EntryDigests } from "./hash-entries.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";

/** So much is kept of what was read: the manifests of a release are a hundredth of it. Bytes. */
const maxCachedBytes = 64 << 20;

/** Reads manifests and configurations of the bundle; a blob that is damaged counts as not there: it is reported as damaged. */
export function cachedReader(bundle: Bundle): (blob: Descriptor) => Uint8Array | undefined {
  const known = new Map<Digest, Uint8Array | undefined>();
  let room = maxCachedBytes;
  return ({ digest, size }) => {
    if (known.has(digest)) return known.get(digest);
    const extents = bundle.locate(digest);
    const length = extents && totalLength(extents);
    if (!extents || length !== size) return undefined;
    if (size > documentLimit)
      throw new KsoError(
        "verify",
        `${digest} has ${size} bytes, more than the ${documentLimit} that a manifest may have`,
      );
    const bytes = readWhole(extents, documentLimit);
    const sound = `sha256:${createHash("sha256").update(bytes).digest("hex")}` === digest;
    if (sound) room -= size;
    if (room >= 0 || !sound) known.set(digest, sound ? bytes : undefined);
    return sound ? bytes : undefined;
  };
}

export function checkBlobs(bundle: Bundle, hashes: EntryDigests, owner: BlobOwner, findings: Findings): void {
  for (const { digest, size } of blobsOf(bundle.lock)) {
    const found = entryIn(bundle.archives, blobName(digest));
    if (!found) findings.add(owner(digest), "missing", `the bundle does not have its blob ${digest}`);
    else if (found.entry.size !== size)
      findings.add(
        owner(digest),
        "size",
        `the lock says ${size} bytes for ${digest}, and the bundle has ${found.entry.size}`,
      );
  }
  for (const { entries, path } of bundle.archives) {
    for (const entry of entries.values()) {
      const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(entry.name)?.[1];
      if (hex === undefined) continue;
      if (entry.type !== "file") {
        findings.add(entry.name, "structure", `${path}: a blob is a file of its own, and this one leads elsewhere`);
        continue;
      }
      const digest: Digest = `sha256:${hex}`;
      const real = hashes.get(entry);
      if (real !== undefined && real !== digest)
        findings.add(owner(digest), "digest", `${path}: ${entry.name} is damaged, its bytes are ${real}`);
    }
  }
}
