// The small files beside the blobs of an image archive: they make it an OCI image layout, an archive for `docker load`, and
// a bundle of kso's own.
import { blobName } from "../../bundle/open.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { formatLock, type Lock, type LockedImage } from "../../core/lock.ts";
import { ociLayout, sha256Sums } from "../archive/metadata.ts";
import { type BuiltImage, createdOf, uniqueBlobs } from "./manifests.ts";

/** The files by the name of their entry. `blobs` are all that the archive holds. */
export function imageMetadata(
  lock: Lock,
  image: BuiltImage,
  blobs: readonly Descriptor[],
): Readonly<Record<string, string>> {
  const archiveLock = lockOf(lock, image, blobs);
  const texts = {
    "index.json": indexOf(archiveLock),
    "kso/lock.json": formatLock(archiveLock),
    // Docker before 25 reads this and nothing else.
    "manifest.json": `${dockerManifest(image.platforms)}\n`,
    "oci-layout": ociLayout,
  };
  return { ...texts, "kso/SHA256SUMS": sha256Sums(archiveLock, blobs, texts, []) };
}

/** `manifest.json`, as `docker load` reads it. */
export function dockerManifest(platforms: BuiltImage["platforms"]): string {
  return JSON.stringify(
    platforms.map(({ tag, config, layers }) => ({
      Config: blobName(config.descriptor.digest),
      RepoTags: [tag],
      Layers: layers.map(({ digest }) => blobName(digest)),
    })),
  );
}

/** The lock of the archive as a bundle: its images are those that were built, under names that no registry is asked for. */
function lockOf(lock: Lock, { tag, index, platforms }: BuiltImage, blobs: readonly Descriptor[]): Lock {
  const { schema, kso, release, kubernetes, releases } = lock;
  const common = {
    // Built of all of them, it is each one's.
    ...(releases && { releases: releases.map(({ version }) => version) }),
    name: tag.replace(/:.*/, ""),
    component: "kso",
    version: release.version,
    resolved: createdOf(lock).slice(0, 10),
  };
  const images = platforms.map((built): LockedImage => {
    const unavailable = lock.platforms.filter((platform) => platform !== built.platform);
    return {
      ...common,
      image: `localhost/${built.tag}`,
      platforms: [built.platform],
      root: built.manifest.descriptor,
      blobs: uniqueBlobs([built.manifest.descriptor, built.config.descriptor, ...built.layers]),
      ...(unavailable.length > 0 && { unavailable }),
    };
  });
  const multiPlatform: LockedImage = {
    ...common,
    image: `localhost/${tag}`,
    platforms: lock.platforms,
    root: index.descriptor,
    blobs: uniqueBlobs([index.descriptor, ...blobs]),
  };
  return {
    schema,
    kso,
    release,
    kubernetes,
    ...(releases && { releases }),
    platforms: lock.platforms,
    files: [],
    images: [multiPlatform, ...images],
    unavailable: [],
  };
}

/** `index.json`: short names for people, full ones for containerd. */
function indexOf({ images }: Lock): string {
  const manifests = images.map(({ image, root: { mediaType, digest, size } }) => ({
    mediaType,
    digest,
    size,
    annotations: {
      "org.opencontainers.image.ref.name": image.replace(/^localhost\//, ""),
      "io.containerd.image.name": image,
    },
  }));
  const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests };
  return `${JSON.stringify(index, null, 2)}\n`;
}
