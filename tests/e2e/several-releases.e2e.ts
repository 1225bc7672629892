// The steps of an upgrade in one bundle: three releases are fetched, sealed, verified, served and pushed together, each with an offline.yml
// of its own, and one that joins later is a delta. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lock } from "../../src/core/lock.ts";
import { lockOf } from "../../src/core/releases.ts";
import { freePort, must, requireTools, serveRegistry, startServer } from "../support/containers.ts";
import { file, type Origin, pair, programs, type Release, startOrigin } from "../support/origin.ts";
import { ksoIn, ways, works } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const versions = ["2.29.1", "2.30.0", "2.31.0"];
const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const together = ["--kubespray", "2.31.0,2.29.1,2.30.0,2.31.0"];
let origin: Origin;
let flags: string[];

/** A kubelet and an image for each release, and an image and a file that all of them want. */
function upstream(): Release {
  const arches = ["amd64", "arm64"] as const;
  const own = versions.flatMap((version) =>
    arches.map((arch) =>
      file(
        `kubelet-${version}`,
        arch,
        `dl.k8s.io/${version}/${arch}/kubelet`,
        Buffer.concat([programs[arch], Buffer.from(version)]),
      ),
    ),
  );
  const shared = arches.map((arch) => file("etcd", arch, `github.com/etcd/${arch}/etcd`, programs[arch]));
  const images = Object.fromEntries(versions.map((version) => [`quay.io/app/app-${version}:1`, pair(version)]));
  return { files: [...own, ...shared], images: { ...images, "registry.k8s.io/pause:3.10": pair("pause") } };
}

beforeAll(async () => {
  await requireTools({ tar: "tar" });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("all", upstream());
  // A release wants what names it, and what names none.
  const plugin = flags[flags.indexOf("--plugin") + 1] as string;
  const contribute = "contribute: (release, { arch }) => [";
  const text = readFileSync(plugin, "utf8").replace("contribute: (_, { arch }) => [", contribute);
  const wanted = `.filter(({ name }) => !/2\\.\\d+\\.\\d+$/.test(name) || name.endsWith(release.version)),\n};`;
  writeFileSync(plugin, text.replace(/,\n\};\n$/, wanted));
  await seal("all.tar", together);
}, 120_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

async function seal(name: string, releases: readonly string[], ...more: readonly string[]): Promise<void> {
  const lock = ["--lock", at(`${name}.json`)];
  await works(kso("export", "--format", "tarball", "-o", at(name), ...lock, ...releases, ...flags, ...more));
}

const locked = (name: string): Lock => JSON.parse(readFileSync(at(`${name}.json`), "utf8"));

test("one lock has what all releases want once; the part of each is what it alone would have", async () => {
  const lock = locked("all.tar");
  expect([lock.schema, lock.release.version, lock.files.length, lock.images.length]).toEqual([
    "kso.lock/2",
    "2.31.0",
    8,
    4,
  ]);
  const pause = lock.images.find(({ image }) => image === "registry.k8s.io/pause:3.10");
  expect(pause?.releases).toEqual(versions);
  for (const version of versions) {
    await seal(`${version}.tar`, ["--kubespray", version]);
    expect(lockOf(lock, version)).toEqual(locked(`${version}.tar`));
  }
  const entries = (await must("tar", ["tf", at("all.tar")])).trim().split("\n");
  expect(new Set(entries).size).toBe(entries.length);
  const { stdout } = await kso("verify", at("all.tar"), "--json");
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, releases: versions.map((version) => ({ version })) });
}, 120_000);

test("lists: all of it, and a folder for each release", async () => {
  await works(kso("export", "--format", "list", "-o", at("lists"), ...together, ...flags));
  const lines = (...names: string[]): string[] =>
    readFileSync(at("lists", ...names), "utf8")
      .trim()
      .split("\n");
  const each = versions.flatMap((version) => lines(`kubespray-${version}`, "files-arm64.list"));
  expect(lines("files-arm64.list").sort()).toEqual([...new Set(each)].sort());
  await works(kso("export", "--format", "list", "-o", at("lists"), "--kubespray", "2.31.0", ...flags));
  expect(readdirSync(at("lists")).filter((name) => name.startsWith("kubespray-"))).toEqual([]);
}, 60_000);

test("an offline.yml for each; without a choice the releases are named", async () => {
  const site = ["--files-url", "http://10.0.0.5:8080/k8s", "--registry-host", "10.0.0.5:5000"];
  for (const version of versions) {
    const text = await works(kso("config", "kubespray", at("all.tar"), "--kubespray", version, ...site));
    expect(text).toContain(`kubespray ${version}`);
    expect(text).toContain(`kube_version: "${lockOf(locked("all.tar"), version).kubernetes}"`);
  }
  const none = await kso("config", "kubespray", at("all.tar"), ...site);
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringContaining("is for kubespray 2.29.1, 2.30.0 and 2.31.0, and an inventory has the variables of one"),
  ]);
  const other = await kso("config", "kubespray", at("all.tar"), "--kubespray", "2.28.0", ...site);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("not for kubespray 2.28.0")]);
}, 60_000);

test("the server answers for each: its offline.yml, its files, its images", async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const [program = ""] = ways.binary;
  const args = ["serve", at("all.tar"), "--files", address, "--registry", address];
  const server = await startServer(program, args, {
    port,
    ready: "/health",
    dir: at("server"),
    env: { HOME: at("home") },
  });
  try {
    for (const version of versions) {
      const text = await (await fetch(`http://${address}/offline.yml?release=${version}`)).text();
      expect(text).toContain(`kubespray ${version}`);
      const found = await fetch(`http://${address}/k8s/dl.k8s.io/${version}/arm64/kubelet`, { method: "HEAD" });
      const image = await fetch(`http://${address}/v2/quay.io/app/app-${version}/manifests/1`, { method: "HEAD" });
      expect([found.status, image.status]).toEqual([200, 200]);
    }
    const site = ["--files-url", `http://${address}/k8s`, "--registry-host", address, "--map", "keep-host"];
    const chosen = ["--kubespray", "2.30.0", "-o", at("offline.yml"), "--check"];
    const { code, stderr } = await kso("config", "kubespray", at("all.tar"), ...site, ...chosen);
    expect([code, stderr]).toEqual([0, expect.stringContaining("all 8 files and 4 images are at the site")]);
  } finally {
    await server.stop();
  }
}, 60_000);

test("a release that joins later is a delta over the bundle of before, with its own part alone", async () => {
  await seal("two.tar", ["--kubespray", "2.29.1,2.30.0"]);
  await seal("delta.tar", together, "--base", at("two.tar"));
  const entries = (await must("tar", ["tf", at("delta.tar")])).trim().split("\n");
  expect(entries.filter((name) => /^files\/.*[^/]$/.test(name)).sort()).toEqual([
    "files/dl.k8s.io/2.31.0/amd64/kubelet",
    "files/dl.k8s.io/2.31.0/arm64/kubelet",
  ]);
  await works(kso("verify", at("two.tar"), at("delta.tar")));
  const older = await works(
    kso(
      "config",
      "kubespray",
      at("two.tar"),
      at("delta.tar"),
      "--kubespray",
      "2.29.1",
      ...["--files-url", "http://h:8080/k8s", "--registry-host", "h:5000"],
    ),
  );
  expect(older).toContain("kubespray 2.29.1");
}, 120_000);

test("a registry gets the images of all releases", async () => {
  const site = await serveRegistry(at("site"));
  try {
    const result = await kso("push", at("all.tar"), "--registry", `http://127.0.0.1:${site.port}`, "--json");
    expect([result.code, result.stderr]).toEqual([0, expect.any(String)]);
    const catalog = (await (await fetch(`http://127.0.0.1:${site.port}/v2/_catalog`)).json()) as {
      repositories: string[];
    };
    expect(catalog.repositories).toEqual([...versions.map((version) => `app/app-${version}`), "pause"]);
  } finally {
    await site.stop();
  }
}, 60_000);

test("a checkout is one release, and goes with no list of them", async () => {
  const { code, stderr } = await kso("resolve", ...together, "--kubespray-dir", folder.path);
  expect([code, stderr]).toEqual([2, expect.stringContaining("take one")]);
});
