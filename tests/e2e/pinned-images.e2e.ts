// Images that an inventory pins to a digest, with the compiled binary and Debian's docker-registry: planned under the tag, fetched by the
// digest though upstream's tag has moved on, served under both, and held to it by verify. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type ClusterSite, openClusterSite } from "../support/cluster.ts";
import { type Server, serveRegistry } from "../support/containers.ts";
import { image, type SeededImage } from "../support/images.ts";
import { pull, topDigest } from "../support/layers.ts";
import { layerOf, pair, pushImages } from "../support/origin.ts";
import { startService } from "../support/service.ts";

const node = "quay.io/calico/node:v3.31.5";
const pause = "registry.k8s.io/pause:3.10.1";
/** Three platforms upstream, of which a bundle has two. */
const sparse = image({
  platforms: Object.fromEntries(
    (["amd64", "arm64", "s390x"] as const).map((arch) => [`linux/${arch}`, { layers: [layerOf(arch, "pause")] }]),
  ),
});
const old: SeededImage = pair("old node");
const newer: SeededImage = pair("newer node");
let site: ClusterSite;
let target: Server;
let pinned: readonly string[];

beforeAll(async () => {
  site = await openClusterSite({ [node]: old, [pause]: sparse });
  target = await serveRegistry(site.at("target"));
  await pushImages(`127.0.0.1:${site.origin.registry.port}`, site.at("newer"), {
    files: [],
    images: { [node]: newer },
  });
  const hex = sparse.root.digest.replace("sha256:", "");
  pinned = site.inventory(
    "pinned",
    `calico_node_image_tag: v3.31.5@${old.root.digest}\npod_infra_image_repo: registry.k8s.io/pause@sha256\npod_infra_image_tag: "${hex}"\n`,
  );
}, 90_000);
afterAll(async () => {
  await target?.stop();
  await site?.[Symbol.asyncDispose]();
});

const works = async (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> => {
  const outcome = await site.kso(...args);
  expect([args.join(" "), outcome.code, outcome.code === 0 ? "" : outcome.stderr]).toEqual([args.join(" "), 0, ""]);
  return outcome;
};
/** The tag of an image that is pinned without one. */
const digestTag = `digest-${sparse.root.digest.slice(7, 19)}`;

test("the plan and the list name the tag and the digest; --only takes the component", async () => {
  const { stdout } = await works("resolve", ...pinned, "--only", "calico", "--json");
  expect(JSON.parse(stdout).artifacts).toMatchObject([
    { image: node, digest: old.root.digest, source: expect.stringContaining(`@${old.root.digest}`) },
  ]);
  await works("export", "--format", "list", ...pinned, "-o", "lists");
  const list = readFileSync(site.at("lists/images.list"), "utf8").split("\n");
  expect(list.filter((line) => line.includes("@"))).toEqual([
    expect.stringMatching(new RegExp(`/calico/node:v3\\.31\\.5@${old.root.digest}$`)),
    expect.stringMatching(new RegExp(`/pause:${digestTag}@${sparse.root.digest}$`)),
  ]);
});

test("the bundle holds the pinned image, verify proves it, and the server has it by tag and by digest", async () => {
  expect(await topDigest(`127.0.0.1:${site.origin.registry.port}/${node}`)).toBe(newer.root.digest);
  await works("export", "--format", "tarball", ...pinned, "-o", "pinned.tar");
  const { stderr } = await works("verify", "pinned.tar", ...pinned);
  expect(stderr).toContain("requests satisfied");
  await using service = await startService(site.at("home"), [site.at("pinned.tar")]);
  const host = service.registry.replace("http://", "");
  for (const name of [`${host}/calico/node:v3.31.5`, `${host}/quay.io/calico/node@${old.root.digest}`])
    expect(await topDigest(name)).toBe(old.root.digest);
  for (const name of [`${host}/pause:${digestTag}`, `${host}/registry.k8s.io/pause@${sparse.root.digest}`])
    expect(await topDigest(name)).toBe(sparse.root.digest);
  for (const arch of ["amd64", "arm64"]) {
    const { manifest } = await pull(`${host}/calico/node@${old.root.digest}`, arch, site.at(`pulled-${arch}`));
    expect(manifest).toBe(old.platforms[`linux/${arch}`]?.manifest.digest as typeof manifest);
  }
  const check = ["--registry-host", host, "--files-url", `${service.files}/k8s`, "--check"];
  await works("config", "containerd", "pinned.tar", ...check, "-o", "certs.d");
}, 90_000);

test("with the lock, and after the pin has changed, it is what the inventory says", async () => {
  await works("fetch", ...pinned);
  const locked = (): { image: string; byDigest?: true; root: { digest: string } } =>
    JSON.parse(readFileSync(site.at("kso.lock.json"), "utf8")).images.find(
      (one: { image: string }) => one.image === node,
    );
  expect(locked()).toMatchObject({ byDigest: true, root: { digest: old.root.digest } });
  const other = site.inventory("other", `calico_node_image_tag: v3.31.5@${newer.root.digest}\n`);
  const { code, stdout } = await site.kso("verify", "pinned.tar", ...other);
  expect(code).toBe(5);
  expect(stdout).toContain(
    `missing: calico_node linux/amd64: ${node}@${newer.root.digest}: the bundle has ${old.root.digest} under that name, and it is asked for by ${newer.root.digest}\n`,
  );
  await works("fetch", ...other, "--lock", "kso.lock.json");
  expect(locked().root.digest).toBe(newer.root.digest);
}, 60_000);

test("an image for one platform is that, and no more; a digest that upstream has not is named", async () => {
  const arm64 = old.platforms["linux/arm64"]?.manifest.digest;
  const single = site.inventory("single", `calico_node_image_tag: v3.31.5@${arm64}\n`);
  const failed = await site.kso("export", "--format", "tarball", ...single, "-o", "single.tar");
  expect([failed.code, failed.stdout]).toEqual([4, ""]);
  expect(failed.stderr).toContain("upstream has nothing for linux/amd64 (it has linux/arm64)");
  await works("export", "--format", "tarball", ...single, "--allow-missing", "calico_node", "-o", "single.tar");
  const { code, stdout } = await site.kso("verify", "single.tar", ...single);
  expect([code, stdout.split("\n").length]).toEqual([5, 2]);
  expect(stdout).toContain("calico_node linux/amd64");
  const nowhere = `sha256:${"5".repeat(64)}`;
  const gone = site.inventory("gone", `calico_node_image_tag: v3.31.5@${nowhere}\n`);
  const { stderr } = await site.kso("fetch", ...gone);
  expect(stderr).toContain(`there is no ${nowhere}, which it is pinned to`);
}, 60_000);

test("pushed into a registry it keeps the digest; where an index is trimmed, it is said what the cluster will miss", async () => {
  const { code, stderr } = await site.kso(
    "push",
    "pinned.tar",
    "--registry",
    `http://127.0.0.1:${target.port}`,
    "--index",
    "trim",
  );
  expect([code, stderr.includes("kso:")]).toEqual([0, false]);
  expect(await topDigest(`127.0.0.1:${target.port}/calico/node@${old.root.digest}`)).toBe(old.root.digest);
  const line = stderr.split("\n").find((text) => text.startsWith("trimmed: "));
  expect(line).toEndWith("; the cluster asks for it by the old digest, which this registry will not have");
  expect(line).toContain(`registry.k8s.io/pause:${digestTag}: ${sparse.root.digest} is `);
}, 60_000);
