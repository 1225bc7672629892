// Walks from the root of an image to all that belongs to it. The walk yields the documents to read next, level by level: a
// store reads them synchronously, a registry several at one time.
import type { Descriptor } from "../core/descriptor.ts";
import { type GraphWalk, ImageGraph } from "./image-graph.ts";
import { type ImagePlatform, isImageConfig, type ManifestDocument } from "./manifest.ts";
import { architectureOf, matchesPlatform } from "./platforms.ts";
import { selectManifests } from "./selection.ts";

/** The image of one platform. */
export interface PlatformImage {
  readonly platform: string;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** What a walk found. */
export interface ImageContents {
  /** The root first, each once: indexes, manifests, configurations, layers, attestations. */
  readonly blobs: readonly Descriptor[];
  /** The image of each platform that has one, in the order of the platforms. */
  readonly images: readonly PlatformImage[];
  /** Chosen platforms that the image lacks. */
  readonly unavailable: readonly string[];
  /** By platform: the architecture that the image configuration names instead. */
  readonly mislabelled: Readonly<Record<string, string>>;
  /** Manifests and configurations among `blobs` that were not there to be read; what they name is not among `blobs`. */
  readonly unread: readonly Descriptor[];
}

/** Reads a document for a walk; undefined when it is not here. The bytes have the blob's digest. */
type ReadDocument = (blob: Descriptor) => Uint8Array | undefined;
type PlatformImages = Pick<ImageContents, "images" | "unavailable" | "mislabelled">;
type ImageManifest = ManifestDocument & { kind: "manifest" };
/** `"all"` follows every manifest and compares no platforms: for what refers to an image. */
type Platforms = readonly string[] | "all";

/**
 * Walks what is already here.
 * @throws KsoError `verify` naming what is malformed, or has another size than its descriptor says.
 */
export function walkImage(root: Descriptor, platforms: Platforms, read: ReadDocument): ImageContents {
  const steps = walk(root, platforms);
  let step = steps.next();
  while (!step.done) step = steps.next(step.value.map(({ blob }) => read(blob)));
  return step.value;
}

/** The image of each platform whose manifest is here. @throws as {@link walkImage} does. */
export function imagesIn(root: Descriptor, platforms: readonly string[], read: ReadDocument): readonly PlatformImage[] {
  return walkImage(root, platforms, read).images;
}

/** The walk as a generator, for callers that read documents asynchronously. */
export function* walk(root: Descriptor, platforms: Platforms): GraphWalk<ImageContents> {
  const graph = new ImageGraph(root);
  const [document] = yield* graph.documents([root]);
  let platformImages: PlatformImages = { images: [], unavailable: [], mislabelled: {} };
  if (document?.kind === "index") platformImages = yield* fromIndex(graph, root, document, platforms);
  else if (document) platformImages = yield* fromManifest(graph, root, document, platforms);
  return { ...platformImages, blobs: graph.blobs, unread: graph.unread };
}

/** Which of the platforms an image is for, by as few documents as can say it; all of them for what is no image and runs nowhere. */
export function* platformsIn(root: Descriptor, platforms: readonly string[]): GraphWalk<readonly string[]> {
  const graph = new ImageGraph(root);
  const [document] = yield* graph.documents([root]);
  if (document?.kind === "index")
    return [...(yield* selectManifests(graph, root, document.entries, platforms)).manifests.keys()];
  if (!document?.config || !isImageConfig(document.config)) return platforms;
  const [config] = yield* graph.configs([document.config]);
  return platforms.filter((platform) => config !== undefined && matchesPlatform(config, platform));
}

function* fromIndex(
  graph: ImageGraph,
  root: Descriptor,
  { entries }: ManifestDocument & { kind: "index" },
  platforms: Platforms,
): GraphWalk<PlatformImages> {
  const { manifests, indexes, others } = yield* selectManifests(graph, root, entries, platforms);
  for (const index of indexes) graph.add(index);
  const blobs = [...manifests.values(), ...others];
  const documents = yield* graph.documents(blobs);
  for (const [position, blob] of blobs.entries()) {
    const document = documents[position];
    graph.add(blob);
    if (document?.kind === "manifest") addContent(graph, document);
  }
  const images = [...manifests].flatMap(([platform, manifest], position) =>
    imageOf(platform, manifest, documents[position] as ImageManifest | undefined),
  );
  return {
    images,
    unavailable: platforms === "all" ? [] : platforms.filter((platform) => !manifests.has(platform)),
    mislabelled: yield* findMislabelled(graph, images),
  };
}

function* findMislabelled(
  graph: ImageGraph,
  images: readonly PlatformImage[],
): GraphWalk<Readonly<Record<string, string>>> {
  const configs = yield* graph.configs(images.map(({ config }) => config));
  const mislabelled: Record<string, string> = {};
  for (const [position, { platform }] of images.entries()) {
    const config = configs[position];
    const difference = config && differenceFrom(platform, config);
    if (difference !== undefined) mislabelled[platform] = difference;
  }
  return mislabelled;
}

/** What a configuration names instead of the platform; undefined where it names the same, or nothing. */
function differenceFrom(platform: string, config: ImagePlatform): string | undefined {
  const [os, architecture] = platform.split("/");
  if (config.architecture === "" || config.os === "") return undefined;
  if (config.os !== os) return `${config.os}/${architectureOf(config)}`;
  return architectureOf(config) === architecture ? undefined : architectureOf(config);
}

/** An image without an index: its configuration names the platform. */
function* fromManifest(
  graph: ImageGraph,
  root: Descriptor,
  document: ImageManifest,
  platforms: Platforms,
): GraphWalk<PlatformImages> {
  const nothing: PlatformImages = { images: [], unavailable: [], mislabelled: {} };
  // What is not an image (a chart, a signature) runs nowhere, so no platform can be unavailable.
  if (platforms === "all" || !document.config || !isImageConfig(document.config)) {
    addContent(graph, document);
    return nothing;
  }
  graph.add(document.config);
  const [config] = yield* graph.configs([document.config]);
  if (!config) return nothing;
  const available = platforms.filter((platform) => matchesPlatform(config, platform));
  if (available.length > 0) addContent(graph, document);
  return {
    images: available.flatMap((platform) => imageOf(platform, root, document)),
    unavailable: platforms.filter((platform) => !available.includes(platform)),
    mislabelled: {},
  };
}

function addContent(graph: ImageGraph, { config, layers }: ImageManifest): void {
  if (config) graph.add(config);
  for (const layer of layers) graph.add(layer);
}

function imageOf(platform: string, manifest: Descriptor, document: ImageManifest | undefined): PlatformImage[] {
  if (!document?.config || !isImageConfig(document.config)) return [];
  return [{ platform, manifest, config: document.config, layers: document.layers }];
}
