// A made-up bundle with the names of a real release and sizes as they could be: what screenshots show. Its large blobs are holes in a
// sparse file, so it takes no room; what is read of images (indexes, manifests, configurations) is there and whole.
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { encodeEntry, paddingOf, trailerSize } from "../../src/bundle/tar.ts";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { Lock, LockedFile, LockedImage } from "../../src/core/lock.ts";
import type { FileArtifact, ImageArtifact, Unavailable } from "../../src/core/plan.ts";
import { archiveLayout } from "../../src/export/archive/layout.ts";
import { planFor } from "./plan.ts";
import { sha } from "./seed.ts";

const oci = "application/vnd.oci.image";

/** A bundle of an embedded release at `path`. @returns its lock. */
export function demoBundle(path: string, release: string): Lock {
  const documents = new Map<Digest, Uint8Array>();
  const lock = demoLock(release, documents);
  const { entries, bytes } = archiveLayout({ lock });
  const file = openSync(path, "w");
  try {
    let offset = 0;
    for (const entry of entries) {
      const header = encodeEntry(entry);
      writeSync(file, header, 0, header.length, offset);
      offset += header.length;
      const { content } = entry;
      const small = content && ("text" in content ? content.text : "blob" in content && documents.get(content.blob));
      if (small) writeSync(file, small, 0, small.length, offset);
      offset += entry.size + paddingOf(entry.size);
    }
    if (offset + trailerSize !== bytes) throw new Error(`${offset + trailerSize} is not ${bytes}`);
    ftruncateSync(file, bytes);
  } finally {
    closeSync(file);
  }
  return lock;
}

function demoLock(version: string, documents: Map<Digest, Uint8Array>): Lock {
  const { release, kubernetes, platforms, artifacts, unavailable } = planFor({ release: version });
  const files = artifacts.filter((one): one is FileArtifact => one.kind === "file");
  const images = artifacts.filter((one): one is ImageArtifact => one.kind === "image");
  return {
    schema: "kso.lock/1",
    kso: "0.1.0",
    release,
    kubernetes,
    platforms,
    files: distinct(files.map(lockedFile), ({ path }) => path),
    images: distinct(
      images.map((image) => lockedImage(image, documents)),
      ({ image }) => image,
    ),
    unavailable: [...unavailable, ...images.filter(({ component }) => component === "alb-ingress").map(withoutArm64)],
  };
}

/** Each name once, sorted. */
function distinct<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  const byName = new Map(items.map((item) => [nameOf(item), item]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** One image is said to lack an architecture, so that there is something to show. */
function withoutArm64({ kind, name, component, version, image }: ImageArtifact): Unavailable {
  const reason = `upstream's index of ${image} has no linux/arm64`;
  return { kind, name, component, version, platform: "linux/arm64", locator: image, reason, included: false };
}

/** Between `least` and `most`, the same for the same name. */
function sizeOf(name: string, least: number, most: number): number {
  const [byte = 0, other = 0] = createHash("sha256").update(name).digest();
  return Math.round(least * (most / least) ** ((byte * 256 + other) / 65_535));
}

function lockedFile({ name, component, version, platforms, url, path, digest }: FileArtifact): LockedFile {
  const isText = /\.ya?ml$/.test(path);
  return {
    ...{ name, component, version, platforms, resolved: "2026-11-24", url, path },
    digest: sha(Buffer.from(path)),
    size: isText ? sizeOf(path, 20_000, 900_000) : sizeOf(path, 9_000_000, 130_000_000),
    ...(digest && { published: { digest, source: "checksums" } }),
  };
}

function lockedImage(artifact: ImageArtifact, documents: Map<Digest, Uint8Array>): LockedImage {
  const { name, component, version, platforms, image } = artifact;
  const document = (value: unknown, mediaType: string): Descriptor => {
    const bytes = Buffer.from(JSON.stringify(value));
    documents.set(sha(bytes), bytes);
    return { mediaType, digest: sha(bytes), size: bytes.length };
  };
  const blobs: Descriptor[] = [];
  const manifests = platforms.map((platform) => {
    const [os = "", architecture = ""] = platform.split("/");
    const rootfs = { type: "layers", diff_ids: [] };
    const config = document({ architecture, os, config: { Labels: { image } }, rootfs }, `${oci}.config.v1+json`);
    const layers = ["base", "program"].map((part) => ({
      mediaType: `${oci}.layer.v1.tar+gzip`,
      digest: sha(Buffer.from(`${image} ${platform} ${part}`)),
      size: sizeOf(`${image} ${part}`, 400_000, 60_000_000),
    }));
    const mediaType = `${oci}.manifest.v1+json`;
    const manifest = document({ schemaVersion: 2, mediaType, config, layers }, mediaType);
    blobs.push(manifest, config, ...layers);
    return { ...manifest, platform: { architecture, os } };
  });
  const mediaType = `${oci}.index.v1+json`;
  const root = document({ schemaVersion: 2, mediaType, manifests }, mediaType);
  return { name, component, version, platforms, resolved: "2026-11-24", image, root, blobs: [root, ...blobs] };
}
