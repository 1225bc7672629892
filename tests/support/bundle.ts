// A small lock with everything a lock may hold, and its blobs on disk: what exporters and readers of bundles are fed with.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource, Descriptor } from "../../src/core/descriptor.ts";
import { type Digest, digestParts } from "../../src/core/digest.ts";
import type { Lock, LockedFile, LockedImage } from "../../src/core/lock.ts";
import type { Seeded } from "./images.ts";
import { noise, sha } from "./seed.ts";

const oci = "application/vnd.oci.image";
const both = ["linux/amd64", "linux/arm64"];

/** Blobs in a directory, one file each. */
export interface Sample {
  readonly lock: Lock;
  readonly blobs: BlobSource;
  /** Where a blob's bytes lie, to change or remove them. */
  pathOf(digest: Digest): string;
  /** Adds a blob. */
  put(bytes: Uint8Array, mediaType?: string): Descriptor;
}

/** Blobs below `dir`, and a lock of files (`path`, bytes) and images over them, with defaults for both. */
export function sampleLock(dir: string, more: Partial<SampleOptions> = {}): Sample {
  mkdirSync(dir, { recursive: true });
  const pathOf = (digest: Digest): string => join(dir, digestParts(digest).hex);
  const put = (bytes: Uint8Array, mediaType = "application/octet-stream"): Descriptor => {
    const digest = sha(bytes);
    writeFileSync(pathOf(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const options: SampleOptions = { ...sampleOptions(), ...more };
  const files = options.files
    .map(([path, bytes]) => fileOf(path, put(bytes)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const images = options.images
    .map(([image, seed]) => imageOf(image, seed, put))
    .sort((a, b) => (a.image < b.image ? -1 : 1));
  const lock: Lock = {
    schema: "kso.lock/1",
    kso: "0.0.0-test",
    release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "0".repeat(40) },
    kubernetes: "1.35.4",
    platforms: both,
    files,
    images,
    unavailable: [],
  };
  const blobs: BlobSource = {
    locate(digest) {
      const path = pathOf(digest);
      const length = statSync(path, { throwIfNoEntry: false })?.size;
      if (length === undefined) return undefined;
      // In two runs, as a bundle in volumes has it.
      const first = length >> 1;
      if (length < 2) return [{ path, offset: 0, length }];
      return [
        { path, offset: 0, length: first },
        { path, offset: first, length: length - first },
      ];
    },
  };
  return { lock, blobs, pathOf, put };
}

export interface SampleOptions {
  /** Path inside the gap, and bytes. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** Full name, and what its bytes are made from: the same seed gives the same image. */
  readonly images: readonly (readonly [image: string, seed: string])[];
}

/** What a sample holds unless told otherwise. */
export function sampleOptions(): SampleOptions {
  return {
    files: [
      ["dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm", noise("kubeadm amd64", 70_000)],
      ["dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm", noise("kubeadm arm64", 3_000)],
      // The same bytes under two names: one blob, two links.
      ["github.com/kata/kata.tar.xz", noise("kata", 1_024)],
      ["mirror.example:8443/kata.tar.xz", noise("kata", 1_024)],
      [`github.com/${"long/".repeat(40)}${"n".repeat(120)}.tgz`, noise("long", 511)],
      ["get.helm.sh/empty", new Uint8Array(0)],
    ],
    images: [
      ["registry.k8s.io/pause:3.10", "pause"],
      ["docker.io/library/nginx:1.28.2-alpine", "nginx"],
      // The same image under two names.
      ["quay.io/mirror/nginx:1.28.2", "nginx"],
    ],
  };
}

function fileOf(path: string, { digest, size }: Descriptor): LockedFile {
  return { ...common(path.split("/").at(-1) as string, both), url: `https://${path}`, path, digest, size };
}

/** An index of two platforms over one common layer and one of its own each, with a signature that refers to the index. */
function imageOf(image: string, seed: string, put: Sample["put"]): LockedImage {
  const json = (value: unknown, mediaType: string): Descriptor => put(Buffer.from(JSON.stringify(value)), mediaType);
  const blobs: Descriptor[] = [];
  const base = put(noise("common layer", 20_000), `${oci}.layer.v1.tar+gzip`);
  const manifests = both.map((platform) => {
    const [os, architecture] = platform.split("/");
    const layers = [base, put(noise(`${seed} ${platform}`, 9_000), `${oci}.layer.v1.tar+gzip`)];
    const config = json(
      { architecture, os, config: {}, rootfs: { type: "layers", diff_ids: [] } },
      `${oci}.config.v1+json`,
    );
    const mediaType = `${oci}.manifest.v1+json`;
    const manifest = json({ schemaVersion: 2, mediaType, config, layers }, mediaType);
    blobs.push(manifest, config, ...layers);
    return { ...manifest, platform: { architecture, os } };
  });
  const mediaType = `${oci}.index.v1+json`;
  const root = json({ schemaVersion: 2, mediaType, manifests }, mediaType);
  const config = json({}, "application/vnd.oci.empty.v1+json");
  const signature = put(noise(`${seed} signature`, 300), "application/vnd.dev.cosign.simplesigning.v1+json");
  const referrer = json(
    { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers: [signature], subject: root },
    `${oci}.manifest.v1+json`,
  );
  const all = [root, ...blobs, referrer, config, signature];
  return {
    ...common(image.split(/[/:]/).at(-2) as string, both),
    image,
    root,
    blobs: [...new Map(all.map((blob) => [blob.digest, blob])).values()],
    referrers: [referrer],
  };
}

function common(
  name: string,
  platforms: readonly string[],
): Pick<LockedFile, "name" | "component" | "version" | "platforms" | "resolved"> {
  return { name, component: name, version: "1.0.0", platforms, resolved: "2026-11-24" };
}

/** Puts an image's bytes into a sample, with what refers to it and without what is left out, and locks it. */
export function lockedImage(
  sample: Sample,
  name: string,
  seeded: Seeded,
  { referrers = [], without = [] }: { referrers?: readonly Seeded[]; without?: readonly Descriptor[] } = {},
): LockedImage {
  const blobs = [seeded, ...referrers].flatMap(({ manifests, blobs }) => [
    ...manifests.map(({ bytes, mediaType }) => sample.put(bytes, mediaType)),
    ...blobs.map((bytes) => sample.put(bytes)),
  ]);
  const left = new Set(without.map(({ digest }) => digest));
  return {
    ...common("extra", both),
    name,
    image: name,
    root: seeded.root,
    blobs: [...new Map(blobs.filter(({ digest }) => !left.has(digest)).map((blob) => [blob.digest, blob])).values()],
    ...(referrers.length > 0 && { referrers: referrers.map(({ root }) => root) }),
  };
}
