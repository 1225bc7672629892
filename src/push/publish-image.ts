// Publishes one image: the blobs, then the manifests, then the index; all of it is read back by digest, and only then tagged. A
// tag therefore always names an image that is complete.
import type { Descriptor } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";
import { readImage } from "../oci/image.ts";
import type { Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import type { BlobPusher } from "./blob-pusher.ts";
import type { PushDocument } from "./image-content.ts";
import { listReferrer } from "./referrers.ts";
import type { PushImage, RegistryState } from "./registry-state.ts";

/** What an {@link ImagePublisher} works with. */
export interface PublisherContext {
  readonly registry: Registry;
  readonly state: RegistryState;
  readonly blobs: BlobPusher;
  readonly signal: AbortSignal;
}

/** Publishes images in one registry. */
export class ImagePublisher {
  readonly #context: PublisherContext;

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /**
   * Pushes what is missing of an image, and its tag at the end.
   * @param onBlobsPushed called when its blobs are there
   * @throws KsoError or RegistryError saying why it could not be published; its tag is unchanged then.
   */
  async publish(image: PushImage, onBlobsPushed: () => void): Promise<"pushed" | "there"> {
    const { state, blobs } = this.#context;
    const { repository, content } = image;
    const hadAllBlobs = content.blobs.every((blob) => state.hasBlob(repository, blob));
    await allSettled(content.blobs.map((blob) => blobs.push(repository, blob)));
    onBlobsPushed();
    const sent = await this.#pushDocuments(image, hadAllBlobs);
    const tagged = await this.#pushTag(image);
    return tagged || sent > 0 || !hadAllBlobs ? "pushed" : "there";
  }

  /** Pushes the documents that are missing, and all of them where reading back fails. @returns how many were sent. */
  async #pushDocuments(image: PushImage, hadAllBlobs: boolean): Promise<number> {
    const { state, signal } = this.#context;
    const { repository, content } = image;
    const missing = content.documents.filter(({ descriptor }) => !state.hasDocument(repository, descriptor));
    try {
      for (const document of missing) await this.#pushDocument(repository, document);
      // Where nothing was sent, the blobs have just been looked up.
      await this.#readBack(image, missing.length > 0 || !hadAllBlobs ? content.blobs : []);
      return missing.length;
    } catch (cause) {
      signal.throwIfAborted();
      // The registry may have lost what it had: push that, and all documents.
      if (!(await this.#pushLost(image))) throw cause;
      for (const document of content.documents) await this.#pushDocument(repository, document);
      await this.#readBack(image, content.blobs);
      return content.documents.length;
    }
  }

  async #pushDocument(repository: string, pushed: PushDocument): Promise<void> {
    const { registry, signal } = this.#context;
    const { descriptor, bytes, document } = pushed;
    const { listed } = await registry.writer(repository).put(descriptor.digest, descriptor, bytes, signal);
    if (document.subject !== undefined && !listed) await listReferrer(registry, repository, pushed, signal);
  }

  /** Pushes the tag. @returns false where it names the image already. */
  async #pushTag(image: PushImage): Promise<boolean> {
    const { registry, state, signal } = this.#context;
    const { repository, tag, content } = image;
    const { root, documents } = content;
    if (state.tagged(image) === root.digest) return false;
    const bytes = documents.find(({ descriptor }) => descriptor.digest === root.digest)?.bytes ?? new Uint8Array();
    await registry.writer(repository).put(tag, root, bytes, signal);
    const current = await registry.reader(repository).head(tag, signal);
    if (current?.digest === root.digest) return true;
    throw new KsoError("remote", `the tag was put and names ${current?.digest ?? "nothing"} instead of ${root.digest}`);
  }

  /** Sends again whatever the registry has lost. @returns whether there was anything. */
  async #pushLost({ repository, content }: PushImage): Promise<boolean> {
    const { registry, blobs, signal } = this.#context;
    const lost = await this.#lostBlobs(repository, content.blobs);
    for (const blob of lost) await blobs.pushAgain(repository, blob);
    if (lost.length > 0) return true;
    const reader = registry.reader(repository);
    const present = await Promise.all(
      content.documents.map(({ descriptor }) => reader.head(descriptor.digest, signal)),
    );
    // Without its index it may just have been refused; without a manifest that it took, it lost one.
    return present.slice(0, -1).some((document) => !document);
  }

  async #lostBlobs(repository: string, blobs: readonly Descriptor[]): Promise<Descriptor[]> {
    const { registry, signal } = this.#context;
    const writer = registry.writer(repository);
    const present = await Promise.all(blobs.map((blob) => writer.has(blob, signal)));
    return blobs.filter((_, index) => !present[index]);
  }

  /** Reads the index, the manifests and configurations of every platform, each checked by its digest, and HEAD of every blob. */
  async #readBack({ repository, content, images }: PushImage, blobs: readonly Descriptor[]): Promise<void> {
    const { registry, signal } = this.#context;
    const { unavailable, mislabelled } = await readImage({
      repository: registry.reader(repository),
      root: content.root,
      platforms: [...new Set(images.flatMap((image) => image.platforms))],
      signal,
      load: () => undefined,
      save: () => undefined,
      referrers: false,
    });
    const recorded = new Set(images.flatMap(({ unavailable = [] }) => unavailable));
    const lacking = unavailable.filter((platform) => !recorded.has(platform));
    if (lacking.length > 0) throw incomplete(`it has no image for ${lacking.join(", ")}`);
    const [wrong] = images.some(({ mismatch }) => mismatch) ? [] : Object.entries(mislabelled);
    if (wrong) throw incomplete(`what it has for ${wrong[0]} says that it runs on ${wrong[1]}`);
    const [lost, ...more] = await this.#lostBlobs(repository, blobs);
    if (!lost) return;
    throw incomplete(`${lost.digest}${more.length > 0 ? ` and ${more.length} more blobs are` : " is"} not there`);
  }
}

function incomplete(reason: string): KsoError {
  return new KsoError("remote", `read back from the registry, ${reason}`);
}

/** Waits for all of them, so that nothing goes on behind a failure. @throws the first one's. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  const [failed] = (await Promise.allSettled(promises)).filter((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** Has the registry refused the image because its index is sparse? */
export function isSparseRefused(cause: unknown, { content }: PushImage): boolean {
  const codes = ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_INVALID"];
  return content.sparse && cause instanceof RegistryError && cause.codes.some((code) => codes.includes(code));
}
