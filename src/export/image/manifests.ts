// Builds an image out of a base and a layer: configurations, image manifests, and the index over all platforms.
import type { Descriptor } from "../../core/descriptor.ts";
import type { Lock, LockedImage } from "../../core/lock.ts";
import { releasesTag, releasesText } from "../../core/releases.ts";
import { compareBytes } from "../archive/entry.ts";
import { sha256 } from "../archive/metadata.ts";
import { imageTag } from "../dockerfile/bake.ts";
import type { PlatformBase } from "./base.ts";
import { imageConfig } from "./config.ts";
import type { ImageDefinition } from "./definition.ts";

/** A small JSON blob: an index, an image manifest or a configuration. */
export interface JsonBlob {
  readonly descriptor: Descriptor;
  readonly text: string;
}

/** The image of one platform. */
export interface BuiltPlatform {
  readonly platform: string;
  /** `kubespray-files:2.31.0-arm64`. */
  readonly tag: string;
  readonly manifest: JsonBlob;
  readonly config: JsonBlob;
  readonly layers: readonly Descriptor[];
}

/** An image of all platforms. */
export interface BuiltImage {
  /** `kubespray-files:2.31.0`. */
  readonly tag: string;
  readonly index: JsonBlob;
  readonly platforms: readonly BuiltPlatform[];
}

/** What an image is built out of. */
export interface BuildOptions {
  readonly lock: Lock;
  readonly base: LockedImage;
  /** The base, opened for each platform. */
  readonly platformBases: readonly PlatformBase[];
  readonly definition: ImageDefinition;
  /** The layer that is added to the base. */
  readonly layer: Omit<Descriptor, "mediaType">;
}

const oci = "application/vnd.oci.image";

/** Builds the image; its size does not depend on the layer's digest. */
export function buildImage(options: BuildOptions): BuiltImage {
  const { lock, base, definition } = options;
  const tag = imageTag(definition.name, releasesTag(lock));
  const annotations = annotationsOf(options, tag);
  const platforms = options.platformBases.map((platformBase) => buildPlatform(platformBase, options, tag, annotations));
  const index = jsonBlob(`${oci}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests: platforms.map(({ manifest }, at) => ({
      ...manifest.descriptor,
      platform: indexPlatform(options.platformBases[at] as PlatformBase),
    })),
    annotations: { ...annotations, "org.opencontainers.image.base.digest": base.root.digest },
  });
  return { tag, index, platforms };
}

function buildPlatform(
  { platform, digest, layers, config }: PlatformBase,
  { lock, definition, layer }: BuildOptions,
  tag: string,
  common: Readonly<Record<string, string>>,
): BuiltPlatform {
  const annotations = { ...common, "org.opencontainers.image.base.digest": digest };
  const addedLayer: Descriptor = { mediaType: `${oci}.layer.v1.tar`, digest: layer.digest, size: layer.size };
  const allLayers = [...layers, addedLayer];
  const configBlob = jsonBlob(
    `${oci}.config.v1+json`,
    imageConfig({ base: config, definition, layer: layer.digest, created: createdOf(lock), labels: annotations }),
  );
  const manifest = jsonBlob(`${oci}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: configBlob.descriptor,
    layers: allLayers,
    annotations,
  });
  return {
    platform,
    tag: `${tag}-${platform.split("/").slice(1).join("-")}`,
    manifest,
    config: configBlob,
    layers: allLayers,
  };
}

function indexPlatform({ config: { architecture, os, variant } }: PlatformBase): object {
  return { architecture, os, ...(variant !== undefined && { variant }) };
}

function annotationsOf({ lock, base, definition }: BuildOptions, tag: string): Record<string, string> {
  const { release, kubernetes, releases } = lock;
  return {
    "org.opencontainers.image.title": tag.replace(/:.*/, ""),
    "org.opencontainers.image.description": `${definition.description}, for ${releases ? releasesText(lock) : `${release.name} and Kubernetes ${kubernetes}`}`,
    "org.opencontainers.image.version": releasesTag(lock),
    "org.opencontainers.image.created": createdOf(lock),
    "org.opencontainers.image.base.name": base.image,
  };
}

/** When the image counts as created: the day on which the newest item was resolved, so that one lock gives one time. */
export function createdOf({ files, images }: Lock): string {
  const days = [...files, ...images].map(({ resolved }) => resolved).sort();
  return `${days.at(-1) ?? "1980-01-01"}T00:00:00Z`;
}

/** A JSON blob with its descriptor. */
export function jsonBlob(mediaType: string, value: object): JsonBlob {
  const text = JSON.stringify(value);
  return { text, descriptor: { mediaType, digest: sha256(text), size: Buffer.byteLength(text) } };
}

/** All blobs of the image, sorted, each once. */
export function imageBlobs({ index, platforms }: BuiltImage): Descriptor[] {
  const blobs = platforms.flatMap(({ manifest, config, layers }) => [
    manifest.descriptor,
    config.descriptor,
    ...layers,
  ]);
  return uniqueBlobs([index.descriptor, ...blobs]).sort((a, b) => compareBytes(a.digest, b.digest));
}

/** Each blob once, where it comes first. */
export function uniqueBlobs(blobs: readonly Descriptor[]): Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
