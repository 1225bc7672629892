// Everything that a plan names, served by real counterparts: small bytes with the right machine code in place of upstream's own, and
// manifests with the digests of these bytes, so that kso's own plan of a release comes true without the internet.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { outputFile } from "fs-extra";
import { type FileArtifact, imagesOf, type Plan } from "../../src/core/plan.ts";
import { elf, tar, zip } from "./archives.ts";
import { image, type SeededImage } from "./images.ts";
import { type Origin, type OriginFile, startOrigin } from "./origin.ts";
import { root } from "./paths.ts";

type Arch = "amd64" | "arm64";

/** The upstream of a plan. */
export interface ReleaseUpstream {
  readonly origin: Origin;
  /** Digest in kso's own data → digest of the bytes that are served. */
  readonly digests: ReadonlyMap<string, string>;
  /** Host → where it is served: what `mirror` of a kso.yaml holds. */
  readonly mirrors: Readonly<Record<string, string>>;
}

/** Serves the plan's files and images, below `dir`. */
export async function serveRelease(dir: string, plan: Plan): Promise<ReleaseUpstream> {
  const digests = new Map<string, string>();
  const files = new Map<string, OriginFile>();
  const artifacts = plan.artifacts.filter((artifact) => artifact.kind === "file");
  for (const artifact of artifacts) {
    const same = artifacts.filter(({ path }) => path === artifact.path);
    const file = servedFile(artifact, new Set(same.flatMap(({ platforms }) => platforms)).size > 1);
    files.set(file.path, file);
    if (artifact.digest) digests.set(artifact.digest, digestLike(artifact.digest, file.bytes));
  }
  const names = imagesOf(plan).map((each) => each.image);
  const origin = await startOrigin(dir);
  const images = Object.fromEntries(names.map((name) => [name, smallImage]));
  await origin.publish("release", { files: [...files.values()], images });
  const mirrors = [
    ...[...files.keys()].map((path) => [hostOf(path), `http://127.0.0.1:${origin.files.port}`] as const),
    ...names.map((name) => [hostOf(name), `http://127.0.0.1:${origin.registry.port}`] as const),
  ].map(([host, url]) => [host, `${url}/${host}`]);
  return { origin, digests, mirrors: Object.fromEntries(mirrors) };
}

/** Writes kso's own manifests with these digests in place of upstream's, as a folder for `--manifests`. */
export async function writeManifests(folder: string, digests: ReadonlyMap<string, string>): Promise<void> {
  for (const name of readdirSync(join(root, "manifests"))) {
    if (!name.endsWith(".json")) continue;
    const own = readFileSync(join(root, "manifests", name), "utf8");
    const served = own.replaceAll(/sha(?:256|512):[0-9a-f]+/g, (digest) => digests.get(digest) ?? digest);
    if (served !== own) await outputFile(join(folder, name), served);
  }
}

const hostOf = (name: string): string => name.slice(0, name.indexOf("/"));

function digestLike(digest: string, bytes: Uint8Array): string {
  const algorithm = digest.slice(0, digest.indexOf(":"));
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Different for each path, of the kind that its name promises, and made for its platform; what is for all has no program. */
function servedFile({ name, path, platforms }: FileArtifact, isForAll: boolean): OriginFile {
  const arch: Arch = platforms[0] === "linux/arm64" ? "arm64" : "amd64";
  const members = [...(isForAll ? [] : [{ name: "bin/program", content: elf(arch) }]), { name: "PATH", content: path }];
  const bytes = /\.(tar\.gz|tgz)$/.test(path)
    ? gzipSync(tar(members))
    : path.endsWith(".tar.zst")
      ? zstdCompressSync(tar(members))
      : path.endsWith(".zip")
        ? zip(members)
        : /\.(ya?ml|json|txt)$/.test(path)
          ? Buffer.from(`# ${path}\n`)
          : Buffer.concat([elf(arch), Buffer.from(path)]);
  return { name, arch, path, bytes };
}

const smallImage: SeededImage = image({
  platforms: {
    "linux/amd64": { layers: [gzipSync(tar([{ name: "app", content: elf("amd64") }]))], entrypoint: ["/app"] },
    "linux/arm64": { layers: [gzipSync(tar([{ name: "app", content: elf("arm64") }]))], entrypoint: ["/app"] },
  },
});
