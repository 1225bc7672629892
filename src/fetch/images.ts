// The images of a plan: the index that a tag points to today (or pointed to when it was locked), and the blobs that it needs.
import { mapConcurrently } from "../core/concurrency.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { dockerHub } from "../core/docker-hub.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Unavailable } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import { totalSize } from "../files/extents.ts";
import { HttpError } from "../http/error.ts";
import { Logins } from "../oci/auth.ts";
import { type RemoteImage, readImage } from "../oci/image.ts";
import { isImageConfig, manifestKind } from "../oci/manifest.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { assertMismatchAllowed, readBlob } from "./architecture.ts";
import { assertPlatforms, isLeftOut, type LeftOutImage, noteMissing, recordsOf } from "./missing-platforms.ts";
import { type FetchOptions, failureOf, type StepResult } from "./options.ts";
import { describeBudget, Registries } from "./registries.ts";
import { assertPossibleSize } from "./size-limits.ts";
import { isRetryable, originOf } from "./source-health.ts";
import type { UpstreamDrift } from "./upstream-drift.ts";

/** An image of which every blob and its size is known. */
export interface IdentifiedImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage;
  /** Where its blobs can be fetched, in order of preference. */
  readonly repositories: readonly RepositoryReader[];
}

/** An image whose root is known: from its tag, or from the lock. */
interface ResolvedImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage | undefined;
  readonly root: Descriptor;
  /** The first one has responded, where the root is from the tag. */
  readonly repositories: readonly RepositoryReader[];
}

/** The images of a plan, identified; `unavailable` is the record of those that upstream has for none of the chosen platforms. */
interface IdentifiedImages extends StepResult<IdentifiedImage> {
  readonly unavailable: readonly Unavailable[];
}

/** Finds the blobs of each image of the plan. Manifests and configurations are put into the store. */
export async function identifyImages(options: FetchOptions, drift: UpstreamDrift): Promise<IdentifiedImages> {
  const logins = new Logins(options);
  const registries = new Registries(options.http, options.credentials, logins);
  const probes = new Registries(options.probe, options.credentials, logins);
  const [onRecord, planned] = partition(plannedImages(options), ({ artifact }) => isLeftOut(artifact, options));
  const asked = hostsOf(planned.map(({ artifact }) => artifact));
  const asking = `asking ${asked === 1 ? "1 registry" : `${asked} registries`} for ${imagesText(planned.length)}`;
  const resolved = await forEachImage(options, { step: asking, images: planned }, async ({ artifact }) => {
    const locked = options.lock?.images.find((image) => isLocked(image, artifact));
    const repositories = registries.repositoriesFor(artifact);
    if (!locked) return await resolveName(artifact, repositories, options);
    await drift.checkImage(locked, probes.repositoriesFor(artifact));
    return { artifact, locked, root: locked.root, repositories };
  });
  const budget = describeBudget([registries, probes], pullsFrom(dockerHub, resolved.done, options));
  if (budget) options.progress.note(budget);
  const reading = `reading the manifests of ${imagesText(resolved.done.length)}`;
  const identified = await forEachImage(options, { step: reading, images: resolved.done }, (image) =>
    identifyImage(image, options),
  );
  const done = identified.done.filter((image) => "locked" in image);
  const found = identified.done.flatMap((image) => ("leftOut" in image ? image.leftOut : []));
  const leftOut = [...onRecord.map(({ artifact }) => artifact), ...found];
  noteMissing(
    done.map(({ locked }) => locked),
    leftOut,
    options,
  );
  return {
    done,
    failed: [...resolved.failed, ...identified.failed],
    unavailable: leftOut.flatMap((image) => recordsOf(image, options)),
  };
}

function imagesText(count: number): string {
  return count === 1 ? "1 image" : `${count} images`;
}

/** How many hosts serve the images. */
function hostsOf(images: readonly ImageArtifact[]): number {
  const hosts = images.map(({ image, locations: [mirror] = [] }) => mirror ?? `https://${image}`);
  return new Set(hosts.map((url) => originOf(url))).size;
}

function partition<T>(items: readonly T[], is: (item: T) => boolean): [T[], T[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}

/** Runs a step on every image, several at one time. What may pass is tried once more when all else is done. */
async function forEachImage<T extends { readonly artifact: ImageArtifact }, R>(
  options: FetchOptions,
  { step, images }: { readonly step: string; readonly images: readonly T[] },
  act: (image: T) => Promise<R>,
): Promise<StepResult<R>> {
  const count = images.length > 0 ? options.progress.step(step, images.length) : (): void => undefined;
  const counted = (image: T): Promise<R> => act(image).finally(count);
  const first = await attemptEach(options, images, counted);
  const transient = first.failed.filter(({ cause }) => isRetryable(cause));
  const second = await attemptEach(
    options,
    transient.map(({ image }) => image),
    act,
  );
  const failed = [...first.failed.filter((failure) => !transient.includes(failure)), ...second.failed];
  return {
    done: [...first.done, ...second.done],
    failed: failed.map(({ image: { artifact }, cause }) => {
      const { url, attempts } = cause instanceof HttpError ? cause : { url: artifact.image, attempts: 1 };
      return failureOf(artifact, url, cause, attempts);
    }),
  };
}

async function attemptEach<T, R>(
  { jobs, signal }: FetchOptions,
  images: readonly T[],
  act: (image: T) => Promise<R>,
): Promise<{ readonly done: R[]; readonly failed: { readonly image: T; readonly cause: unknown }[] }> {
  const failed: { image: T; cause: unknown }[] = [];
  const done = await mapConcurrently(jobs, images, async (image) => {
    try {
      return [await act(image)];
    } catch (cause) {
      signal?.throwIfAborted();
      failed.push({ image, cause });
      return [];
    }
  });
  return { done: done.flat(), failed };
}

/** Whether the lock has the image: by its name, and by its digest where it is pinned to one. */
function isLocked({ image, root }: LockedImage, { image: name, digest = root.digest }: ImageArtifact): boolean {
  return image === name && root.digest === digest;
}

/** The plan's images, each once; pinned, where any item pins it. */
function plannedImages(options: FetchOptions): { readonly artifact: ImageArtifact }[] {
  const images = new Map<string, ImageArtifact>();
  for (const artifact of options.plan.artifacts) {
    if (artifact.kind !== "image") continue;
    const existing = images.get(artifact.image);
    const platforms = [...new Set([...(existing?.platforms ?? []), ...artifact.platforms])].sort();
    const digest = existing?.digest ?? artifact.digest;
    images.set(artifact.image, { ...(existing ?? artifact), ...(digest && { digest }), platforms });
  }
  return [...images.values()].map((artifact) => ({ artifact }));
}

/**
 * Requests what the tag points to, or what the image is pinned to; that counts against no rate limit.
 * @throws KsoError `fetch` when no repository knows it.
 */
async function resolveName(
  artifact: ImageArtifact,
  repositories: readonly RepositoryReader[],
  { signal }: FetchOptions,
): Promise<ResolvedImage> {
  const { tag } = parseReference(artifact.image);
  const missing = artifact.digest
    ? `there is no ${artifact.digest}, which it is pinned to`
    : `there is no tag "${tag}"`;
  let failure: unknown = new KsoError("fetch", missing);
  for (const [index, repository] of repositories.entries()) {
    try {
      const root = await repository.head(artifact.digest ?? tag, signal);
      const order = [...repositories.slice(index), ...repositories.slice(0, index)];
      if (root) return { artifact, locked: undefined, root, repositories: order };
    } catch (cause) {
      signal?.throwIfAborted();
      failure = cause;
    }
  }
  throw failure;
}

/** How many manifests will be requested from a host: an index and a manifest a platform, unless the index is in the store. */
function pullsFrom(host: string, images: readonly ResolvedImage[], { store }: FetchOptions): number {
  return images
    .filter(({ artifact, root }) => artifact.image.startsWith(`${host}/`) && !store.has(root))
    .reduce((sum, { artifact }) => sum + 1 + artifact.platforms.length, 0);
}

/** Finds the blobs of an image, from the first repository that has it. @throws KsoError `fetch` naming what is wrong with it. */
async function identifyImage(image: ResolvedImage, options: FetchOptions): Promise<IdentifiedImage | LeftOutImage> {
  const { artifact, locked, repositories } = image;
  if (locked && isComplete(locked, artifact, options)) return { artifact, locked, repositories };
  let failure: unknown;
  for (const repository of repositories) {
    try {
      const found = await lockImage(image, repository, options);
      return "leftOut" in found ? found : { artifact, locked: found, repositories };
    } catch (cause) {
      options.signal?.throwIfAborted();
      failure = cause;
    }
  }
  throw failure;
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

async function lockImage(
  { artifact, root, locked }: ResolvedImage,
  repository: RepositoryReader,
  options: FetchOptions,
): Promise<LockedImage | LeftOutImage> {
  const { store, signal } = options;
  const content = await readImage({
    repository,
    root,
    platforms: artifact.platforms,
    load: (blob) => readBlob(store, blob),
    save: (blob, bytes) => store.put(blob, bytes),
    referrers: true,
    ...(signal && { signal }),
  });
  const { blobs, referrers, unavailable } = content;
  assertPlatforms(artifact, unavailable, locked?.unavailable ?? [], options);
  if (unavailable.length === artifact.platforms.length) return { leftOut: artifact };
  assertPossibleSize(totalSize(blobs), "its manifests say that it has");
  const mismatch = assertMismatchAllowed(describeMislabelled(content), artifact, locked, options);
  const { name, component, version, platforms, image, digest } = artifact;
  return {
    name,
    component,
    version,
    platforms,
    resolved: locked?.root.digest === root.digest ? locked.resolved : options.today,
    ...(mismatch !== undefined && { mismatch }),
    image,
    root,
    blobs,
    ...(referrers.length > 0 && { referrers }),
    ...(unavailable.length > 0 && { unavailable }),
    ...(digest && { byDigest: true }),
  };
}

/** The first platform whose image is for another one, in words. */
function describeMislabelled({ mislabelled }: RemoteImage): string | undefined {
  const [first] = Object.entries(mislabelled);
  return first && `what its index calls ${first[0]} is an image for ${first[1]}`;
}
