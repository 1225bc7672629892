// The images of a push: their names, what is pushed of each, and which go first.
import type { BlobSource } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";
import { availablePlatforms, type Lock } from "../core/lock.ts";
import { totalSize } from "../files/extents.ts";
import { type IndexMode, readContent } from "./image-content.ts";
import { type ImageNaming, type NamedImage, nameImages } from "./names.ts";
import type { PushImage, RegistryState } from "./registry-state.ts";

/** The images under their new names; apart from them those that the bundle has for no platform. */
export function nameImagesByContent(
  lock: Lock,
  naming: ImageNaming,
): { readonly complete: NamedImage[]; readonly empty: NamedImage[] } {
  const named = nameImages(lock.images, naming);
  const isComplete = ({ images }: NamedImage): boolean =>
    images.every((image) => availablePlatforms(image, lock).length > 0);
  return { complete: named.filter(isComplete), empty: named.filter((image) => !isComplete(image)) };
}

/** The images, each with what is pushed of it. */
export function readImages(
  named: readonly NamedImage[],
  { source, index }: { readonly source: BlobSource; readonly index: IndexMode },
): PushImage[] {
  return named.map((namedImage) => {
    const { images, repository } = namedImage;
    const [image] = images;
    if (!image) throw new KsoError("unexpected", `no image is named ${repository}`);
    const content = readContent(image, source, index === "trim");
    // A cluster that asks for the index by its digest would not find a trimmed one.
    const trimmable = index === "auto" && content.sparse && !images.some(({ byDigest }) => byDigest);
    return { ...namedImage, content, ...(trimmable && { trimmed: readContent(image, source, true) }) };
  });
}

/** The same image with the index that names only the platforms in the bundle, where it may be replaced by that one. */
export function trimmedImage({ trimmed, ...image }: PushImage): PushImage {
  return trimmed ? { ...image, content: trimmed } : image;
}

/** An earlier push found out that the registry refuses sparse indexes. */
export function wasTrimmed({ trimmed, ...image }: PushImage, state: RegistryState): boolean {
  return trimmed !== undefined && state.tagged(image) === trimmed.root.digest;
}

/** The smallest image of each kind: they are pushed first, to find out whether the registry takes the kind. */
export function samples(images: readonly PushImage[], state: RegistryState): PushImage[] {
  const kinds = new Map<string, PushImage>();
  for (const image of [...images].sort((a, b) => totalSize(a.content.blobs) - totalSize(b.content.blobs))) {
    const { root } = image.content;
    if (state.hasDocument(image.repository, root)) continue;
    const kind = `${root.mediaType} ${image.content.sparse}`;
    if (!kinds.has(kind)) kinds.set(kind, image);
  }
  return [...kinds.values()];
}
