// What the registry has already: the repositories of each blob and document, and what the tags name. All requests are HEAD.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Registry } from "../oci/registry.ts";
import type { PushContent } from "./image-content.ts";
import type { NamedImage } from "./names.ts";

/** An image under its new name, with what is pushed of it. */
export type PushImage = NamedImage & {
  readonly content: PushContent;
  /** What is pushed instead where the registry refuses a sparse index. */
  readonly trimmed?: PushContent;
};

/** What the registry has, as far as it is known; blobs are added as they arrive. */
export class RegistryState {
  /** Blob → the repositories that have it. */
  readonly #locations = new Map<Digest, Set<string>>();
  /** `repository digest` of each manifest and index that is there. */
  readonly #documents = new Set<string>();
  /** `repository:tag` → what it names. */
  readonly #tags = new Map<string, Digest>();

  hasBlob(repository: string, { digest }: Descriptor): boolean {
    return this.#locations.get(digest)?.has(repository) ?? false;
  }

  /** A repository that has the blob, if there is any. */
  locationOf({ digest }: Descriptor): string | undefined {
    const [repository] = this.#locations.get(digest) ?? [];
    return repository;
  }

  addBlob(repository: string, { digest }: Descriptor): void {
    const repositories = this.#locations.get(digest) ?? new Set();
    this.#locations.set(digest, repositories.add(repository));
  }

  /** The registry has lost the blob in every repository. */
  forgetBlob({ digest }: Descriptor): void {
    this.#locations.delete(digest);
  }

  hasDocument(repository: string, { digest }: Descriptor): boolean {
    return this.#documents.has(`${repository} ${digest}`);
  }

  addDocument(repository: string, { digest }: Descriptor): void {
    this.#documents.add(`${repository} ${digest}`);
  }

  /** What the tag of an image named before the push. */
  tagged({ repository, tag }: NamedImage): Digest | undefined {
    return this.#tags.get(`${repository}:${tag}`);
  }

  addTag({ repository, tag }: NamedImage, digest: Digest): void {
    this.#tags.set(`${repository}:${tag}`, digest);
  }

  /** Is all of the image there, and does its tag name it? */
  isComplete(image: PushImage): boolean {
    const { repository, content } = image;
    return (
      this.tagged(image) === content.root.digest &&
      content.documents.every(({ descriptor }) => this.hasDocument(repository, descriptor)) &&
      content.blobs.every((blob) => this.hasBlob(repository, blob))
    );
  }
}

/** Finds out what the registry has of these images. */
export async function inspectTarget(
  registry: Registry,
  images: readonly PushImage[],
  signal: AbortSignal,
): Promise<RegistryState> {
  const state = new RegistryState();
  await Promise.all([
    ...blobsOfImages(images).map(async ({ repository, blob }) => {
      if (await registry.writer(repository).has(blob, signal)) state.addBlob(repository, blob);
    }),
    ...images.map(async (image) => {
      const { repository, tag, content } = image;
      const reader = registry.reader(repository);
      const tagged = await reader.head(tag, signal);
      if (tagged) state.addTag(image, tagged.digest);
      const documents = new Map(
        [...content.documents, ...(image.trimmed?.documents ?? [])].map(({ descriptor }) => [
          descriptor.digest,
          descriptor,
        ]),
      );
      for (const descriptor of documents.values())
        if (await reader.head(descriptor.digest, signal)) state.addDocument(repository, descriptor);
    }),
  ]);
  return state;
}

/** A blob, and a repository that needs it. */
export interface RepositoryBlob {
  readonly repository: string;
  readonly blob: Descriptor;
}

/** Each blob of each repository once, the largest first. */
export function blobsOfImages(images: readonly PushImage[]): RepositoryBlob[] {
  const blobs = new Map<string, RepositoryBlob>();
  for (const { repository, content } of images)
    for (const blob of content.blobs) blobs.set(`${repository} ${blob.digest}`, { repository, blob });
  return [...blobs.values()].sort((a, b) => b.blob.size - a.blob.size);
}
