// The container image of kso itself: the C library, then kso, for both architectures, as an OCI archive that `podman load`, `docker load`
// and skopeo read.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 as sumOf } from "../build.ts";
import { blobName } from "../src/bundle/open.ts";
import type { Descriptor } from "../src/core/descriptor.ts";
import type { Digest } from "../src/core/digest.ts";
import { type ArchiveEntry, textEntry } from "../src/export/archive/entry.ts";
import { ociLayout } from "../src/export/archive/metadata.ts";
import { type BuiltPlatform, type JsonBlob, jsonBlob } from "../src/export/image/manifests.ts";
import { stampOfTarget } from "../src/files/stamp.ts";
import { home, version } from "../src/runtime/build.ts";
import { arranged, writeArchive } from "./archive.ts";
import { glibc, glibcFiles } from "./glibc.ts";

const oci = "application/vnd.oci.image";
const architectures = ["amd64", "arm64"] as const;

/** Where an image is made, and of what. */
export interface ImageOptions {
  /** The folder with the binaries; the archive goes there too. */
  readonly folder: string;
  /** For what is in between; it must be there. */
  readonly work: string;
  /** For what was downloaded; it outlives the run. */
  readonly cache: string;
  /** ISO 8601. */
  readonly created: string;
  readonly commit: string | undefined;
}

/** A layer on disk. */
interface Layer {
  readonly descriptor: Descriptor;
  /** The digest of what is in it, uncompressed. */
  readonly content: Digest;
}

/** Writes `kso-image.tar`. @returns its name. */
export async function writeImage(options: ImageOptions): Promise<string> {
  const name = "kso-image.tar";
  const tag = `kso:${version}`;
  const common = annotations(options);
  const platforms: BuiltPlatform[] = [];
  for (const arch of architectures) {
    const layers = [
      await writeLayer(`glibc-${arch}`, await systemEntries(arch, options.cache), options.work),
      await writeLayer(
        `kso-${arch}`,
        [fileEntry("usr/bin/kso", join(options.folder, `kso-linux-${arch}`), 0o755)],
        options.work,
      ),
    ];
    platforms.push(platformOf(arch, layers, common, tag));
  }
  const index = jsonBlob(`${oci}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests: platforms.map(({ manifest }, at) => ({
      ...manifest.descriptor,
      platform: { architecture: architectures[at], os: "linux" },
    })),
    annotations: common,
  });
  writeArchive(join(options.folder, name), archiveEntries(index, platforms, tag, options.work));
  return name;
}

/** The C library, a user's name, and two folders that every user may write to. */
async function systemEntries(arch: (typeof architectures)[number], cache: string): Promise<ArchiveEntry[]> {
  const writable = (name: string): ArchiveEntry => ({ name, type: "directory", size: 0, mode: 0o1777, label: name });
  return [
    ...(await glibcFiles(arch, cache)).map(({ name, mode, bytes }) => ({
      ...{ name, type: "file" as const, size: bytes.length, mode },
      ...{ content: { text: bytes }, label: name },
    })),
    textEntry("etc/passwd", "root:x:0:0:root:/tmp:/nologin\nkso:x:65532:65532:kso:/tmp:/nologin\n"),
    textEntry("etc/group", "root:x:0:\nkso:x:65532:\n"),
    textEntry("etc/nsswitch.conf", "hosts: files dns\n"),
    writable("tmp/"),
    writable("work/"),
  ];
}

function fileEntry(name: string, path: string, mode: number): ArchiveEntry {
  const content = { path, stamp: stampOfTarget(path) };
  return { name, type: "file", size: statSync(path).size, mode, content, label: path };
}

/** Writes a layer below the folder: as an archive, then compressed, under its digest. */
async function writeLayer(name: string, entries: readonly ArchiveEntry[], work: string): Promise<Layer> {
  const path = join(work, `${name}.tar`);
  writeArchive(path, arranged(entries));
  const content: Digest = `sha256:${await sumOf(path)}`;
  const bytes = gzipSync(readFileSync(path), { level: 6 });
  writeFileSync(`${path}.gz`, bytes);
  const digest: Digest = `sha256:${await sumOf(`${path}.gz`)}`;
  writeFileSync(join(work, digest.slice(7)), bytes);
  return { descriptor: { mediaType: `${oci}.layer.v1.tar+gzip`, digest, size: bytes.length }, content };
}

function platformOf(
  arch: string,
  layers: readonly Layer[],
  common: Readonly<Record<string, string>>,
  tag: string,
): BuiltPlatform {
  const created = common["org.opencontainers.image.created"];
  const config = jsonBlob(`${oci}.config.v1+json`, {
    created,
    architecture: arch,
    os: "linux",
    config: {
      User: "65532:65532",
      Env: ["PATH=/usr/bin", "HOME=/tmp"],
      Entrypoint: ["/usr/bin/kso"],
      Cmd: ["--help"],
      WorkingDir: "/work",
      Labels: common,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ content }) => content) },
    history: [
      { created, created_by: `Debian's libc6 ${glibc.version}` },
      { created, created_by: "npm run release" },
    ],
  });
  const blobs = layers.map(({ descriptor }) => descriptor);
  const manifest = jsonBlob(`${oci}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: config.descriptor,
    layers: blobs,
    annotations: common,
  });
  return { platform: `linux/${arch}`, tag: `${tag}-${arch}`, manifest, config, layers: blobs };
}

/** All that the archive holds: the blobs, and the files that make it an OCI image layout with one name in it. */
function archiveEntries(
  index: JsonBlob,
  platforms: readonly BuiltPlatform[],
  tag: string,
  work: string,
): ArchiveEntry[] {
  const names = { "org.opencontainers.image.ref.name": tag, "io.containerd.image.name": `localhost/${tag}` };
  const manifests = [{ ...index.descriptor, annotations: names }];
  const texts = [index, ...platforms.flatMap(({ manifest, config }) => [manifest, config])];
  const layers = new Set(platforms.flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  return arranged([
    ...texts.map(({ descriptor, text }) => textEntry(blobName(descriptor.digest), text)),
    ...[...layers].map((digest) => fileEntry(blobName(digest), join(work, digest.slice(7)), 0o644)),
    textEntry("index.json", JSON.stringify({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests })),
    textEntry("oci-layout", ociLayout),
  ]);
}

function annotations({ created, commit }: ImageOptions): Record<string, string> {
  return {
    "org.opencontainers.image.title": "kso",
    "org.opencontainers.image.description": "Everything that a kubespray cluster downloads, across an air gap",
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.created": created,
    "org.opencontainers.image.source": home,
    "org.opencontainers.image.licenses": "MIT AND LGPL-2.1-or-later",
    ...(commit !== undefined && { "org.opencontainers.image.revision": commit }),
  };
}
