// What makes a base and a layer an image: configurations, image manifests, the index over all platforms, and the texts that
// make the archive an OCI layout, an archive for `docker load`, and a bundle of kso's own.
import { blobName } from "../../bundle/open.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { formatLock, type Lock, type LockedImage } from "../../core/lock.ts";
import { byBytes, ociLayout, sha256, sums } from "../archive/documents.ts";
import { imageTag } from "../dockerfile/bake.ts";
import type { BaseConfig, PlatformBase } from "./base.ts";

/** What the new image does that its base does not. */
export interface Purpose {
  /** `files`, `images`: the image is named `kubespray-files`. */
  readonly name: string;
  readonly description: string;
  readonly port: number;
  readonly entrypoint: readonly string[];
  readonly stopSignal?: string;
}

/** A small document with what describes it. */
export interface Document {
  readonly blob: Descriptor;
  readonly text: string;
}

export interface Built {
  /** `kubespray-files:2.31.0`. */
  readonly tag: string;
  readonly index: Document;
  readonly platforms: readonly {
    readonly platform: string;
    /** `kubespray-files:2.31.0-arm64`. */
    readonly tag: string;
    readonly manifest: Document;
    readonly config: Document;
    readonly layers: readonly Descriptor[];
  }[];
}

const oci = "application/vnd.oci.image";

/** The images of all platforms over a layer; sizes do not depend on the layer's digest. */
export function build(
  lock: Lock,
  base: LockedImage,
  bases: readonly PlatformBase[],
  purpose: Purpose,
  layer: Omit<Descriptor, "mediaType">,
): Built {
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
      config: configuration.blob,
      layers: all,
      annotations: own,
    });
    const { architecture, os, variant } = config;
    return {
      ...{ platform, manifest, config: configuration, layers: all },
      tag: `${tag}-${platform.split("/").slice(1).join("-")}`,
      entry: { ...manifest.blob, platform: { architecture, os, ...(variant !== undefined && { variant }) } },
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
  purpose: Purpose,
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

function document(mediaType: string, value: object): Document {
  const text = JSON.stringify(value);
  return { text, blob: { mediaType, digest: sha256(text), size: Buffer.byteLength(text) } };
}

/** The texts beside the blobs, by the name of their entry. `blobs` are all that the archive holds. */
export function archiveTexts(lock: Lock, built: Built, blobs: readonly Descriptor[]): Readonly<Record<string, string>> {
  const own = ownLock(lock, built, blobs);
  const texts = {
    "index.json": indexOf(own),
    "kso/lock.json": formatLock(own),
    // Docker before 25 reads this and nothing else.
    "manifest.json": `${dockerManifest(built.platforms)}\n`,
    "oci-layout": ociLayout,
  };
  return { ...texts, "kso/SHA256SUMS": sums(own, blobs, texts, []) };
}

/** What `docker load` takes out of an archive. */
export function dockerManifest(platforms: Built["platforms"]): string {
  return JSON.stringify(
    platforms.map(({ tag, config, layers }) => ({
      Config: blobName(config.blob.digest),
      RepoTags: [tag],
      Layers: layers.map(({ digest }) => blobName(digest)),
    })),
  );
}

/** The archive as a bundle: its images are those that it holds, under names that are looked up nowhere else. */
function ownLock(lock: Lock, { tag, index, platforms }: Built, all: readonly Descriptor[]): Lock {
  const { schema, kso, release, kubernetes } = lock;
  const common = { name: tag.replace(/:.*/, ""), component: "kso", version: release.version };
  const resolved = createdOf(lock).slice(0, 10);
  const images = platforms.map((one): LockedImage => {
    const blobs = [one.manifest.blob, one.config.blob, ...one.layers];
    const missing = lock.platforms.filter((platform) => platform !== one.platform);
    return {
      ...{ ...common, resolved, image: `localhost/${one.tag}`, platforms: [one.platform] },
      ...{ root: one.manifest.blob, blobs: once(blobs), ...(missing.length > 0 && { missing }) },
    };
  });
  const whole = { ...common, resolved, image: `localhost/${tag}`, platforms: lock.platforms, root: index.blob };
  return {
    ...{ schema, kso, release, kubernetes, platforms: lock.platforms, files: [], unavailable: [] },
    images: [{ ...whole, blobs: once([index.blob, ...all]) }, ...images],
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
export function blobsOf({ index, platforms }: Built): Descriptor[] {
  const documents = platforms.flatMap(({ manifest, config, layers }) => [manifest.blob, config.blob, ...layers]);
  return once([index.blob, ...documents]).sort((a, b) => byBytes(a.digest, b.digest));
}
