// Finds the blobs of one image, and which of the chosen platforms it has. A server that lacks a platform is not believed before the
// others were asked for the same tag: mirrors often have one architecture alone.
import type { Descriptor } from "../core/descriptor.ts";
import type { LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Unavailable } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import { totalSize } from "../files/extents.ts";
import { type RemoteImage, readImage } from "../oci/image.ts";
import { isImageConfig, manifestKind } from "../oci/manifest.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { assertMismatchAllowed, readBlob } from "./architecture.ts";
import { judgePlatforms } from "./missing-platforms.ts";
import type { FetchOptions } from "./options.ts";
import { assertPossibleSize } from "./size-limits.ts";

/** An image whose root is known: from its tag, or from the lock. */
export interface ResolvedImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage | undefined;
  readonly root: Descriptor;
  /** The first one has responded, where the root is from the tag. */
  readonly repositories: readonly RepositoryReader[];
}

/** An image of which every blob and its size is known. */
export interface IdentifiedImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage;
  /** Where its blobs can be fetched, in order of preference. */
  readonly repositories: readonly RepositoryReader[];
}

/** What there is of an image, and the record of what there is not. */
export interface Identification {
  /** Undefined where it has none of the platforms. */
  readonly image: IdentifiedImage | undefined;
  readonly unavailable: readonly Unavailable[];
}

/** Finds the blobs of an image, from the first repository that has it. @throws KsoError `fetch` naming what is wrong with it. */
export async function identifyImage(image: ResolvedImage, options: FetchOptions): Promise<Identification> {
  const { artifact, locked, repositories } = image;
  if (locked && isComplete(locked, artifact, options))
    return { image: { artifact, locked, repositories }, unavailable: [] };
  const found = await readFromAny(image, options);
  const isFixed = locked !== undefined || artifact.digest !== undefined;
  const whole =
    found.content.unavailable.length > 0 && !isFixed ? await readElsewhere(found.image, options) : undefined;
  return identification(whole ?? found, options);
}

/** Are the lock's platforms those of the plan, and all its manifests and configurations in the store? */
function isComplete(locked: LockedImage, artifact: ImageArtifact, { store }: FetchOptions): boolean {
  // Which layers are in the store is found out later.
  return (
    artifact.platforms.join() === locked.platforms.join() &&
    (artifact.digest !== undefined) === (locked.byDigest === true) &&
    locked.blobs.every(
      (blob) => store.has(blob) || (manifestKind(blob.mediaType) === undefined && !isImageConfig(blob)),
    )
  );
}

interface ReadImage {
  readonly image: ResolvedImage;
  readonly content: RemoteImage;
}

async function readFromAny(image: ResolvedImage, options: FetchOptions): Promise<ReadImage> {
  let failure: unknown;
  for (const repository of image.repositories) {
    try {
      return { image, content: await readContent(image, repository, options) };
    } catch (cause) {
      options.signal?.throwIfAborted();
      failure = cause;
    }
  }
  throw failure;
}

/** The image as another repository has it under the same tag, with all platforms; undefined where none has. */
async function readElsewhere(image: ResolvedImage, options: FetchOptions): Promise<ReadImage | undefined> {
  const { artifact, root, repositories } = image;
  const { tag } = parseReference(artifact.image);
  for (const [index, repository] of repositories.entries()) {
    if (index === 0) continue;
    try {
      const other = await repository.head(tag, options.signal);
      if (other === undefined || other.digest === root.digest) continue;
      const order = [...repositories.slice(index), ...repositories.slice(0, index)];
      const content = await readContent({ ...image, root: other }, repository, options);
      if (content.unavailable.length === 0) return { image: { ...image, root: other, repositories: order }, content };
    } catch {
      // What was read already stands.
      options.signal?.throwIfAborted();
    }
  }
  return undefined;
}

async function readContent(
  { artifact, root }: ResolvedImage,
  repository: RepositoryReader,
  { store, signal }: FetchOptions,
): Promise<RemoteImage> {
  return await readImage({
    repository,
    root,
    platforms: artifact.platforms,
    load: (blob) => readBlob(store, blob),
    save: (blob, bytes) => store.put(blob, bytes),
    referrers: true,
    ...(signal && { signal }),
  });
}

function identification({ image, content }: ReadImage, options: FetchOptions): Identification {
  const { artifact, root, locked, repositories } = image;
  const { blobs, referrers } = content;
  const { platforms, unavailable, records } = judgePlatforms(image, content.unavailable, options);
  if (platforms.length === unavailable.length) return { image: undefined, unavailable: records };
  assertPossibleSize(totalSize(blobs), "its manifests say that it has");
  const mismatch = assertMismatchAllowed(describeMislabelled(content), artifact, locked, options);
  const { name, component, version, digest } = artifact;
  const lockedImage: LockedImage = {
    name,
    component,
    version,
    platforms,
    resolved: locked?.root.digest === root.digest ? locked.resolved : options.today,
    ...(mismatch !== undefined && { mismatch }),
    image: artifact.image,
    root,
    blobs,
    ...(referrers.length > 0 && { referrers }),
    ...(unavailable.length > 0 && { unavailable }),
    ...(digest && { byDigest: true }),
  };
  return { image: { artifact: { ...artifact, platforms }, locked: lockedImage, repositories }, unavailable: records };
}

/** The first platform whose image is for another one, in words. */
function describeMislabelled({ mislabelled }: RemoteImage): string | undefined {
  const [first] = Object.entries(mislabelled);
  return first && `what its index calls ${first[0]} is an image for ${first[1]}`;
}
