// The documents of one image during a walk: the blobs found so far, the documents read so far, and limits on reading.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { documentLimit } from "./document.ts";
import { type ImagePlatform, type ManifestDocument, parseConfig, parseDocument } from "./manifest.ts";

/** A document that a walk reads next; its kind decides how it is requested from a registry. */
export interface DocumentRequest {
  readonly blob: Descriptor;
  readonly kind: "manifest" | "config";
}

/** A walk: it yields the documents to read, is resumed with the bytes of each (undefined: not here), and returns the result. */
export type GraphWalk<T> = Generator<readonly DocumentRequest[], T, readonly (Uint8Array | undefined)[]>;

/** How many documents of one image are read, and how many bytes: a hostile image would name documents without end. */
const maxDocuments = 500;
const maxBytes = 64 << 20;

/** What has been found of one image: its blobs, each once, and the documents among them that have been read. */
export class ImageGraph {
  readonly #root: Descriptor;
  readonly #blobs = new Map<Digest, Descriptor>();
  readonly #documents = new Map<string, ManifestDocument | ImagePlatform>();
  readonly #unread = new Set<Digest>();
  #documentCount = 0;
  #byteCount = 0;

  constructor(root: Descriptor) {
    this.#root = root;
    this.add(root);
  }

  /** Adds a blob to the image. @throws KsoError `verify` when it has been added with another size. */
  add(blob: Descriptor): void {
    const { size } = this.#blobs.get(blob.digest) ?? blob;
    if (size !== blob.size) throw this.refuse(`${blob.digest} is said to have ${size} bytes and ${blob.size}`);
    if (!this.#blobs.has(blob.digest)) this.#blobs.set(blob.digest, blob);
  }

  /** All blobs, in the order in which they were added. */
  get blobs(): Descriptor[] {
    return [...this.#blobs.values()];
  }

  /** The image's own documents that were requested and were not there. */
  get unread(): Descriptor[] {
    return this.blobs.filter(({ digest }) => this.#unread.has(digest));
  }

  /** Reads indexes and manifests; undefined for each that is not there. */
  documents(blobs: readonly Descriptor[]): GraphWalk<(ManifestDocument | undefined)[]> {
    return this.#read(blobs, "manifest", parseDocument);
  }

  /** Reads image configurations; undefined for each that is not there. */
  configs(blobs: readonly Descriptor[]): GraphWalk<(ImagePlatform | undefined)[]> {
    return this.#read(blobs, "config", parseConfig);
  }

  /** The error where this image cannot be followed. */
  refuse(reason: string): KsoError {
    return new KsoError("verify", `Cannot follow image ${this.#root.digest}: ${reason}`);
  }

  *#read<T extends ManifestDocument | ImagePlatform>(
    blobs: readonly Descriptor[],
    kind: DocumentRequest["kind"],
    parse: (bytes: Uint8Array, blob: Descriptor) => T,
  ): GraphWalk<(T | undefined)[]> {
    const needed = this.#needed(blobs, kind);
    this.#count(needed, kind);
    if (needed.length > 0) {
      const contents = yield needed.map((blob) => ({ blob, kind }));
      for (const [index, blob] of needed.entries()) {
        const bytes = contents[index];
        if (!bytes) this.#unread.add(blob.digest);
        else if (bytes.length !== blob.size)
          throw this.refuse(`${kind} ${blob.digest} has ${bytes.length} bytes and is said to have ${blob.size}`);
        else this.#documents.set(keyOf(kind, blob.digest), parse(bytes, blob));
      }
    }
    return blobs.map(({ digest }) => this.#documents.get(keyOf(kind, digest)) as T | undefined);
  }

  /** Those that have not been requested yet, each once. */
  #needed(blobs: readonly Descriptor[], kind: DocumentRequest["kind"]): Descriptor[] {
    const needed = new Map<Digest, Descriptor>();
    for (const blob of blobs) {
      const requested = this.#documents.has(keyOf(kind, blob.digest)) || this.#unread.has(blob.digest);
      if (!requested) needed.set(blob.digest, blob);
    }
    return [...needed.values()];
  }

  #count(blobs: readonly Descriptor[], kind: DocumentRequest["kind"]): void {
    for (const { digest, size } of blobs) {
      if (size > documentLimit)
        throw this.refuse(`${kind} ${digest} is said to have ${size} bytes; at most ${documentLimit} are read`);
      this.#documentCount++;
      this.#byteCount += size;
    }
    if (this.#documentCount > maxDocuments) throw this.refuse(`it names more than ${maxDocuments} manifests`);
    if (this.#byteCount > maxBytes) throw this.refuse(`its manifests have more than ${maxBytes} bytes`);
  }
}

function keyOf(kind: DocumentRequest["kind"], digest: Digest): string {
  return `${kind} ${digest}`;
}
