// What makes a base and a layer an image: configurations, image manifests, the index over all platforms, and the texts that
// make the archive an OCI layout, an archive for `docker load`, and a bundle of kso's own.
import { blobName } from "../../bundle/open.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { formatLock, type Lock, type LockedImage } from "../../core/lock.ts";
import { compareBytes, ociLayout, sha256, sha256Sums } from "../archive/metadata.ts";
import { imageTag } from "../dockerfile/bake.ts";
import type { BaseConfig, PlatformBase } from "./base.ts";

/** What the new image does that its base does not. */
export interface ImageDefinition {
  /** `files`, `images`: the image is named `kubespray-files`. */
  readonly name: string;
  readonly description: string;
  readonly port: number;
  readonly entrypoint: readonly string[];
  readonly stopSignal?: string;
}

/** A small document with what describes it. */
export interface JsonBlob {
  readonly descriptor: Descriptor;
  readonly text: string;
}

export interface BuiltImage {
  /** `kubespray-files:2.31.0`. */
  readonly tag: string;
  readonly index: JsonBlob;
  readonly platforms: readonly {
    readonly platform: string;
    /** `kubespray-files:2.31.0-arm64`. */
    readonly tag: string;
    readonly manifest: JsonBlob;
    readonly config: JsonBlob;
    readonly layers: readonly Descriptor[];
  }[];
}

const oci = "application/vnd.oci.image";

/** The images of all platforms over a layer; sizes do not depend on the layer's digest. */
export function buildImage(
  lock: Lock,
  base: LockedImage,
  bases: readonly PlatformBase[],
  purpose: ImageDefinition,
  layer: Omit<Descriptor, "mediaType">,
): BuiltImage {
  const tag = imageTag(purpose.name, lock.release.version);
  const created = createdOf(lock);
  const annotations = {
    "org.opencontainers.image.title": tag.replace(/:.*/, ""),
    "org.opencontainers.image.description": `${purpose.description}, for ${lock.release.name} and Kubernetes ${lock.kubernetes}`,
    "org.opencontainers.image.version": lock.release.version,
    "org.opencontainers.image.created": created,
    "org.opencontainers.image.base.name": base.image,
  };
  const added: Descriptor = { mediaType: `${oci}.layer.v1.tar`, digest: layer.digest, size: layer.size };
  const platforms = bases.map(({ platform, digest, layers, config }) => {
    const all = [...layers, added];
    const own = { ...annotations, "org.opencontainers.image.base.digest": digest };
    const configuration = document(`${oci}.config.v1+json`, configOf(config, purpose, layer.digest, created, own));
    const manifest = document(`${oci}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: configuration.descriptor,
      layers: all,
      annotations: own,
    });
    const { architecture, os, variant } = config;
    return {
      ...{ platform, manifest, config: configuration, layers: all },
      tag: `${tag}-${platform.split("/").slice(1).join("-")}`,
      entry: { ...manifest.descriptor, platform: { architecture, os, ...(variant !== undefined && { variant }) } },
    };
  });
  const index = document(`${oci}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests: platforms.map(({ entry }) => entry),
    annotations: { ...annotations, "org.opencontainers.image.base.digest": base.root.digest },
  });
  return { tag, index, platforms };
}

/** The day on which the newest item was resolved: the same lock, the same moment. */
function createdOf({ files, images }: Lock): string {
  const days = [...files, ...images].map(({ resolved }) => resolved).sort();
  return `${days.at(-1) ?? "1980-01-01"}T00:00:00Z`;
}

function configOf(
  base: BaseConfig,
  purpose: ImageDefinition,
  layer: Digest,
  created: string,
  labels: Readonly<Record<string, string>>,
): object {
  // What Docker keeps there of the container that the base was made in says nothing about this image.
  const { container: _, container_config: __, docker_version: ___, ...rest } = base;
  // A volume would be created anew with each container, and holds nothing; the base's command is not run.
  const { Cmd: _cmd, Volumes: _volumes, Healthcheck: _health, ...kept } = base.config ?? {};
  const empty = (base.history ?? []).filter(({ empty_layer }) => empty_layer).length;
  const told = base.history && base.history.length - empty === base.rootfs.diff_ids.length;
  return {
    ...rest,
    created,
    config: {
      ...kept,
      ExposedPorts: { [`${purpose.port}/tcp`]: {} },
      Entrypoint: purpose.entrypoint,
      ...(purpose.stopSignal !== undefined && { StopSignal: purpose.stopSignal }),
      Labels: { ...kept.Labels, ...labels },
    },
    rootfs: { type: "layers", diff_ids: [...base.rootfs.diff_ids, layer] },
    // It has a line for each layer, or none at all.
    history: told ? [...(base.history ?? []), { created, created_by: "kso export --format image" }] : undefined,
  };
}

function document(mediaType: string, value: object): JsonBlob {
  const text = JSON.stringify(value);
  return { text, descriptor: { mediaType, digest: sha256(text), size: Buffer.byteLength(text) } };
}

/** The texts beside the blobs, by the name of their entry. `blobs` are all that the archive holds. */
export function archiveTexts(
  lock: Lock,
  built: BuiltImage,
  blobs: readonly Descriptor[],
): Readonly<Record<string, string>> {
  const own = ownLock(lock, built, blobs);
  const texts = {
    "index.json": indexOf(own),
    "kso/lock.json": formatLock(own),
    // Docker before 25 reads this and nothing else.
    "manifest.json": `${dockerManifest(built.platforms)}\n`,
    "oci-layout": ociLayout,
  };
  return { ...texts, "kso/SHA256SUMS": sha256Sums(own, blobs, texts, []) };
}

/** What `docker load` takes out of an archive. */
export function dockerManifest(platforms: BuiltImage["platforms"]): string {
  return JSON.stringify(
    platforms.map(({ tag, config, layers }) => ({
      Config: blobName(config.descriptor.digest),
      RepoTags: [tag],
      Layers: layers.map(({ digest }) => blobName(digest)),
    })),
  );
}

/** The archive as a bundle: its images are those that it holds, under names that are looked up nowhere else. */
function ownLock(lock: Lock, { tag, index, platforms }: BuiltImage, all: readonly Descriptor[]): Lock {
  const { schema, kso, release, kubernetes } = lock;
  const common = { name: tag.replace(/:.*/, ""), component: "kso", version: release.version };
  const resolved = createdOf(lock).slice(0, 10);
  const images = platforms.map((one): LockedImage => {
    const blobs = [one.manifest.descriptor, one.config.descriptor, ...one.layers];
    const missing = lock.platforms.filter((platform) => platform !== one.platform);
    return {
      ...{ ...common, resolved, image: `localhost/${one.tag}`, platforms: [one.platform] },
      ...{ root: one.manifest.descriptor, blobs: once(blobs), ...(missing.length > 0 && { missing }) },
    };
  });
  const whole = { ...common, resolved, image: `localhost/${tag}`, platforms: lock.platforms, root: index.descriptor };
  return {
    ...{ schema, kso, release, kubernetes, platforms: lock.platforms, files: [], unavailable: [] },
    images: [{ ...whole, blobs: once([index.descriptor, ...all]) }, ...images],
  };
}

function once(blobs: readonly Descriptor[]): Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

/** Short names for people, full ones for containerd. */
function indexOf({ images }: Lock): string {
  const manifests = images.map(({ image, root: { mediaType, digest, size } }) => ({
    ...{ mediaType, digest, size },
    annotations: {
      "org.opencontainers.image.ref.name": image.replace(/^localhost\//, ""),
      "io.containerd.image.name": image,
    },
  }));
  return `${JSON.stringify({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests }, null, 2)}\n`;
}

/** Blobs sorted, each once. */
export function builtBlobs({ index, platforms }: BuiltImage): Descriptor[] {
  const documents = platforms.flatMap(({ manifest, config, layers }) => [
    manifest.descriptor,
    config.descriptor,
    ...layers,
  ]);
  return once([index.descriptor, ...documents]).sort((a, b) => compareBytes(a.digest, b.digest));
}
