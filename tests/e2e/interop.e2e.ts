// The bundle in other people's hands: skopeo reads it whole and unpacked and copies out of it, containerd imports it. What
// they get is what upstream's registry gave. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools, run, type Server, serveRegistry } from "../support/containers.ts";
import { topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, type Release, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const images = Object.keys(release.images);
/** skopeo reads only OCI's media types out of an OCI layout. */
const readable = images.filter((name) => !release.docker?.includes(name));
/** It has a third platform upstream, which the bundle lacks. */
const sparse = "registry.k8s.io/pause:3.10";
let origin: Origin;
let elsewhere: Server;

beforeAll(async () => {
  await requireTools({ tar: "tar", skopeo: "skopeo", containerd: "containerd", ctr: "containerd" });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  elsewhere = await serveRegistry(at("elsewhere"));
  await seal("bundle", release);
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  await elsewhere?.stop();
  folder[Symbol.dispose]();
});

/** NAME.tar, and unpacked in NAME. */
async function seal(name: string, what: Release): Promise<void> {
  const flags = await origin.publish(name, what);
  const written = ["-o", at(`${name}.tar`), "--lock", at(`${name}.json`)];
  await works(kso("export", "--format", "tarball", ...written, ...flags));
  mkdirSync(at(name));
  await must("tar", ["xf", at(`${name}.tar`), "-C", at(name)]);
}

const upstream = (name: string): string => `127.0.0.1:${origin.registry.port}/${name}`;
const there = (name: string): string => `docker://127.0.0.1:${elsewhere.port}/${name}`;
/** skopeo copy, as users write it. */
const copy = (...args: string[]) => must("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", ...args]);
const digestIn = (directory: string): string => sha(readFileSync(join(directory, "manifest.json")));

test("skopeo inspect --raw gives each image's own index, from the archive and from the tree", async () => {
  for (const name of readable)
    for (const source of [`oci-archive:${at("bundle.tar")}:${name}`, `oci:${at("bundle")}:${name}`]) {
      const raw = await must("skopeo", ["inspect", "--raw", source]);
      expect([source, sha(Buffer.from(raw))]).toEqual([source, await topDigest(upstream(name))]);
    }
}, 60_000);

test("an index of Docker's type is in the layout under its full name, byte for byte", async () => {
  const index = JSON.parse(readFileSync(at("bundle", "index.json"), "utf8"));
  const refs = new Map<string, { digest: string; mediaType: string }>(
    index.manifests.map((one: { digest: string; annotations: Record<string, string> }) => [
      one.annotations["org.opencontainers.image.ref.name"],
      one,
    ]),
  );
  expect([...refs.keys()].sort()).toEqual(images.toSorted());
  for (const name of images) {
    const blob = readFileSync(at("bundle", "blobs", (refs.get(name)?.digest ?? "").replace(":", "/")));
    expect([name, sha(blob)]).toEqual([name, await topDigest(upstream(name))]);
    expect(refs.get(name)?.mediaType).toBe(JSON.parse(blob.toString()).mediaType);
  }
  expect(refs.get("quay.io/calico/node:v3")?.mediaType).toContain("vnd.docker.distribution.manifest.list.v2");
}, 60_000);

test("skopeo copy --all puts an image into another registry, and into a directory, with its digest", async () => {
  const name = "docker.io/library/tool:1.0";
  const digest = await topDigest(upstream(name));
  await copy("--all", "--preserve-digests", `oci:${at("bundle")}:${name}`, there("tool:1.0"));
  expect(await topDigest(`127.0.0.1:${elsewhere.port}/tool:1.0`)).toBe(digest);
  await copy("--all", "--preserve-digests", `oci-archive:${at("bundle.tar")}:${name}`, there("again/tool:1.0"));
  expect(await topDigest(`127.0.0.1:${elsewhere.port}/again/tool:1.0`)).toBe(digest);
  await copy("--all", "--preserve-digests", `oci:${at("bundle")}:${name}`, `dir:${at("tool-dir")}`);
  expect(digestIn(at("tool-dir"))).toBe(digest);
}, 60_000);

test("each platform of a sparse image can be copied, and is what upstream has for that platform", async () => {
  for (const [arch, variant] of [
    ["amd64", []],
    ["arm64", ["--override-variant=v8"]],
  ] as const) {
    const only = ["--override-os=linux", `--override-arch=${arch}`, ...variant];
    const platform = release.images[sparse]?.platforms[arch === "arm64" ? "linux/arm64/v8" : "linux/amd64"];
    const digest = platform?.manifest.digest ?? "sha256:none";
    await copy(...only, `oci:${at("bundle")}:${sparse}`, there(`pause:${arch}`));
    expect(await topDigest(`127.0.0.1:${elsewhere.port}/pause:${arch}`)).toBe(digest);
    await copy(...only, `oci-archive:${at("bundle.tar")}:${sparse}`, `dir:${at(`pause-${arch}`)}`);
    expect(digestIn(at(`pause-${arch}`))).toBe(digest);
    const said = JSON.parse(await must("skopeo", [...only, "inspect", `oci:${at("bundle")}:${sparse}`]));
    expect(said).toMatchObject({ Architecture: arch, Os: "linux" });
  }
  // The platform that nobody asked for is not there, and skopeo says which blob it misses.
  const lacking = release.images[sparse]?.platforms["linux/s390x"]?.manifest.digest ?? "";
  const whole = await run("skopeo", ["copy", "--quiet", "--all", `oci:${at("bundle")}:${sparse}`, `dir:${at("all")}`]);
  expect([whole.code === 0, whole.stderr.includes(lacking.slice("sha256:".length))]).toEqual([false, true]);
}, 60_000);

test("containerd imports the archive as it is: full names, upstream's digests, layers that unpack", async () => {
  const containerd = await startContainerd(at("containerd"));
  try {
    for (const arch of ["amd64", "arm64"]) {
      const options = ["--platform", `linux/${arch}`, "--snapshotter", "native"];
      await containerd.ctr("images", "import", ...options, at("bundle.tar"));
      const listed = (await containerd.ctr("images", "ls")).trim().split("\n").slice(1);
      const found = listed.map((line) => line.split(/\s+/)).map(([ref, , digest]) => [ref, digest]);
      const wanted = await Promise.all(images.toSorted().map(async (name) => [name, await topDigest(upstream(name))]));
      expect(found).toEqual(wanted as string[][]);
      const blobs = await containerd.ctr("content", "ls", "-q");
      for (const image of readable.map((name) => release.images[name]))
        for (const { digest } of image?.platforms[`linux/${arch}`]?.layers ?? []) expect(blobs).toContain(digest);
    }
  } finally {
    await containerd.stop();
  }
}, 120_000);

test("containerd imports all platforms of images that have no others upstream", async () => {
  const { [sparse]: left, ...whole } = release.images;
  await seal("full", { ...release, files: [], images: whole });
  const containerd = await startContainerd(at("containerd-all"));
  try {
    await containerd.ctr("images", "import", "--all-platforms", "--snapshotter", "native", at("full.tar"));
    expect((await containerd.ctr("images", "ls", "-q")).trim().split("\n")).toEqual(Object.keys(whole).toSorted());
    const blobs = await containerd.ctr("content", "ls", "-q");
    for (const { digest } of JSON.parse(readFileSync(at("full.json"), "utf8")).images[0].blobs)
      expect(blobs).toContain(digest);
  } finally {
    await containerd.stop();
  }
}, 120_000);
