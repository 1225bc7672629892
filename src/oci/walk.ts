// From the root of an image to all that belongs to it. In travel a root, platforms and a way to read documents; out travel
// the blobs. The walk says what it needs next, level by level, so that a store answers at once and a registry in parallel.
import type { Descriptor } from "../core/descriptor.ts";
import { type GraphWalk, ImageGraph } from "./image-graph.ts";
import { isImageConfig, type ManifestDocument } from "./manifest.ts";
import { architectureOf, matchesPlatform } from "./platforms.ts";
import { selectManifests } from "./selection.ts";

/** The image of one platform. */
export interface PlatformImage {
  readonly platform: string;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageContents {
  /** The root first, each once: indexes, manifests, configurations, layers, attestations. */
  readonly blobs: readonly Descriptor[];
  /** The image of each platform that has one, in the order asked for. */
  readonly images: readonly PlatformImage[];
  /** Chosen platforms that the image lacks. */
  readonly unavailable: readonly string[];
  /** Platform → the architecture that the image configuration names instead. */
  readonly mislabelled: Readonly<Record<string, string>>;
  /** Manifests and configurations among `blobs` that `read` did not have; what they name is not among `blobs`. */
  readonly unread: readonly Descriptor[];
}

/** A document for a walk that reads synchronously; undefined when it is not here. The bytes have the digest asked for. */
type Read = (blob: Descriptor) => Uint8Array | undefined;

/**
 * Walks what is already here.
 * `"all"` follows every manifest and compares no platforms: for what refers to an image.
 * @throws KsoError `verify` naming what is malformed, or has another size than its descriptor says.
 */
export function walkImage(root: Descriptor, platforms: readonly string[] | "all", read: Read): ImageContents {
  const steps = walk(root, platforms);
  let step = steps.next();
  while (!step.done) step = steps.next(step.value.map(({ blob }) => read(blob)));
  return step.value;
}

/** The image of each platform whose manifest is here. @throws as {@link walkImage} does. */
export function imagesIn(root: Descriptor, platforms: readonly string[], read: Read): readonly PlatformImage[] {
  return walkImage(root, platforms, read).images;
}

/** The walk itself, for whoever reads in another way. */
export function* walk(root: Descriptor, platforms: readonly string[] | "all"): GraphWalk<ImageContents> {
  const ledger = new ImageGraph(root);
  const [top] = yield* ledger.documents([root]);
  const found = { images: [], unavailable: [], mislabelled: {} };
  if (top?.kind === "index") Object.assign(found, yield* fromIndex(ledger, root, top, platforms));
  else if (top) Object.assign(found, yield* fromManifest(ledger, root, top, platforms));
  return { ...found, blobs: ledger.blobs, unread: ledger.absent };
}

type Found = Pick<ImageContents, "images" | "unavailable" | "mislabelled">;
type Manifest = ManifestDocument & { kind: "manifest" };

function* fromIndex(
  ledger: ImageGraph,
  root: Descriptor,
  top: ManifestDocument & { kind: "index" },
  platforms: readonly string[] | "all",
): GraphWalk<Found> {
  const { manifests, indexes, others } = yield* selectManifests(ledger, root, top.entries, platforms);
  for (const index of indexes) ledger.add(index);
  const blobs = [...manifests.values(), ...others];
  const documents = yield* ledger.documents(blobs);
  for (const [at, blob] of blobs.entries()) {
    const document = documents[at];
    ledger.add(blob);
    if (document?.kind === "manifest") keep(ledger, document);
  }
  const images = [...manifests].flatMap(([platform, manifest], at) =>
    imageOf(platform, manifest, documents[at] as Manifest | undefined),
  );
  const configs = yield* ledger.configs(images.map(({ config }) => config));
  const mislabelled: Record<string, string> = {};
  for (const [at, { platform }] of images.entries()) {
    const runsOn = configs[at];
    const [os, architecture] = platform.split("/");
    // What a configuration leaves open contradicts nobody.
    if (!runsOn || runsOn.architecture === "" || runsOn.os === "") continue;
    if (runsOn.os !== os) mislabelled[platform] = `${runsOn.os}/${architectureOf(runsOn)}`;
    else if (architectureOf(runsOn) !== architecture) mislabelled[platform] = architectureOf(runsOn);
  }
  const missing = platforms === "all" ? [] : platforms.filter((platform) => !manifests.has(platform));
  return { images, unavailable: missing, mislabelled };
}

/** An image without an index: what it runs on stands in its configuration. */
function* fromManifest(
  ledger: ImageGraph,
  root: Descriptor,
  top: Manifest,
  platforms: readonly string[] | "all",
): GraphWalk<Found> {
  const nothing: Found = { images: [], unavailable: [], mislabelled: {} };
  // What is not an image (a chart, a signature) runs nowhere, so no platform can be missing.
  if (platforms === "all" || !top.config || !isImageConfig(top.config)) {
    keep(ledger, top);
    return nothing;
  }
  ledger.add(top.config);
  const [runsOn] = yield* ledger.configs([top.config]);
  if (!runsOn) return nothing;
  const served = platforms.filter((platform) => matchesPlatform(runsOn, platform));
  if (served.length > 0) keep(ledger, top);
  return {
    images: served.flatMap((platform) => imageOf(platform, root, top)),
    unavailable: platforms.filter((platform) => !served.includes(platform)),
    mislabelled: {},
  };
}

function keep(ledger: ImageGraph, { config, layers }: Manifest): void {
  if (config) ledger.add(config);
  for (const layer of layers) ledger.add(layer);
}

function imageOf(platform: string, manifest: Descriptor, document: Manifest | undefined): PlatformImage[] {
  if (!document?.config || !isImageConfig(document.config)) return [];
  return [{ platform, manifest, config: document.config, layers: document.layers }];
}
