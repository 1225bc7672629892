// The texts that a bundle carries beside its blobs: what makes it an OCI image layout, and what makes it check itself.
import { createHash } from "node:crypto";
import { blobName } from "../../bundle/open.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestParts } from "../../core/digest.ts";
import type { Lock } from "../../core/lock.ts";
import type { DeltaBase, KsoBinary } from "../exporter.ts";

export const ociLayout: string = '{"imageLayoutVersion":"1.0.0"}';

export function sha256(text: string): Digest {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Bytewise, as `LC_ALL=C sort`. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What a bundle's lock says, in its one order, whatever order it came in. */
export function bundleLock({ bases: _, ...lock }: Lock): Lock {
  const files = [...lock.files].sort((a, b) => compareBytes(`${a.path} ${a.name}`, `${b.path} ${b.name}`));
  const images = [...lock.images].sort((a, b) => compareBytes(`${a.image} ${a.name}`, `${b.image} ${b.name}`));
  return { ...lock, files, images };
}

/** The OCI image index: each image by its full name, then what refers to them, without a name. */
export function bundleIndex(lock: Lock): string {
  const named = new Map(lock.images.map(({ image, root }) => [image, root]));
  const manifests: object[] = [...named].map(([image, { mediaType, digest, size }]) => ({
    mediaType,
    digest,
    size,
    annotations: { "org.opencontainers.image.ref.name": image, "io.containerd.image.name": image },
  }));
  const listed = new Set([...named.values()].map(({ digest }) => digest));
  const referrers = new Map<Digest, Descriptor>();
  for (const image of lock.images) {
    for (const one of image.referrers ?? []) if (!listed.has(one.digest)) referrers.set(one.digest, one);
  }
  const rest = [...referrers.values()].sort((a, b) => compareBytes(a.digest, b.digest));
  for (const { mediaType, digest, size } of rest) manifests.push({ mediaType, digest, size });
  return json({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests });
}

/** Names the lock that what is left out can be found by. */
export function baseMetadata(base: DeltaBase, lock: string): string {
  return json({ schema: "kso.base/1", lock: base.digest ?? sha256(lock), release: base.lock.release });
}

/** For `sha256sum -c` at the root of the unpacked tree: each inode once, under the name people know it by. */
export function sha256Sums(
  lock: Lock,
  blobs: readonly Descriptor[],
  texts: Readonly<Record<string, string>>,
  binaries: readonly KsoBinary[],
): string {
  const names = new Map<Digest, string>();
  for (const { path, digest } of lock.files) if (!names.has(digest)) names.set(digest, `files/${path}`);
  const lines = blobs.map(({ digest }) => [names.get(digest) ?? blobName(digest), digest] as const);
  for (const [name, text] of Object.entries(texts)) lines.push([name, sha256(text)]);
  for (const { name, digest } of binaries) lines.push([`kso/${name}`, digest]);
  return lines
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, digest]) => `${digestParts(digest).hex}  ${name}\n`)
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
