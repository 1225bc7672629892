// The isolated side in other people's hands: skopeo, containerd, podman, curl and wget pull everything for both architectures out
// of a bundle that kso serves, by every form of the names. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools, run } from "../support/containers.ts";
import { pull, topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { type Service, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const images = Object.keys(release.images);
/** It has a third platform upstream, which the bundle lacks. */
const sparse = "registry.k8s.io/pause:3.10";
const architectures = ["amd64", "arm64"] as const;
let origin: Origin;
let service: Service;
/** Host and port of the registry. */
let host: string;

beforeAll(async () => {
  await requireTools({
    skopeo: "skopeo",
    containerd: "containerd",
    ctr: "containerd",
    podman: "podman",
    curl: "curl",
    wget: "wget",
  });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  const flags = await origin.publish("first", release);
  const split = ["--split", "1MiB"];
  await works(
    kso("export", "--format", "tarball", ...split, "-o", at("bundle.tar"), "--lock", at("lock.json"), ...flags),
  );
  service = await startService(at("home"), [at("bundle.tar.volumes.json")]);
  host = new URL(service.registry).host;
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await origin?.stop();
  folder[Symbol.dispose]();
});

const upstream = (name: string): string => `127.0.0.1:${origin.registry.port}/${name}`;
const forms = (name: string): string[] => {
  const stripped = name.slice(name.indexOf("/") + 1);
  return [name, stripped, `k8s/${name}`, `k8s/${stripped}`];
};

test("skopeo: each form of a name gives upstream's index and, for each architecture, upstream's manifest and blobs", async () => {
  for (const name of images) {
    const index = await topDigest(upstream(name));
    for (const form of forms(name)) expect([form, await topDigest(`${host}/${form}`)]).toEqual([form, index]);
    for (const arch of architectures) {
      const wanted = await pull(upstream(name), arch, at("upstream", name, arch));
      expect(await pull(`${host}/${name}`, arch, at("served", name, arch))).toEqual(wanted);
      expect(await pull(`${host}/${forms(name)[1]}`, arch, at("stripped", name, arch))).toEqual(wanted);
    }
  }
  for (const name of images.filter((one) => one !== sparse)) {
    mkdirSync(at("all", name), { recursive: true });
    const all = ["--all", "--preserve-digests", "--quiet", "--src-tls-verify=false"];
    await must("skopeo", ["copy", ...all, `docker://${host}/${name}`, `dir:${at("all", name)}`]);
  }
  const tags = JSON.parse(await must("skopeo", ["list-tags", "--tls-verify=false", `docker://${host}/pause`]));
  expect(tags.Tags).toEqual(["3.10"]);
  // The platform that is not in the bundle is said to be missing, and the list has it.
  const lacking = release.images[sparse]?.platforms["linux/s390x"]?.manifest.digest ?? "";
  const only = ["--override-os=linux", "--override-arch=s390x"];
  const outcome = await run("skopeo", [
    ...only,
    "copy",
    "--src-tls-verify=false",
    `docker://${host}/${sparse}`,
    `dir:${at("none")}`,
  ]);
  expect([outcome.code === 0, outcome.stderr.includes("manifest unknown") || outcome.stderr.includes(lacking)]).toEqual(
    [false, true],
  );
  // Nothing gets in.
  const push = await run("skopeo", [
    "copy",
    "--dest-tls-verify=false",
    `dir:${at("all", images[1] ?? "")}`,
    `docker://${host}/new:1`,
  ]);
  expect(push.code).not.toBe(0);
}, 120_000);

test("containerd: hosts.toml leads the images' own names here, for both architectures; another host's image is not given for it", async () => {
  const hosts = (name: string, server: string, more = ""): void => {
    mkdirSync(at("certs.d", name), { recursive: true });
    writeFileSync(
      at("certs.d", name, "hosts.toml"),
      `server = "http://127.0.0.1:1"\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n${more}`,
    );
  };
  hosts("registry.k8s.io", service.registry);
  // Each way of writing a mirror.
  hosts("quay.io", `${service.registry}/v2/k8s/quay.io`, "  override_path = true\n");
  hosts("_default", service.registry);
  const containerd = await startContainerd(at("containerd"));
  const options = ["--hosts-dir", at("certs.d"), "--snapshotter", "native"];
  try {
    for (const arch of architectures) {
      for (const name of images) {
        await containerd.ctr("images", "pull", ...options, "--platform", `linux/${arch}`, name);
        const listed = await containerd.ctr("images", "ls", `name==${name}`);
        expect([name, listed.includes(await topDigest(upstream(name)))]).toEqual([name, true]);
        const blobs = await containerd.ctr("content", "ls", "-q");
        const platforms = Object.entries(release.images[name]?.platforms ?? {});
        const own = platforms.find(([platform]) => platform.includes(arch))?.[1];
        expect(own?.layers.length).toBeGreaterThan(0);
        for (const { digest } of own?.layers ?? [])
          expect([name, digest, blobs.includes(digest)]).toEqual([name, digest, true]);
      }
    }
    const other = await containerd.ctr("images", "pull", ...options, "ghcr.io/calico/node:v3").catch(String);
    expect(other).toMatch(/response was http\.StatusNotFound/);
  } finally {
    await containerd.stop();
  }
  const missing = await (await fetch(`${service.files}/missing`)).text();
  expect(missing).toContain("ghcr.io/calico/node");
}, 120_000);

test("podman: a mirror in registries.conf leads the images' own names here, for both architectures", async () => {
  const mirrors = ["registry.k8s.io", "quay.io", "docker.io"].map(
    (name) =>
      `[[registry]]\nlocation = "${name}"\n[[registry.mirror]]\nlocation = "${host}/${name}"\ninsecure = true\n`,
  );
  writeFileSync(at("registries.conf"), mirrors.join(""));
  writeFileSync(at("policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
  const env = { CONTAINERS_REGISTRIES_CONF: at("registries.conf") };
  for (const arch of architectures) {
    const storage = ["--root", at(`podman-${arch}`), "--runroot", at(`podman-run-${arch}`), "--storage-driver", "vfs"];
    const only = ["--arch", arch, "--quiet", "--signature-policy", at("policy.json")];
    for (const name of images) {
      const id = (await must("podman", [...storage, "pull", ...only, name], env)).trim();
      expect(await must("podman", [...storage, "inspect", "--format", "{{.Architecture}}", id], env)).toBe(`${arch}\n`);
    }
    // By the server's own name, as kubespray's *_image_repo variables have it.
    await must("podman", [...storage, "pull", ...only, "--tls-verify=false", `${host}/pause:3.10`], env);
    await must("podman", [...storage, "rmi", "--all", "--force"], env);
  }
}, 120_000);

test("curl: whole, gone on with, in ranges; only when it has changed", async () => {
  const { path, bytes } = release.files.find(({ name }) => name === "notes") as (typeof release.files)[number];
  const url = `${service.files}/k8s/${path}`;
  const curl = (...args: string[]): Promise<string> =>
    must("curl", ["-sSf", "-o", at("got"), "-w", "%{http_code} %{content_type}", ...args, url]);
  expect(await curl()).toBe("200 text/plain; charset=utf-8");
  expect(readFileSync(at("got")).equals(bytes)).toBeTrue();
  truncateSync(at("got"), 700_001);
  expect(await curl("-C", "-")).toStartWith("206");
  expect(readFileSync(at("got")).equals(bytes)).toBeTrue();
  for (const [range, from, to] of [
    ["0-0", 0, 1],
    ["-5", -5, undefined],
    ["1000000-", 1_000_000, undefined],
    ["1040000-1060000", 1_040_000, 1_060_001],
  ] as const) {
    expect(await curl("-r", range)).toStartWith("206");
    expect(readFileSync(at("got")).equals(bytes.slice(from, to))).toBeTrue();
  }
  expect(await curl("-r", "0-9,100-109")).toStartWith("206 multipart/byteranges; boundary=");
  await curl("--etag-save", at("etag"));
  expect(await curl("--etag-compare", at("etag"))).toStartWith("304");
  expect(await curl("-I")).toStartWith("200");
  expect((await run("curl", ["-sSf", "-r", "99999999-", url])).stderr).toContain("416");
  expect((await run("curl", ["-sSf", `${url}.missing`])).stderr).toContain("404");
}, 60_000);

test("wget: -x -i of a list, checked with sha256sum; -c goes on; -r finds everything by the listings", async () => {
  const lock = JSON.parse(readFileSync(at("lock.json"), "utf8")) as {
    files: { path: string; digest: string; size: number }[];
  };
  const list = lock.files.map(({ path }) => `${service.files}/k8s/${path}\n`).join("");
  writeFileSync(at("list"), list);
  const sums = lock.files.map(({ path, digest }) => `${digest.slice("sha256:".length)}  ${path}\n`).join("");
  writeFileSync(at("sums"), sums);
  const check = (name: string): Promise<string> =>
    must("sh", ["-c", 'cd "$0" && sha256sum --quiet --strict -c "$1"', at(name), at("sums")]);
  const plain = ["-nv", "-nH", "--cut-dirs=1"];
  await must("wget", ["-x", ...plain, "-P", at("wget"), "-i", at("list")]);
  await check("wget");
  for (const { path, size } of lock.files) truncateSync(at("wget", path), size >> 1);
  await must("wget", ["-x", "-c", ...plain, "-P", at("wget"), "-i", at("list")]);
  await check("wget");
  await must("wget", [
    "-r",
    "-l",
    "inf",
    "-np",
    ...plain,
    "-R",
    "index.html*",
    "-P",
    at("mirror"),
    `${service.files}/k8s/`,
  ]);
  await check("mirror");
  for (const { path, size } of lock.files) expect(statSync(at("mirror", path)).size).toBe(size);
}, 60_000);
