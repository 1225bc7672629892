// Reads one image of a registry, sparse: the indexes as they are, and of their manifests those of the chosen platforms.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import type { DocumentRequest, GraphWalk } from "./image-graph.ts";
import { manifestKind, parseDocument } from "./manifest.ts";
import type { RepositoryReader } from "./repository-reader.ts";
import { type ImageContents, platformsIn, walk } from "./walk.ts";

/** The image to read, and where its documents go. */
export interface ReadImageOptions {
  readonly repository: RepositoryReader;
  /** What the tag points to, as {@link RepositoryReader.head} gave it. */
  readonly root: Descriptor;
  /** `linux/amd64`, `linux/arm64`, …: the manifests to follow. */
  readonly platforms: readonly string[];
  /** The verified bytes where they are here already, so that nothing is fetched twice. */
  load(blob: Descriptor): Uint8Array | undefined;
  /** Saves an index, manifest or image configuration; the bytes have the descriptor's digest and size. */
  save(blob: Descriptor, bytes: Uint8Array): void | Promise<void>;
  /** Also what refers to the saved manifests: signatures, SBOMs. */
  readonly referrers: boolean;
  readonly signal?: AbortSignal;
}

/** The contents of an image of a registry. */
export interface RemoteImage {
  /** All that belongs to it, the root first, each once: indexes, manifests, configurations, layers, attestations, referrers. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that refer to what is saved, or to one another; sorted by digest. */
  readonly referrers: readonly Descriptor[];
  /** Chosen platforms that upstream lacks. */
  readonly unavailable: readonly string[];
  /** Platforms whose image configuration names another architecture than the index: `amd64` for `linux/arm64`. */
  readonly mislabelled: Readonly<Record<string, string>>;
}

/** How many levels of referrers are read; the signature of an SBOM of an image is on level 2. */
const maxReferrerDepth = 4;
const maxReferrers = 200;

/**
 * Reads and saves all documents of an image; layers are named and not read.
 * @throws KsoError `fetch` or `verify` naming what is not there or malformed.
 */
export async function readImage(options: ReadImageOptions): Promise<RemoteImage> {
  const { root, platforms } = options;
  const reader = new ImageReader(options);
  try {
    const { blobs, unavailable, mislabelled } = await reader.walk(root, platforms);
    const all = new Map<Digest, Descriptor>(blobs.map((blob) => [blob.digest, blob]));
    const referrers = options.referrers ? await reader.addReferrers(all) : [];
    return { blobs: [...all.values()], referrers, unavailable, mislabelled };
  } finally {
    await reader.saved();
  }
}

/**
 * Which of the platforms an image of a registry is for. It costs one manifest where its index says it.
 * @throws KsoError `fetch` or `verify` naming what is not there or malformed.
 */
export async function readPlatforms(
  options: Pick<ReadImageOptions, "repository" | "root" | "platforms" | "signal">,
): Promise<readonly string[]> {
  const { root, platforms } = options;
  const reader = new ImageReader({ ...options, load: () => undefined, save: () => undefined, referrers: false });
  return await reader.follow(platformsIn(root, platforms));
}

interface Referrer {
  readonly blob: Descriptor;
  /** The manifest that it refers to. */
  readonly subject: Digest;
}

class ImageReader {
  readonly #options: ReadImageOptions;
  // Saves that have begun: requests do not wait for the disk.
  readonly #saves: Promise<void>[] = [];

  constructor(options: ReadImageOptions) {
    this.#options = options;
  }

  /** Reads what belongs to a root. */
  async walk(root: Descriptor, platforms: readonly string[] | "all"): Promise<ImageContents> {
    return await this.follow(walk(root, platforms));
  }

  /** Reads what a walk asks for, and returns its result. */
  async follow<T>(steps: GraphWalk<T>): Promise<T> {
    let step = steps.next();
    while (!step.done) step = steps.next(await Promise.all(step.value.map((request) => this.#read(request))));
    return step.value;
  }

  /** Adds to `all` what refers to the manifests in it. Returns the referrers, sorted by digest. */
  async addReferrers(all: Map<Digest, Descriptor>): Promise<Descriptor[]> {
    const referrers = new Map<Digest, Descriptor>();
    let subjects = [...all.values()].filter(({ mediaType }) => manifestKind(mediaType));
    for (let depth = 1; depth <= maxReferrerDepth && subjects.length > 0; depth++) {
      const unread = await this.#listReferrers(subjects, all);
      if (referrers.size + unread.length > maxReferrers) throw tooManyReferrers(this.#options.root);
      const contents = await Promise.all(unread.map((referrer) => this.#readReferrer(referrer)));
      const present = unread.filter((_, index) => contents[index]);
      for (const blob of contents.flatMap((blobs) => blobs ?? []))
        if (!all.has(blob.digest)) all.set(blob.digest, blob);
      for (const { blob } of present) referrers.set(blob.digest, blob);
      subjects = present.map(({ blob }) => blob);
    }
    return [...referrers.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  }

  /** Waits until everything is saved. @throws what saving throws. */
  async saved(): Promise<void> {
    await Promise.all(this.#saves);
  }

  /** What refers to the subjects and is not among `present`, each once. */
  async #listReferrers(
    subjects: readonly Descriptor[],
    present: ReadonlyMap<Digest, Descriptor>,
  ): Promise<readonly Referrer[]> {
    const { repository, signal } = this.#options;
    const lists = await Promise.all(
      subjects.map(async ({ digest: subject }) =>
        (await repository.referrers(subject, signal)).map((blob) => ({ blob, subject })),
      ),
    );
    const referrers = new Map(lists.flat().map((referrer) => [referrer.blob.digest, referrer]));
    for (const digest of present.keys()) referrers.delete(digest);
    return [...referrers.values()];
  }

  /** All blobs of a referrer; undefined where it is gone, or refers to something else: fallback tags are often stale. */
  async #readReferrer({ blob, subject }: Referrer): Promise<readonly Descriptor[] | undefined> {
    try {
      const document = parseDocument(await this.#read({ blob, kind: "manifest" }), blob);
      return document.subject === subject ? (await this.walk(blob, "all")).blobs : undefined;
    } catch (cause) {
      if (cause instanceof HttpError && cause.status === 404) return undefined;
      throw cause;
    }
  }

  async #read({ blob, kind }: DocumentRequest): Promise<Uint8Array> {
    const { repository, load, signal } = this.#options;
    const loaded = load(blob);
    if (loaded) return loaded;
    const bytes =
      kind === "config"
        ? await repository.readBlob(blob, signal)
        : (await repository.manifest(blob.digest, signal)).bytes;
    // The walk refuses another size; such bytes are not saved.
    if (bytes.length === blob.size) this.#save(blob, bytes);
    return bytes;
  }

  #save(blob: Descriptor, bytes: Uint8Array): void {
    const save = Promise.resolve(this.#options.save(blob, bytes));
    save.catch(() => undefined); // Reported by saved().
    this.#saves.push(save);
  }
}

function tooManyReferrers({ digest }: Descriptor): KsoError {
  return new KsoError("verify", `Cannot follow image ${digest}: more than ${maxReferrers} manifests refer to it`);
}
