// What tests of pushes into a registry share: registries that check themselves after each test, and two sets of images.
import { afterEach, beforeEach, expect } from "bun:test";
import { sample } from "./http.ts";
import { image, type Seeded, type SeededImage } from "./images.ts";
import { type Held, held, type PushTo, push } from "./pushing.ts";
import { sha } from "./seed.ts";
import { startTarget, type Target, type TargetOptions } from "./target.ts";
import { temporary } from "./temp.ts";

export interface PushBench {
  /** Where blobs of bundles are put. */
  readonly path: string;
  /** A registry that lasts until the test ends. */
  start(options?: TargetOptions): Promise<Target>;
  bundle(): Held;
  /** Pushes the bundle of the bench. */
  push(target: Target, more?: PushTo): ReturnType<typeof push>;
}

/** A bench for the tests of a file: after each, no registry had a surprise or a tag that leads to half an image. */
export function pushBench(images: Readonly<Record<string, Seeded>>): PushBench {
  let folder: ReturnType<typeof temporary>;
  const open: Target[] = [];
  beforeEach(() => {
    folder = temporary();
  });
  afterEach(async () => {
    folder[Symbol.dispose]();
    for (const target of open.splice(0)) {
      expect(target.surprises).toEqual([]);
      expect(target.halfTagged).toEqual([]);
      await target[Symbol.asyncDispose]();
    }
  });
  const bundle = (): Held => held(folder.path, images);
  return {
    get path() {
      return folder.path;
    },
    async start(options = {}) {
      const target = await startTarget(options);
      open.push(target);
      return target;
    },
    bundle,
    push: (target, more = {}) => push(bundle(), target, more),
  };
}

/** A layer that two of {@link threeImages} share. */
export const sharedLayer: Uint8Array = sample(50_000);
const sharing = (seed: number): SeededImage =>
  image({
    platforms: {
      "linux/amd64": { layers: [sharedLayer, sample(3000, seed)] },
      "linux/arm64": { layers: [sharedLayer, sample(2000, seed + 100)] },
    },
  });
export const nginx: SeededImage = sharing(1);
export const calico: SeededImage = sharing(2);
/** With a platform that no bundle holds, and attestations. */
export const pause: SeededImage = image({
  platforms: {
    "linux/amd64": { layers: [sample(300, 7)] },
    "linux/arm64": { layers: [sample(300, 8)] },
    "linux/s390x": { layers: [sample(300, 9)] },
  },
  attestations: true,
});
export const threeImages: Readonly<Record<string, Seeded>> = {
  "docker.io/library/nginx:1.28": nginx,
  "quay.io/calico/node:v3": calico,
  "registry.k8s.io/pause:3.10": pause,
};

/** A layer that travels in several chunks. */
export const largeLayer: Uint8Array = sample(100_000, 1);
export const largeDigest: ReturnType<typeof sha> = sha(largeLayer);
/** An image of two small layers. */
export const smallImage = (seed: number): SeededImage =>
  image({
    platforms: {
      "linux/amd64": { layers: [sample(3000, seed)] },
      "linux/arm64": { layers: [sample(2000, seed + 100)] },
    },
  });
/** The image with the large layer. */
export const app: SeededImage = image({
  platforms: { "linux/amd64": { layers: [largeLayer] }, "linux/arm64": { layers: [sample(1500, 3)] } },
});
export const twoImages: Readonly<Record<string, Seeded>> = {
  "docker.io/library/app:1": app,
  "quay.io/calico/node:v3": smallImage(2),
};

/** All of {@link twoImages} is there, after another push too, and that one sends nothing. */
export async function expectTwoImages(bench: PushBench, target: Target): Promise<void> {
  expect(Object.keys(target.tags).toSorted()).toEqual(["calico/node:v3", "library/app:1"]);
  expect(target.blob("library/app", largeDigest)).toEqual(largeLayer);
  const { arrived, sent } = await bench.push(target);
  expect([arrived.map(({ state }) => state), sent.items]).toEqual([["there", "there"], 0]);
}
