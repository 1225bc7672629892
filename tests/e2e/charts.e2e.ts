// Charts inside the gap: the folders in which they are answer as Helm repositories, from kso serve, from a pushed file server, and from
// a plain web server over the unpacked bundle; offline.yml leads there. helm takes them, and the test does step by step what helm does.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { chartPackage } from "../support/charts.ts";
import { must, serveDirectory } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { file, firstRelease, type Origin, startOrigin } from "../support/origin.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";
import { startFileServer } from "../support/webdav.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso: Kso = ksoIn(at("home"));
const cilium = chartPackage("cilium", "1.19.3", "appVersion: 1.19.3\ndescription: eBPF-based networking\n");
const approver = chartPackage("kubelet-csr-approver", "1.2.13");
const repositories: readonly (readonly [path: string, chart: string, version: string, bytes: Uint8Array])[] = [
  ["helm.cilium.io", "cilium", "1.19.3", cilium],
  ["postfinance.github.io/kubelet-csr-approver", "kubelet-csr-approver", "1.2.13", approver],
];
let origin: Origin;

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  const release = firstRelease();
  const charts = (["amd64", "arm64"] as const).flatMap((arch) =>
    repositories.map(([path, chart, version, bytes]) =>
      file(`${chart}_chart`, arch, `${path}/${chart}-${version}.tgz`, bytes),
    ),
  );
  const flags = await origin.publish("first", { ...release, files: [...release.files, ...charts] });
  await works(kso("export", "--format", "tarball", "-o", at("b.tar"), "--lock", at("lock.json"), ...flags));
}, 120_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

/** What Helm does with a repository: index.yaml first, then the URL that it names, below the repository's own. */
async function pulled(repository: string, chart: string, version: string): Promise<Uint8Array> {
  const answer = await fetch(`${repository}/index.yaml`);
  expect([repository, answer.status]).toEqual([repository, 200]);
  const index = parse(await answer.text());
  expect(index.apiVersion).toBe("v1");
  const entry = index.entries[chart].find((one: { version: string }) => one.version === version);
  const bytes = new Uint8Array(await (await fetch(new URL(entry.urls[0], `${repository}/`))).arrayBuffer());
  expect(`sha256:${entry.digest}`).toBe(sha(bytes));
  return bytes;
}

/** The same with helm itself. */
async function helmPulls(repository: string, chart: string, version: string): Promise<void> {
  using home = temporary();
  const env = { HOME: home.path };
  await must(counterpart("helm"), ["repo", "add", "site", repository], env);
  await must(counterpart("helm"), ["pull", `site/${chart}`, "--version", version, "-d", home.path], env);
  await must(
    counterpart("helm"),
    ["pull", chart, "--repo", repository, "--version", version, "-d", join(home.path)],
    env,
  );
  expect(await must(counterpart("helm"), ["show", "chart", join(home.path, `${chart}-${version}.tgz`)], env)).toContain(
    version,
  );
}

async function assertRepositories(files: string): Promise<void> {
  for (const [path, chart, version, bytes] of repositories) {
    expect(sha(await pulled(`${files}/${path}`, chart, version))).toBe(sha(bytes));
    await helmPulls(`${files}/${path}`, chart, version);
  }
}

test("kso serve, offline.yml and --check", async () => {
  expect(await kso("verify", at("b.tar"))).toMatchObject({ code: 0 });
  await using service = await startService(at("inside"), [at("b.tar")]);
  const { files, registry } = service;
  for (const prefix of ["", "/k8s"]) await assertRepositories(`${files}${prefix}`);
  expect((await fetch(`${files}/dl.k8s.io/index.yaml`)).status).toBe(404);
  const site = ["--files-url", `${files}/k8s`, "--registry-host", registry.replace("http://", "")];
  const written = parse(await works(kso("config", "kubespray", at("b.tar"), ...site)));
  const leads = (value: string): string => value.replaceAll("{{ files_repo }}", written.files_repo);
  expect(leads(written.kubelet_csr_approver_repository_url)).toBe(`${files}/k8s/${repositories[1]?.[0]}`);
  expect(leads(written.cilium_install_extra_flags)).toBe(`--repository ${files}/k8s/helm.cilium.io`);
  const checked = await kso("config", "kubespray", at("b.tar"), ...site, "--check", "-o", at("offline.yml"));
  expect([checked.code, checked.stderr]).toEqual([
    0,
    expect.stringMatching(/all \d+ files and \d+ images are at the site/),
  ]);
}, 60_000);

test("a pushed file server, whose index --check asks for", async () => {
  await using server = await startFileServer({ directories: true, moves: true });
  const push = ["push", at("b.tar"), "--files-to", `${server.url}/k8s`];
  expect(await kso(...push)).toMatchObject({ code: 0 });
  await assertRepositories(`${server.url}/k8s`);
  expect(await kso(...push)).toMatchObject({ code: 0, stderr: expect.stringContaining("nothing sent") });
  await using service = await startService(at("registry"), [at("b.tar")]);
  const site = ["--files-url", `${server.url}/k8s`, "--registry-host", service.registry.replace("http://", "")];
  const check = ["config", "kubespray", at("b.tar"), ...site, "--check", "-o", at("pushed.yml")];
  expect(await kso(...check)).toMatchObject({ code: 0 });
  server.stored.delete("/k8s/helm.cilium.io/index.yaml");
  const missing = await kso(...check);
  expect([missing.code, missing.stdout]).toEqual([5, expect.stringContaining("missing: helm.cilium.io/index.yaml")]);
}, 60_000);

test("a plain web server over the unpacked bundle", async () => {
  await must("mkdir", [at("tree")]);
  await must("tar", ["xf", at("b.tar"), "-C", at("tree")]);
  await must("sh", ["-c", `cd ${at("tree")} && sha256sum --quiet -c kso/SHA256SUMS`]);
  const server = await serveDirectory(at("nginx"), at("tree", "files"));
  try {
    await assertRepositories(`http://127.0.0.1:${server.port}`);
  } finally {
    await server.stop();
  }
  // Changed on the way, it is noticed.
  const index = at("tree", "files", "helm.cilium.io", "index.yaml");
  writeFileSync(index, readFileSync(index, "utf8").replace("cilium-1", "https://evil.example/cilium-1"));
  expect(await kso("verify", at("tree"))).toMatchObject({
    code: 5,
    stdout: expect.stringContaining("files/helm.cilium.io/index.yaml"),
  });
}, 60_000);
