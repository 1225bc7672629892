// One image as it is to be pushed: its documents in the order in which a registry takes them, and its blobs. An index names
// platforms that the bundle does not hold (it is *sparse*); where the registry takes no such index, a trimmed one goes instead.
import type { BlobSource, Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { readWhole } from "../files/extents.ts";
import { documentLimit, type ManifestDocument, manifestKind, parseDocument } from "../oci/manifest.ts";
import { digestOfBytes } from "../oci/verified.ts";

export interface Paper {
  readonly blob: Descriptor;
  readonly bytes: Uint8Array;
  readonly document: ManifestDocument;
}

export interface Content {
  /** Manifests before the indexes that name them, the root behind its own, what refers to it last. */
  readonly papers: readonly Paper[];
  readonly root: Descriptor;
  /** The root's digest in the bundle, where it is another one. */
  readonly was?: Digest;
  /** Configurations and layers. */
  readonly blobs: readonly Descriptor[];
  /** Does an index name manifests that are not here? */
  readonly sparse: boolean;
}

/** @throws KsoError `verify` when the bundle lacks something of it, or holds other bytes than it says. */
export function contentOf(image: LockedImage, source: BlobSource, trim: boolean): Content {
  const papers = new Map<Digest, Paper>();
  const blobs: Descriptor[] = [];
  for (const blob of image.blobs) {
    if (!source.locate(blob.digest)) throw wrong(image, `${blob.digest} is missing`);
    if (manifestKind(blob.mediaType)) papers.set(blob.digest, read(image, blob, source));
    else blobs.push(blob);
  }
  const ordered: Paper[] = [];
  const made = new Map<Digest, Descriptor>();
  let sparse = false;
  const visit = (digest: Digest): void => {
    const paper = papers.get(digest);
    if (!paper || made.has(digest)) return;
    made.set(digest, paper.blob);
    let last = paper;
    if (paper.document.kind === "index") {
      const entries = paper.document.entries.map(({ blob }) => blob.digest);
      for (const entry of entries) visit(entry);
      const absent = entries.some((entry) => !papers.has(entry));
      sparse ||= absent;
      const changed = entries.some((entry) => (made.get(entry)?.digest ?? entry) !== entry);
      if (trim && (absent || changed)) last = trimmed(paper, made);
    }
    made.set(digest, last.blob);
    ordered.push(last);
  };
  visit(image.root.digest);
  // Signatures and the like: no index leads to them.
  for (const digest of papers.keys()) visit(digest);
  const root = made.get(image.root.digest);
  if (!root) throw wrong(image, `its root ${image.root.digest} is neither an index nor a manifest`);
  return { papers: ordered, root, blobs, sparse, ...(root.digest !== image.root.digest && { was: image.root.digest }) };
}

/** The index without what is not here; everything else of it stays. */
function trimmed({ blob, bytes }: Paper, made: ReadonlyMap<Digest, Descriptor>): Paper {
  const index = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: Descriptor[] };
  const manifests = index.manifests.flatMap((entry) => {
    const there = made.get(entry.digest);
    return there ? [{ ...entry, digest: there.digest, size: there.size }] : [];
  });
  const written = new TextEncoder().encode(JSON.stringify({ ...index, manifests }));
  const descriptor = { mediaType: blob.mediaType, digest: digestOfBytes(written), size: written.length };
  return { blob: descriptor, bytes: written, document: parseDocument(written, descriptor) };
}

function read(image: LockedImage, blob: Descriptor, source: BlobSource): Paper {
  const bytes = readWhole(source.locate(blob.digest) ?? [], documentLimit);
  const found = digestOfBytes(bytes);
  if (found !== blob.digest) throw wrong(image, `${blob.digest} has other bytes, with the digest ${found}`);
  return { blob, bytes, document: parseDocument(bytes, blob) };
}

function wrong({ image }: LockedImage, why: string): KsoError {
  return new KsoError("verify", `Cannot push ${image}: in the bundle ${why}; kso verify tells more`);
}
