// A small upstream: files of several hosts below a directory, and multi-platform images in a registry, pushed over HTTP
// so that the test decides what the JSON looks like. Out travel artifacts, with the bytes or digests to find again.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { outputFile } from "fs-extra";
import type { Digest } from "../../src/core/digest.ts";
import { type FileArtifact, type ImageArtifact, sourceOf } from "../../src/core/plan.ts";

const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";

export function sha(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Bytes that depend on the name alone and do not compress. */
export function noise(name: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 64 < size; index++) {
    blocks.push(createHash("sha512").update(`${name} ${index}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

function common(name: string, platforms: readonly string[]): Omit<FileArtifact, "kind" | "url" | "path" | "digest"> {
  return {
    name,
    component: name,
    version: "1.0.0",
    platforms,
    listed: true,
    reason: "test",
    provenance: { version: "test", name: "test" },
  };
}

/** An artifact below a mirror at `base`: its name inside keeps the host that it came from. */
export function fileArtifact(base: string, path: string, platforms: readonly string[], digest?: Digest): FileArtifact {
  const plain = {
    kind: "file",
    ...common(path.split("/").at(-1) as string, platforms),
    url: `${base}/${path}`,
    path,
  } as const;
  return digest ? { ...plain, digest } : plain;
}

export function imageArtifact(host: string, image: string, platforms: readonly string[]): ImageArtifact {
  return {
    kind: "image",
    ...common(image.split(/[/:]/).at(-2) as string, platforms),
    image,
    locations: [`http://${host}/mirror/${image}`],
  };
}

export interface SeededFile {
  readonly artifact: FileArtifact;
  readonly bytes: Buffer;
}

/** Writes the bytes where nginx finds them: under the decoded path. */
export async function seedFile(
  root: string,
  base: string,
  path: string,
  platforms: readonly string[],
  algorithm?: "sha256" | "sha512",
): Promise<SeededFile> {
  const bytes = noise(path, 20_000 + path.length);
  await outputFile(join(root, decodeURIComponent(path)), bytes);
  return { artifact: fileArtifact(base, path, platforms, algorithm && sha(bytes, algorithm)), bytes };
}

interface Layer {
  readonly bytes: Buffer;
  /** What follows `layer.v1.tar`: `+gzip`, `+zstd` or nothing. */
  readonly compression: "" | "+gzip" | "+zstd";
}

export function layer(name: string, compression: Layer["compression"] = "+gzip"): Layer {
  const plain = noise(name, 9_000);
  const bytes = { "": () => plain, "+gzip": () => gzipSync(plain), "+zstd": () => zstdCompressSync(plain) }[
    compression
  ]();
  return { bytes, compression };
}

export interface SeededImage {
  readonly artifact: ImageArtifact;
  /** Of the index, or of the one manifest where there is no index. */
  readonly digest: Digest;
  /** For each architecture, the manifest and all blobs that it names. */
  readonly platforms: Readonly<Record<string, { readonly manifest: Digest; readonly blobs: readonly Digest[] }>>;
}

export interface ImageRecipe {
  readonly image: string;
  readonly platforms: readonly string[];
  readonly format: "oci" | "docker";
  readonly layers: Readonly<Record<string, readonly Layer[]>>;
  /** One manifest alone, without an index. */
  readonly single?: boolean;
}

/** Pushes the image below `<host>/mirror/`, under its tag. */
export async function seedImage(host: string, recipe: ImageRecipe): Promise<SeededImage> {
  const artifact = imageArtifact(host, recipe.image, recipe.platforms);
  const [, repository, tag] = /^[^/]+\/(.+):(.+)$/.exec(sourceOf(artifact)) as unknown as [string, string, string];
  const api = `http://${host}/v2/${repository}`;
  const platforms: Record<string, { manifest: Digest; blobs: Digest[] }> = {};
  const entries: object[] = [];
  for (const [arch, layers] of Object.entries(recipe.layers)) {
    const config = Buffer.from(JSON.stringify(configOf(recipe.image, arch, layers), null, 1));
    for (const blob of [config, ...layers.map((each) => each.bytes)]) await putBlob(api, blob);
    const manifest = Buffer.from(JSON.stringify(manifestOf(recipe.format, config, layers), null, 3));
    const digest = sha(manifest);
    await putManifest(api, recipe.single ? tag : digest, manifest, typeOf(recipe.format, "manifest"));
    platforms[arch] = { manifest: digest, blobs: [sha(config), ...layers.map((each) => sha(each.bytes))] };
    entries.push(entryOf(recipe.format, arch, manifest));
    if (recipe.single) return { artifact, digest, platforms };
  }
  const index = Buffer.from(
    JSON.stringify(indexOf(recipe.format, entries), null, recipe.format === "oci" ? 2 : undefined),
  );
  await putManifest(api, tag, index, typeOf(recipe.format, "index"));
  return { artifact, digest: sha(index), platforms };
}

function typeOf(format: "oci" | "docker", kind: "manifest" | "index" | "config"): string {
  if (format === "oci") return `${oci}.${kind}.v1+json`;
  if (kind === "config") return `${docker}.container.image.v1+json`;
  return `${docker}.distribution.manifest.${kind === "index" ? "list." : ""}v2+json`;
}

/** The label is there to mislead: its architecture is not that of the image. */
function configOf(image: string, arch: string, layers: readonly Layer[]): object {
  return {
    config: { Labels: { architecture: "vax", name: `say "${image}" {` } },
    history: [{ created_by: 'RUN echo "}" > /etc/brace' }],
    architecture: arch,
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map((each) => sha(each.bytes)) },
  };
}

function manifestOf(format: "oci" | "docker", config: Buffer, layers: readonly Layer[]): object {
  const layerType = (each: Layer): string =>
    format === "oci" ? `${oci}.layer.v1.tar${each.compression}` : `${docker}.image.rootfs.diff.tar.gzip`;
  return {
    schemaVersion: 2,
    mediaType: typeOf(format, "manifest"),
    config: { mediaType: typeOf(format, "config"), digest: sha(config), size: config.length },
    layers: layers.map((each) => ({ mediaType: layerType(each), size: each.bytes.length, digest: sha(each.bytes) })),
    ...(format === "oci" && { annotations: { "org.opencontainers.image.base.digest": sha(config), quote: '\\"' } }),
  };
}

function entryOf(format: "oci" | "docker", arch: string, manifest: Buffer): object {
  const platform = { os: "linux", architecture: arch, ...(arch === "arm64" && { variant: "v8" }) };
  const entry = { size: manifest.length, digest: sha(manifest), mediaType: typeOf(format, "manifest") };
  return format === "oci" ? { platform, annotations: { "com.example.arch": arch }, ...entry } : { ...entry, platform };
}

function indexOf(format: "oci" | "docker", manifests: readonly object[]): object {
  const annotations = { "com.example.note": 'a "quoted" \\ note', digest: "sha256:0" };
  return { schemaVersion: 2, mediaType: typeOf(format, "index"), manifests, ...(format === "oci" && { annotations }) };
}

async function putBlob(api: string, bytes: Buffer): Promise<void> {
  const start = await fetch(`${api}/blobs/uploads/`, { method: "POST" });
  const location = new URL(start.headers.get("location") as string, api);
  location.searchParams.set("digest", sha(bytes));
  await accepted(await fetch(location, { method: "PUT", body: new Uint8Array(bytes) }));
}

async function putManifest(api: string, reference: string, bytes: Buffer, type: string): Promise<void> {
  const headers = { "content-type": type };
  await accepted(await fetch(`${api}/manifests/${reference}`, { method: "PUT", body: new Uint8Array(bytes), headers }));
}

async function accepted(response: Response): Promise<void> {
  if (response.status !== 201) {
    throw new Error(`${response.url} was answered with ${response.status}: ${await response.text()}`);
  }
}

/** Ten files: both digest algorithms, a name with an encoded plus, one file for all platforms, one without a digest. */
export function seedFiles(root: string, base: string, both: readonly string[]): Promise<SeededFile[]> {
  const add = (path: string, platforms: readonly string[], algorithm?: "sha256" | "sha512"): Promise<SeededFile> =>
    seedFile(root, base, path, platforms, algorithm);
  const each = ["amd64", "arm64"].flatMap((arch) => [
    add(`dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`, [`linux/${arch}`], "sha256"),
    add(`github.com/etcd-io/etcd/v3.6.6/etcd-${arch}.tar.gz`, [`linux/${arch}`], "sha256"),
    add(`storage.googleapis.com/gvisor/20260101/${arch}/runsc`, [`linux/${arch}`], "sha512"),
    add(`get.helm.sh/helm-v3.18.4%2Bbuild-${arch}.tgz`, [`linux/${arch}`], "sha256"),
  ]);
  return Promise.all([
    ...each,
    add("raw.githubusercontent.com/calico/v3.31.5/crds.yaml", both, "sha256"),
    add("github.com/youki-dev/youki/v0.5.7/youki-arm64.tar.gz", ["linux/arm64"]),
  ]);
}

/** Indexes in both formats, some with more platforms, one image without an index; all have the same lowest layer. */
export function seedImages(host: string, both: readonly string[]): Promise<SeededImage[]> {
  const image = (name: string, arches: string[], more: Partial<ImageRecipe>, compression?: "" | "+zstd") => {
    const layers = arches.map((arch) => [arch, [layer(`base ${arch}`), layer(`${name} ${arch}`, compression)]]);
    return seedImage(host, {
      image: name,
      platforms: both,
      format: "oci",
      layers: Object.fromEntries(layers),
      ...more,
    });
  };
  return Promise.all([
    image("registry.k8s.io/pause:3.10", ["s390x", "amd64", "arm64"], {}, ""),
    image("quay.io/calico/node:v3.31.5", ["amd64", "arm64", "ppc64le"], { format: "docker" }),
    image("quay.io/calico/cni:v3.31.5", ["amd64", "arm64"], {}, "+zstd"),
    image("docker.io/library/solo:1", ["amd64"], { format: "docker", single: true, platforms: ["linux/amd64"] }),
  ]);
}
