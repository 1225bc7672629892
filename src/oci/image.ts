// Reading one image of a registry, sparse: the indexes as they are, and of their manifests those of the chosen platforms.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import type { DocumentRequest } from "./image-graph.ts";
import { manifestKind, parseDocument } from "./manifest.ts";
import type { RepositoryReader } from "./repository-reader.ts";
import { type ImageContents, walk } from "./walk.ts";

export interface ReadImageOptions {
  readonly repository: RepositoryReader;
  /** What the tag points to, as {@link RepositoryReader.head} gave it. */
  readonly root: Descriptor;
  /** `linux/amd64`, `linux/arm64`, …: the manifests to follow. */
  readonly platforms: readonly string[];
  /** The bytes where they are here already (and verified), so that nothing is fetched twice. */
  load(blob: Descriptor): Uint8Array | undefined;
  /** Keeps an index, manifest or image configuration; the bytes have the descriptor's digest and size. */
  save(blob: Descriptor, bytes: Uint8Array): void | Promise<void>;
  /** Also what refers to the kept manifests: signatures, SBOMs. */
  readonly referrers: boolean;
  readonly signal?: AbortSignal;
}

export interface RemoteImage {
  /** All that belongs to it, the root first, each once: indexes, manifests, configurations, layers, attestations, referrers. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that refer to what is kept, or to one another; sorted by digest. */
  readonly referrers: readonly Descriptor[];
  /** Chosen platforms that upstream lacks. */
  readonly unavailable: readonly string[];
  /** Platforms whose image configuration names another architecture than the index: `linux/arm64` → `amd64`. */
  readonly mislabelled: Readonly<Record<string, string>>;
}

/** A signature of an SBOM of an image is the second. */
const deepestReferrer = 4;
const mostReferrers = 200;

/**
 * Reads and keeps all documents of an image; layers are named and not read.
 * @throws KsoError `fetch` or `verify` naming what is not there or malformed.
 */
export async function readImage(options: ReadImageOptions): Promise<RemoteImage> {
  const { root, platforms } = options;
  // The disk takes its time over each of these small files: the next questions do not wait for it.
  const keeping: Promise<void>[] = [];
  const reading: ReadImageOptions = {
    ...options,
    save(blob, bytes) {
      const kept = Promise.resolve(options.save(blob, bytes));
      kept.catch(() => undefined); // heard below
      keeping.push(kept);
    },
  };
  try {
    const { blobs, unavailable: missing, mislabelled } = await drive(reading, root, platforms);
    const all = new Map<Digest, Descriptor>(blobs.map((blob) => [blob.digest, blob]));
    const referrers = options.referrers ? await readReferrers(reading, all) : [];
    return { blobs: [...all.values()], referrers, unavailable: missing, mislabelled };
  } finally {
    await Promise.all(keeping);
  }
}

async function drive(
  options: ReadImageOptions,
  root: Descriptor,
  platforms: readonly string[] | "all",
): Promise<ImageContents> {
  const steps = walk(root, platforms);
  let step = steps.next();
  while (!step.done) step = steps.next(await Promise.all(step.value.map((need) => read(options, need))));
  return step.value;
}

async function read(
  { repository, load, save: keep, signal }: ReadImageOptions,
  { blob, as }: DocumentRequest,
): Promise<Uint8Array> {
  const there = load(blob);
  if (there) return there;
  const bytes =
    as === "config" ? await repository.readBlob(blob, signal) : (await repository.manifest(blob.digest, signal)).bytes;
  // Where the size differs the walk says so, and nothing is kept under a descriptor that lies.
  if (bytes.length === blob.size) await keep(blob, bytes);
  return bytes;
}

/** Adds to `all` what refers to the manifests in it. */
async function readReferrers(options: ReadImageOptions, all: Map<Digest, Descriptor>): Promise<Descriptor[]> {
  const { repository, signal } = options;
  const referrers = new Map<Digest, Descriptor>();
  let subjects = [...all.values()].filter(({ mediaType }) => manifestKind(mediaType));
  for (let depth = 1; depth <= deepestReferrer && subjects.length > 0; depth++) {
    const lists = await Promise.all(
      subjects.map(async ({ digest }) =>
        (await repository.referrers(digest, signal)).map((blob) => ({ blob, subject: digest })),
      ),
    );
    const fresh = new Map(lists.flat().map((each) => [each.blob.digest, each]));
    for (const digest of all.keys()) fresh.delete(digest);
    if (referrers.size + fresh.size > mostReferrers) throw tooMany(options.root);
    const read = await Promise.all([...fresh.values()].map((each) => readReferrer(options, each.blob, each.subject)));
    subjects = [];
    for (const [at, { blob }] of [...fresh.values()].entries()) {
      const blobs = read[at];
      if (!blobs) continue;
      referrers.set(blob.digest, blob);
      for (const each of blobs) if (!all.has(each.digest)) all.set(each.digest, each);
      subjects.push(blob);
    }
  }
  return [...referrers.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** All blobs of a referrer; undefined where it is gone, or refers to something else: fallback tags are often stale. */
async function readReferrer(
  options: ReadImageOptions,
  blob: Descriptor,
  subject: Digest,
): Promise<Descriptor[] | undefined> {
  try {
    const document = parseDocument(await read(options, { blob, as: "manifest" }), blob);
    if (document.subject !== subject) return undefined;
    return [...(await drive(options, blob, "all")).blobs];
  } catch (cause) {
    if (cause instanceof HttpError && cause.status === 404) return undefined;
    throw cause;
  }
}

function tooMany({ digest }: Descriptor): KsoError {
  return new KsoError("verify", `Cannot follow image ${digest}: more than ${mostReferrers} manifests refer to it`);
}
