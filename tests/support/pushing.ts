// Bundles for pushes under test: a lock of images as upstream has them, of which some platforms are here, with their bytes on
// disk; and a push of it, without waiting.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource, Extent } from "../../src/core/descriptor.ts";
import { digestParts } from "../../src/core/digest.ts";
import type { Lock, LockedImage } from "../../src/core/lock.ts";
import { silentProgress } from "../../src/core/progress.ts";
import type { RegistryNaming } from "../../src/core/registry-address.ts";
import { readExtents, streamExtents } from "../../src/files/extents.ts";
import type { HttpOptions } from "../../src/http/http.ts";
import type { Credentials } from "../../src/oci/credentials.ts";
import { walkImage } from "../../src/oci/walk.ts";
import type { PushFilesOptions } from "../../src/push/files.ts";
import { type PushImagesOptions, pushImages } from "../../src/push/images.ts";
import type { PushResult } from "../../src/push/options.ts";
import { sliceFile } from "../../src/runtime/slice.ts";
import { testHttp } from "./http.ts";
import type { Seeded } from "./images.ts";
import { sha } from "./seed.ts";
import type { Target } from "./target.ts";

/** How files are read and hashed when they are pushed under test: as the program does it, without its hashing thread. */
export const fileReading: Pick<PushFilesOptions, "open" | "hash"> = {
  open: (extents) => streamExtents(extents),
  async hash(extents, algorithm) {
    const hash = createHash(algorithm);
    for await (const piece of readExtents(extents)) hash.update(piece);
    return hash.digest("hex");
  },
};

export interface Held {
  readonly lock: Lock;
  readonly source: BlobSource;
}

const both = ["linux/amd64", "linux/arm64"];

/** Full names → images of which the platforms are held, and what refers to them. */
export function held(
  folder: string,
  images: Readonly<Record<string, Seeded & { readonly referrers?: readonly Seeded[] }>>,
  platforms: readonly string[] = both,
): Held {
  mkdirSync(folder, { recursive: true });
  const pathOf = (digest: string): string => join(folder, digest.replace(":", "-"));
  const sizes = new Map<string, number>();
  const put = (bytes: Uint8Array): void => {
    writeFileSync(pathOf(sha(bytes)), bytes);
    sizes.set(sha(bytes), bytes.length);
  };
  const locked = Object.entries(images).map(([image, seeded]): LockedImage => {
    const all = [seeded, ...(seeded.referrers ?? [])];
    const bytes = new Map(
      all
        .flatMap(({ manifests, blobs }) => [...manifests.map((one) => one.bytes), ...blobs])
        .map((one) => [sha(one), one]),
    );
    const read = ({ digest }: { digest: string }): Uint8Array | undefined => bytes.get(digest as `sha256:${string}`);
    const walked = [
      ...walkImage(seeded.root, platforms, read).blobs,
      ...(seeded.referrers ?? []).flatMap(({ root }) => walkImage(root, "all", read).blobs),
    ];
    const blobs = [...new Map(walked.map((blob) => [blob.digest, blob])).values()];
    for (const { digest } of blobs) put(bytes.get(digest) as Uint8Array);
    return {
      name: image,
      component: "test",
      version: "1",
      platforms,
      resolved: "2026-11-24",
      image,
      root: seeded.root,
      blobs,
      ...(seeded.referrers && { referrers: seeded.referrers.map(({ root }) => root) }),
    };
  });
  const lock: Lock = {
    schema: "kso.lock/1",
    kso: "0.0.0-test",
    release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "0".repeat(40) },
    kubernetes: "1.35.4",
    platforms,
    files: [],
    images: locked,
    unavailable: [],
  };
  return {
    lock,
    source: {
      locate(digest): Extent[] | undefined {
        const size = sizes.get(`${digestParts(digest).algorithm}:${digestParts(digest).hex}`);
        return size === undefined ? undefined : [{ path: pathOf(digest), offset: 0, length: size }];
      },
    },
  };
}

export interface PushTo extends Partial<Omit<PushImagesOptions, "mapping">> {
  readonly map?: RegistryNaming;
  readonly prefix?: string;
  readonly net?: Partial<HttpOptions>;
}

/** Pushes; `waits` are the pauses that would have been made, in milliseconds. */
export async function push(
  { lock, source }: Held,
  { url, host }: Target,
  { map = "strip-host", prefix = "", net = {}, ...more }: PushTo = {},
): Promise<PushResult & { readonly waits: readonly number[] }> {
  const { http, waits } = testHttp(net);
  const nobody: Credentials = { find: async () => undefined };
  const pushed = await pushImages({
    lock,
    source,
    http,
    credentials: nobody,
    jobs: 4,
    progress: silentProgress,
    dryRun: false,
    index: "keep",
    address: { base: url, host, prefix },
    mapping: map,
    open: (extents) => streamExtents(extents, sliceFile),
    sessions: { get: () => undefined, set: () => undefined },
    signal: new AbortController().signal,
    ...more,
  });
  return { ...pushed, waits };
}
