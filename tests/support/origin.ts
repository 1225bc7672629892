// A small upstream of real counterparts: files behind nginx, and images that skopeo copied from an OCI layout into
// docker-registry, with Debian's own programs inside. Out travel flags that make kso's plan of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ensureDir, outputFile, outputJson } from "fs-extra";
import { tar, zip } from "./archives.ts";
import { must, requireTools, type Server, serveDirectory, serveRegistry } from "./containers.ts";
import { image, type SeededImage } from "./images.ts";
import { labFlags } from "./lab.ts";
import { noise, sha } from "./seed.ts";

type Arch = "amd64" | "arm64";

export interface OriginFile {
  readonly name: string;
  readonly arch: Arch;
  /** `dl.k8s.io/…`, as it stands in the URL. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a release of the upstream consists of. */
export interface Release {
  readonly files: readonly OriginFile[];
  /** `registry.k8s.io/pause:3.10` → the image. */
  readonly images: Readonly<Record<string, SeededImage>>;
  /** Images that skopeo turns into Docker's media types on the way. */
  readonly docker?: readonly string[];
}

export interface Origin {
  readonly files: Server;
  readonly registry: Server;
  /** Puts a release on the servers. @returns the flags with which kso plans it. */
  publish(name: string, release: Release): Promise<string[]>;
  /** The requests since the last call that fetch a file or a blob: `GET /…`. */
  transfers(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Real machine code for each architecture: a program of Debian's. */
export const programs: Readonly<Record<Arch, Uint8Array>> = {
  get amd64() {
    return readFileSync("/bin/busybox");
  },
  get arm64() {
    return readFileSync("/usr/aarch64-linux-gnu/lib/libc.so.6");
  },
};

/** The program as an image has it: a layer, compressed. */
export function layerOf(arch: Arch | "s390x", note: string): Uint8Array {
  const program = arch === "s390x" ? noise(note, 5000) : programs[arch];
  return gzipSync(
    tar([
      { name: "etc/note", content: note, mode: 0o644 },
      { name: "usr/bin/app", content: program },
    ]),
  );
}

const entrypoint = ["/usr/bin/app"];
const base = (arch: Arch): Uint8Array => gzipSync(tar([{ name: "etc/base", content: noise(`base ${arch}`, 300_000) }]));

/** Binaries, archives of three kinds and a document; an image with attestations and a platform too many, one of Docker's types, one that shares its base. */
export function firstRelease(): Release {
  const each = (["amd64", "arm64"] as const).flatMap((arch): OriginFile[] => {
    const program = { name: "tool/bin/tool", content: programs[arch] };
    const text = { name: "tool/README", content: `for ${arch}` };
    return [
      file("kubelet", arch, `dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`, programs[arch]),
      file("etcd", arch, `github.com/etcd-io/etcd/v3/etcd-linux-${arch}.tar.gz`, gzipSync(tar([text, program]))),
      file("crio", arch, `storage.googleapis.com/crio/crio.${arch}.tar.zst`, zstdCompressSync(tar([text, program]))),
      file("vault", arch, `releases.example.org/tool/tool_${arch}.zip`, zip([text, program])),
      file(
        "crds",
        arch,
        "raw.githubusercontent.com/calico/v3/crds.yaml",
        Buffer.from("kind: CustomResourceDefinition\n"),
      ),
      file("helm", arch, `get.helm.sh/helm-v3.18.4+build-linux-${arch}`, noise(`helm ${arch}`, 700_000)),
      file("notes", arch, "raw.githubusercontent.com/calico/v3/notes.txt", noise("notes", 1_200_000)),
    ];
  });
  return {
    files: each,
    images: {
      "registry.k8s.io/pause:3.10": image({
        platforms: {
          "linux/amd64": { layers: [layerOf("amd64", "pause")], entrypoint },
          "linux/arm64/v8": { layers: [layerOf("arm64", "pause")], entrypoint },
          "linux/s390x": { layers: [layerOf("s390x", "pause")], entrypoint },
        },
        attestations: true,
      }),
      "quay.io/calico/node:v3": pair("node"),
      "docker.io/library/tool:1.0": pair("tool"),
    },
    docker: ["quay.io/calico/node:v3"],
  };
}

/** An image for both architectures on a base that all of these share. */
export function pair(note: string): SeededImage {
  const layers = (arch: Arch): Uint8Array[] => [base(arch), layerOf(arch, note)];
  return image({
    platforms: {
      "linux/amd64": { layers: layers("amd64"), entrypoint },
      "linux/arm64": { layers: layers("arm64"), entrypoint },
    },
  });
}

export function file(name: string, arch: Arch, path: string, bytes: Uint8Array): OriginFile {
  return { name, arch, path, bytes };
}

/** Both servers, empty, below `dir`. */
export async function startOrigin(dir: string): Promise<Origin> {
  await requireTools({ nginx: "nginx-light", "docker-registry": "docker-registry", skopeo: "skopeo" });
  const root = join(dir, "www");
  await ensureDir(root);
  const [files, registry] = await Promise.all([
    serveDirectory(join(dir, "nginx"), root),
    serveRegistry(join(dir, "registry")),
  ]);
  let seen: readonly number[] = [];
  return {
    files,
    registry,
    async publish(name, release) {
      for (const { path, bytes } of release.files) await outputFile(join(root, decodeURIComponent(path)), bytes);
      await pushImages(`127.0.0.1:${registry.port}`, join(dir, "layouts", name), release);
      return await planFlags(join(dir, "plans", name), release, {
        files: `http://127.0.0.1:${files.port}`,
        registry: `http://127.0.0.1:${registry.port}`,
      });
    },
    async transfers() {
      const requests = await Promise.all([files.requests(), registry.requests()]);
      const fresh = requests.flatMap((lines, at) => lines.slice(seen[at]));
      seen = requests.map((lines) => lines.length);
      return fresh.filter((line) => /^GET (?!\/v2\/)|^GET \S+\/blobs\//.test(line));
    },
    stop: async () => {
      await Promise.all([files.stop(), registry.stop()]);
    },
  };
}

/** Flags for kso that plan a release, whoever serves it. */
export async function planFlags(
  folder: string,
  { files, images }: Release,
  servers: { files: string; registry: string },
): Promise<string[]> {
  const held = files.map(({ name, arch, path, bytes }) => ({
    name,
    arch,
    url_path: `/${path}`,
    sha256: sha(bytes).slice("sha256:".length),
  }));
  await outputJson(join(folder, "files.json"), held);
  const named = Object.keys(images).map((image) => /^(?<repo>.+):(?<tag>[^:]+)$/.exec(image)?.groups);
  await outputJson(join(folder, "images.json"), named);
  return labFlags(folder, folder, servers);
}

/** By way of an OCI layout on the disk, as a mirror would be filled. */
export async function pushImages(
  host: string,
  folder: string,
  { images, docker = [] }: Release,
  login: readonly string[] = [],
): Promise<void> {
  for (const [name, seeded] of Object.entries(images)) {
    const layout = join(folder, name.replaceAll(/[/:]/g, "_"));
    await writeLayout(layout, seeded);
    const types = docker.includes(name) ? ["--format=v2s2"] : ["--preserve-digests"];
    const options = ["--quiet", "--all", "--dest-tls-verify=false", ...types, ...login];
    await must("skopeo", ["copy", ...options, `oci:${layout}:image`, `docker://${host}/${name}`]);
  }
}

async function writeLayout(folder: string, { root, manifests, blobs }: SeededImage): Promise<void> {
  for (const bytes of [...manifests.map((manifest) => manifest.bytes), ...blobs])
    await outputFile(join(folder, "blobs", sha(bytes).replace(":", "/")), bytes);
  await outputJson(join(folder, "oci-layout"), { imageLayoutVersion: "1.0.0" });
  const annotations = { "org.opencontainers.image.ref.name": "image" };
  await outputJson(join(folder, "index.json"), { schemaVersion: 2, manifests: [{ ...root, annotations }] });
}
