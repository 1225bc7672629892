// The small files of a bundle beside its blobs: they make it an OCI image layout, and let it be checked with sha256sum.
import { createHash } from "node:crypto";
import { blobName } from "../../bundle/open.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestParts } from "../../core/digest.ts";
import { type Lock, type LockedBinary, withBinaries } from "../../core/lock.ts";
import type { DeltaBase, KsoBinary } from "../exporter.ts";
import { compareBytes } from "./entry.ts";

/** The content of `oci-layout`. */
export const ociLayout: string = '{"imageLayoutVersion":"1.0.0"}';

/** The digest of a text. */
export function sha256(text: string): Digest {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/**
 * The lock as an export holds it: sorted, whatever order it had, without base images, which are in no bundle, and with the binaries
 * that the export brings along.
 */
export function bundleLock({ bases: _, ...lock }: Lock, binaries?: readonly LockedBinary[]): Lock {
  const files = [...lock.files].sort((a, b) => compareBytes(`${a.path} ${a.name}`, `${b.path} ${b.name}`));
  const images = [...lock.images].sort((a, b) => compareBytes(`${a.image} ${a.name}`, `${b.image} ${b.name}`));
  return withBinaries({ ...lock, files, images }, binaries);
}

/** `index.json`: each image by its full name, then the referrers, which have no name. */
export function bundleIndex(lock: Lock): string {
  const roots = new Map(lock.images.map(({ image, root }) => [image, root]));
  const manifests: object[] = [...roots].map(([image, { mediaType, digest, size }]) => ({
    mediaType,
    digest,
    size,
    annotations: { "org.opencontainers.image.ref.name": image, "io.containerd.image.name": image },
  }));
  const namedDigests = new Set([...roots.values()].map(({ digest }) => digest));
  const referrers = new Map<Digest, Descriptor>();
  for (const image of lock.images) {
    for (const referrer of image.referrers ?? [])
      if (!namedDigests.has(referrer.digest)) referrers.set(referrer.digest, referrer);
  }
  const sorted = [...referrers.values()].sort((a, b) => compareBytes(a.digest, b.digest));
  for (const { mediaType, digest, size } of sorted) manifests.push({ mediaType, digest, size });
  return json({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests });
}

/** `kso/base.json`: names the lock of the bundle that has what this one leaves out. `lock` is the text of the base's lock. */
export function baseMetadata(base: DeltaBase, lock: string): string {
  const { release, releases } = base.lock;
  return json({ schema: "kso.base/1", lock: base.digest ?? sha256(lock), release, ...(releases && { releases }) });
}

/**
 * `kso/SHA256SUMS`, for `sha256sum -c` at the root of the unpacked tree: each inode once, a file under its path rather
 * than under its digest.
 */
export function sha256Sums(
  lock: Lock,
  blobs: readonly Descriptor[],
  texts: Readonly<Record<string, string>>,
  binaries: readonly KsoBinary[],
): string {
  const names = new Map<Digest, string>();
  for (const { path, digest } of lock.files) if (!names.has(digest)) names.set(digest, `files/${path}`);
  const lines: [name: string, digest: Digest][] = [
    ...blobs.map(({ digest }): [string, Digest] => [names.get(digest) ?? blobName(digest), digest]),
    ...Object.entries(texts).map(([name, text]): [string, Digest] => [name, sha256(text)]),
    ...binaries.map(({ name, digest }): [string, Digest] => [`kso/${name}`, digest]),
  ];
  return lines
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, digest]) => `${digestParts(digest).hex}  ${name}\n`)
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
