// Looking into images: what a build added to its base, and what a registry gives to a client.
import { join } from "node:path";
import { ensureDir, readdir, readFile, readJson } from "fs-extra";
import type { Digest } from "../../src/core/digest.ts";
import { type Buildah, must } from "./containers.ts";
import { sha } from "./seed.ts";

export interface Added {
  /** Of the layer as it travels, compressed. */
  readonly digest: string;
  /** Of the tar inside. */
  readonly diffId: string;
  /** Where the compressed layer lies. */
  readonly blob: string;
}

/** The last layer of each architecture of the manifest list `name`, by way of an OCI layout in `layout`. */
export async function addedLayers(buildah: Buildah, name: string, layout: string): Promise<Record<string, Added>> {
  await buildah.must("manifest", "push", "--all", name, `oci:${layout}:index`);
  const path = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  const root = (await readJson(join(layout, "index.json"))).manifests[0];
  const added: Record<string, Added> = {};
  for (const entry of (await readJson(path(root.digest))).manifests) {
    const manifest = await readJson(path(entry.digest));
    const config = await readJson(path(manifest.config.digest));
    const { digest } = manifest.layers.at(-1);
    if (manifest.layers.length !== 2) throw new Error(`${name} adds more than one layer: ${JSON.stringify(manifest)}`);
    if (config.architecture !== entry.platform.architecture) throw new Error(`${name} has a wrong architecture`);
    added[config.architecture] = { digest, diffId: config.rootfs.diff_ids.at(-1), blob: path(digest) };
  }
  return added;
}

/** The lines of `tar -tv`, times in UTC. */
export async function entries(blob: string): Promise<string[]> {
  return (await must("tar", ["--utc", "--numeric-owner", "-tvzf", blob])).trim().split("\n");
}

export async function unpack(blob: string, target: string): Promise<string> {
  await ensureDir(target);
  await must("tar", ["-xzf", blob, "-C", target]);
  return target;
}

/** The digest of what a tag gives, index or image manifest. */
export async function topDigest(name: string): Promise<Digest> {
  return sha(Buffer.from(await must("skopeo", ["inspect", "--tls-verify=false", "--raw", `docker://${name}`])));
}

/** Pulls the image of one architecture; the digests are those of the bytes that came. */
export async function pull(name: string, arch: string, target: string): Promise<{ manifest: Digest; blobs: Digest[] }> {
  await ensureDir(target);
  const options = ["--quiet", "--src-tls-verify=false", "--override-os=linux", `--override-arch=${arch}`];
  await must("skopeo", ["copy", ...options, `docker://${name}`, `dir:${target}`]);
  const blobs = (await readdir(target)).filter((file) => /^[0-9a-f]{64}$/.test(file));
  const digests = await Promise.all(blobs.map(async (file) => sha(await readFile(join(target, file)))));
  return { manifest: sha(await readFile(join(target, "manifest.json"))), blobs: digests.sort() };
}
