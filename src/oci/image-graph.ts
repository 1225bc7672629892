// What a walk over an image holds: the blobs found so far, the documents read so far, and how much it may still ask for.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { documentLimit, type ImagePlatform, type ManifestDocument, parseConfig, parseDocument } from "./manifest.ts";

/** What a walk needs to read next; how a registry is asked for it depends on what it is. */
export interface DocumentRequest {
  readonly blob: Descriptor;
  readonly as: "manifest" | "config";
}

/** A walk: it yields what it needs, takes the bytes of each (undefined: not here), and returns what it found. */
export type GraphWalk<T> = Generator<readonly DocumentRequest[], T, readonly (Uint8Array | undefined)[]>;

/** Documents that one image may make somebody read, and their bytes: a hostile one would go on for ever. */
const mostDocuments = 500;
const mostBytes = 64 << 20;

export class ImageGraph {
  readonly #root: Descriptor;
  readonly #blobs = new Map<Digest, Descriptor>();
  readonly #known = new Map<string, ManifestDocument | ImagePlatform>();
  readonly #absent = new Set<Digest>();
  #documents = 0;
  #bytes = 0;

  constructor(root: Descriptor) {
    this.#root = root;
    this.add(root);
  }

  /** Counts a blob to the image. @throws KsoError `verify` when it was there with another size. */
  add(blob: Descriptor): void {
    const { size } = this.#blobs.get(blob.digest) ?? blob;
    if (size !== blob.size) throw this.refuse(`${blob.digest} is said to have ${size} bytes and ${blob.size}`);
    if (!this.#blobs.has(blob.digest)) this.#blobs.set(blob.digest, blob);
  }

  /** In the order in which they were added. */
  get blobs(): Descriptor[] {
    return [...this.#blobs.values()];
  }

  /** Those of the image's own that were asked for and were not there. */
  get absent(): Descriptor[] {
    return this.blobs.filter(({ digest }) => this.#absent.has(digest));
  }

  documents(blobs: readonly Descriptor[]): GraphWalk<(ManifestDocument | undefined)[]> {
    return this.#read(blobs, "manifest", parseDocument);
  }

  configs(blobs: readonly Descriptor[]): GraphWalk<(ImagePlatform | undefined)[]> {
    return this.#read(blobs, "config", parseConfig);
  }

  refuse(reason: string): KsoError {
    return new KsoError("verify", `Cannot follow image ${this.#root.digest}: ${reason}`);
  }

  *#read<T extends ManifestDocument | ImagePlatform>(
    blobs: readonly Descriptor[],
    as: DocumentRequest["as"],
    parse: (bytes: Uint8Array, blob: Descriptor) => T,
  ): GraphWalk<(T | undefined)[]> {
    const keyOf = (digest: Digest): string => `${as} ${digest}`;
    const needed = new Map<Digest, Descriptor>();
    for (const blob of blobs) {
      const known = this.#known.has(keyOf(blob.digest)) || this.#absent.has(blob.digest);
      if (!known) needed.set(blob.digest, blob);
    }
    for (const { digest, size } of needed.values()) {
      if (size > documentLimit)
        throw this.refuse(`${as} ${digest} is said to have ${size} bytes; at most ${documentLimit} are read`);
      this.#documents++;
      this.#bytes += size;
    }
    if (this.#documents > mostDocuments) throw this.refuse(`it names more than ${mostDocuments} manifests`);
    if (this.#bytes > mostBytes) throw this.refuse(`its manifests have more than ${mostBytes} bytes`);
    if (needed.size > 0) {
      const asked = [...needed.values()];
      const answers = yield asked.map((blob) => ({ blob, as }));
      for (const [at, blob] of asked.entries()) {
        const bytes = answers[at];
        if (!bytes) this.#absent.add(blob.digest);
        else if (bytes.length !== blob.size)
          throw this.refuse(`${as} ${blob.digest} has ${bytes.length} bytes and is said to have ${blob.size}`);
        else this.#known.set(keyOf(blob.digest), parse(bytes, blob));
      }
    }
    return blobs.map(({ digest }) => this.#known.get(keyOf(digest)) as T | undefined);
  }
}
