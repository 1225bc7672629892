// One image as it is pushed: its documents in the order in which a registry takes them, and its blobs. An index that names
// platforms which the bundle does not hold is *sparse*; where the registry takes no such index, a trimmed one is pushed instead.
import type { BlobSource, Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import { readWhole } from "../files/extents.ts";
import { documentLimit } from "../oci/document.ts";
import { type ManifestDocument, manifestKind, parseDocument } from "../oci/manifest.ts";
import { digestOfBytes } from "../oci/verified.ts";

/** What becomes of sparse indexes: they are kept, or trimmed, or (`auto`) trimmed where the registry refuses them. */
export type IndexMode = "auto" | "keep" | "trim";

/** A manifest or an index, with its bytes. */
export interface PushDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly document: ManifestDocument;
}

/** All that is pushed of one image. */
export interface PushContent {
  /** Manifests before the indexes that name them, the root after all that it names, referrers last. */
  readonly documents: readonly PushDocument[];
  readonly root: Descriptor;
  /** The root's digest in the bundle, where the root was trimmed. */
  readonly originalDigest?: Digest;
  /** Configurations and layers. */
  readonly blobs: readonly Descriptor[];
  /** Does an index that is pushed name manifests that are not in the bundle? */
  readonly sparse: boolean;
}

/**
 * Reads the documents of an image; with `trim`, indexes name only what the bundle holds, and what refers to an index that was
 * trimmed is left out.
 * @throws KsoError `verify` when the bundle lacks something of it, or holds other bytes than it says.
 */
export function readContent(image: LockedImage, source: BlobSource, trim: boolean): PushContent {
  const documents = new Map<Digest, PushDocument>();
  const blobs: Descriptor[] = [];
  for (const blob of image.blobs) {
    if (!source.locate(blob.digest)) throw cannotPush(image, `${blob.digest} is missing`);
    if (manifestKind(blob.mediaType)) documents.set(blob.digest, readDocument(image, blob, source));
    else blobs.push(blob);
  }
  const order = new DocumentOrder(documents, trim);
  order.visit(image.root.digest);
  order.visitReferrers();
  const root = order.resultOf(image.root.digest);
  if (!root) throw cannotPush(image, `its root ${image.root.digest} is neither an index nor a manifest`);
  const needed = new Set(order.ordered.flatMap(({ document }) => contentOf(document)));
  return {
    documents: order.ordered,
    root,
    blobs: blobs.filter(({ digest }) => needed.has(digest)),
    sparse: order.sparse && root.digest === image.root.digest,
    ...(root.digest !== image.root.digest && { originalDigest: image.root.digest }),
  };
}

/** Puts documents in order, children first, and trims indexes on the way. */
class DocumentOrder {
  readonly ordered: PushDocument[] = [];
  sparse = false;
  readonly #documents: ReadonlyMap<Digest, PushDocument>;
  readonly #trim: boolean;
  /** Digest in the bundle → what is pushed for it. */
  readonly #results = new Map<Digest, Descriptor>();

  constructor(documents: ReadonlyMap<Digest, PushDocument>, trim: boolean) {
    this.#documents = documents;
    this.#trim = trim;
  }

  resultOf(digest: Digest): Descriptor | undefined {
    return this.#results.get(digest);
  }

  visit(digest: Digest): void {
    const document = this.#documents.get(digest);
    if (!document || this.#results.has(digest)) return;
    this.#results.set(digest, document.descriptor);
    const result = this.#trimmed(document);
    this.#results.set(digest, result.descriptor);
    this.ordered.push(result);
  }

  /** What no index names: signatures, SBOMs. Those of an index that was trimmed have nothing left to refer to. */
  visitReferrers(): void {
    let found = true;
    while (found) {
      found = false;
      for (const [digest, { document }] of this.#documents) {
        if (this.#results.has(digest) || !this.#refersToPushed(document)) continue;
        this.visit(digest);
        found = true;
      }
    }
  }

  #refersToPushed({ subject }: ManifestDocument): boolean {
    return subject === undefined || !this.#documents.has(subject) || this.#results.get(subject)?.digest === subject;
  }

  #trimmed(parent: PushDocument): PushDocument {
    if (parent.document.kind !== "index") return parent;
    const entries = parent.document.entries.map(({ blob }) => blob.digest);
    for (const entry of entries) this.visit(entry);
    const incomplete = entries.some((entry) => !this.#documents.has(entry));
    this.sparse ||= incomplete;
    const changed = entries.some((entry) => (this.#results.get(entry)?.digest ?? entry) !== entry);
    return this.#trim && (incomplete || changed) ? trimIndex(parent, this.#results) : parent;
  }
}

/** The index without entries for manifests that are not in the bundle; everything else of it stays. */
function trimIndex({ descriptor, bytes }: PushDocument, results: ReadonlyMap<Digest, Descriptor>): PushDocument {
  const index = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: Descriptor[] };
  const manifests = index.manifests.flatMap((entry) => {
    const result = results.get(entry.digest);
    return result ? [{ ...entry, digest: result.digest, size: result.size }] : [];
  });
  const written = new TextEncoder().encode(JSON.stringify({ ...index, manifests }));
  const trimmed = { mediaType: descriptor.mediaType, digest: digestOfBytes(written), size: written.length };
  return { descriptor: trimmed, bytes: written, document: parseDocument(written, trimmed) };
}

/** The configuration and layers of a manifest. */
function contentOf(document: ManifestDocument): Digest[] {
  if (document.kind === "index") return [];
  return [...(document.config ? [document.config] : []), ...document.layers].map(({ digest }) => digest);
}

function readDocument(image: LockedImage, descriptor: Descriptor, source: BlobSource): PushDocument {
  const bytes = readWhole(source.locate(descriptor.digest) ?? [], documentLimit);
  const actual = digestOfBytes(bytes);
  if (actual !== descriptor.digest)
    throw cannotPush(image, `${descriptor.digest} has other bytes, with the digest ${actual}`);
  return { descriptor, bytes, document: parseDocument(bytes, descriptor) };
}

function cannotPush({ image }: LockedImage, reason: string): KsoError {
  return new KsoError("verify", `Cannot push ${image}: in the bundle ${reason}; kso verify tells more`);
}
