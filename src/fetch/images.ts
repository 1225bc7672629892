// The images of a plan: which index a tag points to today (or pointed to when it was locked), and what blobs that needs.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedImage } from "../core/lock.ts";
import type { ImageArtifact } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import type { Http } from "../http/http.ts";
import { readImage } from "../oci/image.ts";
import { isImageConfig, manifestKind } from "../oci/manifest.ts";
import { openRegistry, type Registry, type RepositoryReader, registryBase } from "../oci/registry.ts";
import { readBlob } from "./architecture.ts";
import { type FetchOptions, names } from "./options.ts";
import type { News } from "./upstream-drift.ts";

/** An image that is fully known: every blob with its size. */
export interface KnownImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage;
  /** Where its blobs can be had, in order of preference. */
  readonly repositories: readonly RepositoryReader[];
}

/** The registries of a run, each opened once. */
export interface Registries {
  /** The repositories that serve an image: its mirrors, or its origin where it has none. */
  of(artifact: ImageArtifact): readonly RepositoryReader[];
  /** What serves docker.io, once something asked for it; a mirror passes Docker Hub's limits on. */
  hub(): readonly Registry[];
}

export function openRegistries({ credentials }: FetchOptions, http: Http): Registries {
  const opened = new Map<string, Registry>();
  const small = new Map<Digest, Promise<Uint8Array>>();
  let hub: readonly Registry[] = [];
  const open = (base: string, host: string): Registry => {
    const registry = opened.get(base) ?? openRegistry(http, credentials, base, host);
    opened.set(base, registry);
    return registry;
  };
  return {
    of(artifact) {
      const { host, repository } = parseReference(artifact.image);
      const name = artifact.image.slice(host.length);
      const bases = artifact.locations?.map((url) => open(url.slice(0, -name.length), new URL(url).host)) ?? [
        open(registryBase(host), host),
      ];
      if (host === "docker.io") hub = bases;
      return bases.map((registry) => sharing(registry.reader(repository), small));
    },
    hub: () => hub,
  };
}

/** Images that are read at one time and have a configuration in common ask for it once. */
function sharing(repository: RepositoryReader, asked: Map<Digest, Promise<Uint8Array>>): RepositoryReader {
  return {
    ...repository,
    small(blob, signal) {
      const answer = asked.get(blob.digest) ?? repository.small(blob, signal);
      asked.set(blob.digest, answer);
      answer.catch(() => asked.delete(blob.digest));
      return answer;
    },
  };
}

/** The plan's images, each once. */
export function wantedImages(options: FetchOptions): ImageArtifact[] {
  const images = new Map<string, ImageArtifact>();
  for (const artifact of options.plan.artifacts) {
    if (artifact.kind !== "image") continue;
    const there = images.get(artifact.image);
    const platforms = [...new Set([...(there?.platforms ?? []), ...artifact.platforms])].sort();
    images.set(artifact.image, { ...(there ?? artifact), platforms });
  }
  return [...images.values()];
}

/** An image whose root is known: what its tag points to, or what the lock says. */
export interface FoundImage {
  readonly artifact: ImageArtifact;
  readonly locked: LockedImage | undefined;
  readonly root: Descriptor;
  /** The one that answered first. */
  readonly repositories: readonly RepositoryReader[];
}

/**
 * Asks what the tag points to; that counts against no rate limit.
 * @throws KsoError `fetch` when no repository knows it.
 */
export async function findImage(
  artifact: ImageArtifact,
  registries: Registries,
  probes: Registries,
  news: News,
  options: FetchOptions,
): Promise<FoundImage> {
  const locked = options.lock?.images.find(({ image }) => image === artifact.image);
  const repositories = registries.of(artifact);
  if (locked) {
    await news.image(locked, probes.of(artifact));
    return { artifact, locked, root: locked.root, repositories };
  }
  const { tag } = parseReference(artifact.image);
  let failure: unknown = new KsoError("fetch", `there is no tag "${tag}"`);
  for (const [index, repository] of repositories.entries()) {
    try {
      const root = await repository.head(artifact.digest ?? tag, options.signal);
      const order = [...repositories.slice(index), ...repositories.slice(0, index)];
      if (root) return { artifact, locked, root, repositories: order };
    } catch (cause) {
      options.signal?.throwIfAborted();
      failure = cause;
    }
  }
  throw failure;
}

/**
 * Finds out what an image is made of; its manifests and configurations are in the store then.
 * @throws KsoError `fetch` naming what is wrong with it.
 */
export async function knowImage(found: FoundImage, options: FetchOptions): Promise<KnownImage> {
  const { artifact, locked, repositories } = found;
  if (locked && isWhole(locked, artifact, options)) return { artifact, locked, repositories };
  let failure: unknown;
  for (const repository of repositories) {
    try {
      return { artifact, locked: await read(found, repository, options), repositories };
    } catch (cause) {
      options.signal?.throwIfAborted();
      failure = cause;
    }
  }
  throw failure;
}

/** Is all that the lock names still right for the plan, manifests included? */
function isWhole(locked: LockedImage, artifact: ImageArtifact, { store }: FetchOptions): boolean {
  const same = artifact.platforms.join() === locked.platforms.join();
  // The root alone says that manifests were read here; layers are looked for one by one later.
  return (
    same &&
    locked.blobs.every(
      (blob) => store.has(blob) || (manifestKind(blob.mediaType) === undefined && !isImageConfig(blob)),
    )
  );
}

async function read(
  { artifact, root, locked }: FoundImage,
  repository: RepositoryReader,
  options: FetchOptions,
): Promise<LockedImage> {
  const { store, signal } = options;
  const {
    blobs,
    referrers,
    unavailable: missing,
    mislabelled,
  } = await readImage({
    repository,
    root,
    platforms: artifact.platforms,
    load: (blob) => readBlob(store, blob),
    keep: (blob, bytes) => store.put(blob, bytes),
    referrers: true,
    ...(signal && { signal }),
  });
  const excused = options.allowMissing || missing.every((platform) => locked?.missing?.includes(platform));
  if (!excused) {
    const there = artifact.platforms.filter((platform) => !missing.includes(platform));
    throw new KsoError(
      "fetch",
      `upstream has nothing for ${missing.join(", ")}${there.length > 0 ? ` (it has ${there.join(", ")})` : ""}; --allow-missing goes on without`,
    );
  }
  const [wrong] = Object.entries(mislabelled).map(
    ([platform, arch]) => `what its index calls ${platform} is an image for ${arch}`,
  );
  const allowed =
    locked?.mismatch !== undefined || names(artifact).some((name) => options.allowMismatch.includes(name));
  if (wrong !== undefined && !allowed)
    throw new KsoError("fetch", `${wrong}; --allow-arch-mismatch ${artifact.name} lets it through`);
  const { name, component, version, platforms, image } = artifact;
  return {
    name,
    component,
    version,
    platforms,
    resolved: locked?.root.digest === root.digest ? locked.resolved : options.today,
    ...(wrong !== undefined && { mismatch: wrong }),
    image,
    root,
    blobs,
    ...(referrers.length > 0 && { referrers }),
    ...(missing.length > 0 && { missing }),
  };
}

/** Docker Hub's budget in words, before any of it is spent. */
export function hubBudget(
  asked: readonly Registries[],
  images: readonly FoundImage[],
  { store }: FetchOptions,
): string | undefined {
  const [budget] = asked.flatMap((registries) => registries.hub()).flatMap((registry) => registry.rateLimit() ?? []);
  // The index and one manifest a platform; what is in the store is not asked for.
  const need = images
    .filter(({ artifact, root }) => artifact.image.startsWith("docker.io/") && !store.has(root))
    .reduce((sum, { artifact }) => sum + 1 + artifact.platforms.length, 0);
  if (!budget || need === 0) return undefined;
  const { remaining, limit, window } = budget;
  const of = limit === undefined ? "" : ` of ${limit}`;
  const per = window === undefined ? "" : ` within ${Math.round(window / 3600)} h`;
  const advice = "that may not be enough: log in, or name a mirror with --mirror docker.io=URL";
  return `Docker Hub: ${remaining}${of} pulls left${per}; this needs up to ${need}${remaining < need ? `; ${advice}` : ""}`;
}
