// Bundles: the archive, its lock, its index, the documents of its images.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../../src/core/digest.ts";
import { sampleLock } from "../../support/bundle.ts";
import { altered, type Piece, pack, piece, piecesOf, sealed } from "../../support/sealed.ts";
import { served } from "../../support/serving.ts";
import { temporary } from "../../support/temp.ts";
import { mutated } from "../mutate.ts";
import type { Random } from "../random.ts";
import type { Step, Target } from "../target.ts";

const small = {
  files: [
    ["dl.k8s.io/v1/kubeadm", Buffer.from("kubeadm amd64")],
    ["github.com/kata.tar", Buffer.from("kata")],
  ],
  images: [["registry.k8s.io/pause:3.10", "pause"]],
} as const;

let soundPath: Promise<string> | undefined;
/** A sound bundle of this process. */
function sound(): Promise<string> {
  soundPath ??= (async () => {
    const folder = temporary();
    return (await sealed(folder.path, "sound.tar", { sample: sampleLock(join(folder.path, "blobs"), small) })).path;
  })();
  return soundPath;
}

const paths = [
  "/",
  "/health",
  "/metrics",
  "/v2/",
  "/v2/_catalog",
  "/v2/registry.k8s.io/pause/tags/list",
  "/v2/pause/manifests/3.10",
  "/k8s/dl.k8s.io/v1/kubeadm",
  "/k8s/",
];

let registry: Bun.Server<undefined> | undefined;
/** A registry that has nothing and lets everybody begin an upload. */
function emptyRegistry(): Bun.Server<undefined> {
  registry ??= Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ url, method }) {
      const { pathname } = new URL(url);
      if (method === "POST") return new Response(null, { status: 202, headers: { location: `${pathname}u` } });
      if (method === "DELETE") return new Response(null, { status: 204 });
      return pathname === "/v2/" ? Response.json({}) : Response.json({ errors: [] }, { status: 404 });
    },
  });
  return registry;
}

/** All that reads a bundle. */
function readers(path: string, other: string): Step[] {
  return [
    ["verify", path],
    ["inspect", path],
    ["diff", path, other],
    ["config", "kubespray", path, "--registry-host", "10.0.0.5:5000", "--files-url", "http://10.0.0.5:8080/k8s"],
    ["push", path, "--registry", emptyRegistry().url.origin, "--dry-run"],
    {
      name: "serve",
      run: async () => {
        const { ask } = served(path);
        for (const one of paths) await (await ask(one)).arrayBuffer();
      },
    },
  ];
}

/** Headers and small documents are changed more often than contents. */
function mutatedArchive(input: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(input);
  const heads: number[] = [];
  for (let at = 0; at + 512 <= bytes.length; at += 512)
    if (Buffer.from(bytes.subarray(at + 257, at + 262)).toString() === "ustar") heads.push(at);
  if (heads.length === 0 || random.oneIn(8)) return mutated(input, random);
  const at = random.pick(heads);
  const fields = [
    [0, 100],
    [100, 8],
    [108, 8],
    [124, 12],
    [136, 12],
    [148, 8],
    [156, 1],
    [157, 100],
    [257, 8],
    [345, 155],
  ] as const;
  const [offset, length] = random.pick(fields);
  const field = mutated(bytes.subarray(at + offset, at + offset + length), random).subarray(0, length);
  bytes.fill(0, at + offset, at + offset + length);
  bytes.set(field, at + offset);
  if (!random.oneIn(5)) {
    bytes.fill(0x20, at + 148, at + 156);
    const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    bytes.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), at + 148);
  }
  return random.oneIn(6) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

const archive: Target = {
  name: "archive",
  seeds: async () => [readFileSync(await sound())],
  mutate: mutatedArchive,
  async prepare(folder, input) {
    writeFileSync(join(folder, "b.tar"), input);
    cpSync(await sound(), join(folder, "sound.tar"));
    return { steps: readers("b.tar", "sound.tar"), kept: [folder] };
  },
};

/** A document of a bundle whose sums are right, so that it is read. */
const document = (name: string, entry: string): Target => ({
  name,
  seeds: async () => [(piecesOf(await sound()).find((one) => one.name === entry) as Piece).content],
  words: [
    "sha256:",
    "linux/amd64",
    "linux/arm64",
    "schemaVersion",
    "application/vnd.oci.image.index.v1+json",
    "org.opencontainers.image.ref.name",
    "registry.k8s.io/pause:3.10",
    "../",
    "http://",
  ],
  async prepare(folder, input) {
    const change = (all: Piece[]): Piece[] => all.map((one) => (one.name === entry ? piece(entry, input) : one));
    altered(await sound(), join(folder, "b.tar"), change);
    cpSync(await sound(), join(folder, "sound.tar"));
    return { steps: readers("b.tar", "sound.tar"), kept: [folder] };
  },
});

/** The lock by itself: of `--lock` and `--base`. */
const lock: Target = {
  name: "lock",
  seeds: async () => [(piecesOf(await sound()).find((one) => one.name === "kso/lock.json") as Piece).content],
  words: ["sha256:", "linux/amd64", "kso.lock/1", "unavailable", "../", "https://"],
  async prepare(folder, input) {
    writeFileSync(join(folder, "l.json"), input);
    mkdirSync(join(folder, "st/blobs/sha256"), { recursive: true });
    cpSync(await sound(), join(folder, "sound.tar"));
    return {
      steps: [
        ["store", "prune", "--lock", "l.json", "--store", "st", "--dry-run"],
        ["diff", "l.json", "sound.tar"],
        ["inspect", "l.json"],
      ],
      kept: [folder],
    };
  },
};

/** An image's index with the right digest of whatever it says: only its content is wrong. */
const imageIndex: Target = {
  name: "image-index",
  async seeds() {
    using folder = temporary();
    const { lock: held, pathOf } = sampleLock(join(folder.path, "blobs"), small);
    const [image] = held.images;
    return [image?.root.digest, ...(image?.blobs.slice(1, 3) ?? []).map(({ digest }) => digest)].map((digest) =>
      readFileSync(pathOf(digest as Digest)),
    );
  },
  words: [
    "manifests",
    "layers",
    "config",
    "subject",
    "annotations",
    "mediaType",
    "platform",
    "architecture",
    "application/vnd.docker.distribution.manifest.v2+json",
    "linux",
    "variant",
  ],
  async prepare(folder, input) {
    const sample = sampleLock(join(folder, "blobs"), small);
    const [image, ...rest] = sample.lock.images;
    const root = sample.put(input, image?.root.mediaType);
    const blobs = [root, ...(image?.blobs.slice(1) ?? [])];
    const changed = {
      ...sample,
      lock: { ...sample.lock, images: [{ ...(image as NonNullable<typeof image>), root, blobs }, ...rest] },
    };
    cpSync(await sound(), join(folder, "sound.tar"));
    const path = join(folder, "b.tar");
    pack(path, []);
    return {
      steps: [
        { name: "seal", run: async () => void (await sealed(folder, "b.tar", { sample: changed })) },
        ...readers("b.tar", "sound.tar"),
      ],
    };
  },
};

/** Targets about bundles. */
export const bundleTargets: readonly Target[] = [
  archive,
  document("bundle-lock", "kso/lock.json"),
  document("bundle-index", "index.json"),
  document("bundle-sums", "kso/SHA256SUMS"),
  lock,
  imageIndex,
];
