// Checks the blobs: each that the lock names is in the bundle with its size, and the bytes of each match its name.
import { createHash } from "node:crypto";
import type { BundleEntry } from "../bundle/archive.ts";
import { type Bundle, blobName, entryIn } from "../bundle/open.ts";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { blobsOf } from "../core/lock.ts";
import { readWhole, totalLength } from "../files/extents.ts";
import { documentLimit } from "../oci/document.ts";
import type { EntryDigests } from "./hash-entries.ts";
import type { BlobOwner } from "./owners.ts";
import type { Findings } from "./report.ts";

/** The bytes of manifests that are cached; those of a release are a hundredth of it. */
const maxCachedBytes = 64 << 20;

/** Returns a function that reads manifests and image configurations of the bundle. For a damaged blob it returns undefined: {@link checkBlobs} reports it. */
export function cachedReader(bundle: Bundle): (blob: Descriptor) => Uint8Array | undefined {
  const cache = new Map<Digest, Uint8Array | undefined>();
  let room = maxCachedBytes;
  return (blob) => {
    if (cache.has(blob.digest)) return cache.get(blob.digest);
    const extents = bundle.locate(blob.digest);
    if (!extents || totalLength(extents) !== blob.size) return undefined;
    const bytes = readIntact(blob, extents);
    if (bytes) room -= blob.size;
    if (room >= 0 || !bytes) cache.set(blob.digest, bytes);
    return bytes;
  };
}

/** The bytes of a blob, undefined where they are not what its digest says. @throws KsoError `verify` for one that is no manifest by its size. */
function readIntact({ digest, size }: Descriptor, extents: readonly Extent[]): Uint8Array | undefined {
  if (size > documentLimit)
    throw new KsoError(
      "verify",
      `${digest} has ${size} bytes, more than the ${documentLimit} that a manifest may have`,
    );
  const bytes = readWhole(extents, documentLimit);
  const actual = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return actual === digest ? bytes : undefined;
}

/** Checks the lock's blobs against the entries of the bundle, and the bytes of the entries against their names. */
export function checkBlobs(bundle: Bundle, hashes: EntryDigests, owner: BlobOwner, findings: Findings): void {
  for (const { digest, size } of blobsOf(bundle.lock)) {
    const located = entryIn(bundle.archives, blobName(digest));
    if (!located) findings.add(owner(digest), "missing", `the bundle does not have its blob ${digest}`);
    else if (located.entry.size !== size)
      findings.add(
        owner(digest),
        "size",
        `the lock says ${size} bytes for ${digest}, and the bundle has ${located.entry.size}`,
      );
  }
  for (const { entries, path } of bundle.archives)
    for (const entry of entries.values()) checkBlobEntry(entry, path, { hashes, owner, findings });
}

interface BlobChecks {
  readonly hashes: EntryDigests;
  readonly owner: BlobOwner;
  readonly findings: Findings;
}

function checkBlobEntry(entry: BundleEntry, path: string, { hashes, owner, findings }: BlobChecks): void {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(entry.name)?.[1];
  if (hex === undefined) return;
  if (entry.type !== "file") {
    findings.add(entry.name, "structure", `${path}: a blob is a file of its own, and this one leads elsewhere`);
    return;
  }
  const digest: Digest = `sha256:${hex}`;
  const actual = hashes.get(entry);
  if (actual !== undefined && actual !== digest)
    findings.add(owner(digest), "digest", `${path}: ${entry.name} is damaged, its bytes are ${actual}`);
}
