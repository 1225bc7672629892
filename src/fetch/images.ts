// The images of a plan: the index that a tag points to today (or pointed to when it was locked), and the blobs that it needs.
import { mapConcurrently } from "../core/concurrency.ts";
import { dockerHub } from "../core/docker-hub.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import type { ImageArtifact, Unavailable } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import { Logins } from "../oci/auth.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { FirstSight } from "./first-sight.ts";
import { type IdentifiedImage, identifyImage, type ResolvedImage } from "./identify-image.ts";
import { noteMissing, withoutRecorded } from "./missing-platforms.ts";
import { type FetchOptions, failureOf, type StepResult } from "./options.ts";
import { describeBudget, type PullBudget, pullBudget, Registries } from "./registries.ts";
import { isRetryable, originOf } from "./source-health.ts";
import type { UpstreamDrift } from "./upstream-drift.ts";

/** The images of a plan, identified; `unavailable` is the record of what upstream's images lack. */
interface IdentifiedImages extends StepResult<IdentifiedImage> {
  readonly unavailable: readonly Unavailable[];
  /** Images whose manifests were not read, since that counts as a pull. */
  readonly unread: readonly ImageArtifact[];
  readonly dockerHub: PullBudget;
}

/** Finds the blobs of each image of the plan. Manifests and configurations are put into the store. */
export async function identifyImages(options: FetchOptions, drift: UpstreamDrift): Promise<IdentifiedImages> {
  const logins = new Logins(options);
  const registries = new Registries(options.http, options.credentials, logins);
  const probes = new Registries(options.probe, options.credentials, logins);
  const firstSight = new FirstSight(probes, options);
  const recorded = plannedImages(options).map((artifact) => withoutRecorded(artifact, options));
  const planned = recorded.flatMap(({ artifact }) => (artifact ? [{ artifact }] : []));
  const asked = hostsOf(planned.map(({ artifact }) => artifact));
  const asking = `asking ${asked === 1 ? "1 registry" : `${asked} registries`} for ${imagesText(planned.length)}`;
  const resolved = await forEachImage(options, { step: asking, images: planned }, async ({ artifact }) => {
    const locked = options.lock?.images.find((image) => isLocked(image, artifact));
    const repositories = registries.repositoriesFor(artifact);
    if (!locked) {
      const found = await resolveName(artifact, repositories, options);
      return await firstSight.confirm(found, found.repositories[0] === repositories.at(-1));
    }
    await drift.checkImage(locked, probes.repositoriesFor(artifact));
    return { artifact, locked, root: locked.root, repositories };
  });
  const lockedPaths = new Set(options.lock?.files.map(({ path }) => path));
  firstSight.note(options.plan.artifacts.filter((one) => one.kind === "file" && !lockedPaths.has(one.path)));
  const pulls = pullsFrom(dockerHub, resolved.done, options);
  const hub = pullBudget([registries, probes], pulls);
  const budget = describeBudget([registries, probes], pulls);
  if (budget) options.progress.note(budget);
  const isSpared = (image: ResolvedImage): boolean =>
    options.sparesPulls === true && hub.remaining !== undefined && pullsFrom(dockerHub, [image], options) > 0;
  const images = resolved.done.filter((image) => !isSpared(image));
  const reading = `reading the manifests of ${imagesText(images.length)}`;
  const identified = await forEachImage(options, { step: reading, images }, (image) => identifyImage(image, options));
  const done = identified.done.flatMap(({ image }) => image ?? []);
  // In the same order, whoever found it: this run, or the one that wrote the lock.
  const unavailable = [...recorded, ...identified.done.map((one) => ({ records: one.unavailable }))]
    .flatMap(({ records }) => records)
    .sort((a, b) => (a.locator === b.locator ? 0 : a.locator < b.locator ? -1 : 1));
  noteMissing(
    done.map(({ locked }) => locked),
    unavailable,
    options,
  );
  const failed = [...resolved.failed, ...identified.failed];
  for (const { artifact, cause, allow } of failed)
    if (allow !== undefined)
      options.progress.note(`${artifact}: ${cause}; all else is fetched, and then this run fails`);
  const unread = resolved.done.filter(isSpared).map(({ artifact }) => artifact);
  return { done, failed, unavailable, unread, dockerHub: hub };
}

function imagesText(count: number): string {
  return count === 1 ? "1 image" : `${count} images`;
}

/** How many hosts serve the images. */
function hostsOf(images: readonly ImageArtifact[]): number {
  const hosts = images.map(({ image, locations: [mirror] = [] }) => mirror ?? `https://${image}`);
  return new Set(hosts.map((url) => originOf(url))).size;
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
function plannedImages(options: FetchOptions): ImageArtifact[] {
  const images = new Map<string, ImageArtifact>();
  for (const artifact of options.plan.artifacts) {
    if (artifact.kind !== "image") continue;
    const existing = images.get(artifact.image);
    const platforms = [...new Set([...(existing?.platforms ?? []), ...artifact.platforms])].sort();
    const digest = existing?.digest ?? artifact.digest;
    images.set(artifact.image, { ...(existing ?? artifact), ...(digest && { digest }), platforms });
  }
  return [...images.values()];
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
