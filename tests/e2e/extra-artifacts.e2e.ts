// What a cluster asked for and did not get comes back as a list, crosses the air gap, is fetched from a stand-in for
// the internet, and the next bundle answers.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MissingArtifact, MissingList } from "../../src/core/extra-artifacts.ts";
import { chartPackage } from "../support/charts.ts";
import { must } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { file, firstRelease, type Origin, pair, programs, startOrigin } from "../support/origin.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso: Kso = ksoIn(at("home"));
const release = firstRelease();
const kubelet = "dl.k8s.io/release/v1.36.0/bin/linux/arm64/kubelet";
const wanted = [
  file("kubelet-next", "arm64", kubelet, programs.arm64),
  file("chart", "amd64", "get.helm.sh/charts/new+chart.tgz", new TextEncoder().encode("a chart\n")),
];
const extra = { "registry.k8s.io/pause:3.11": pair("pause 3.11"), "quay.io/site/tool:1": pair("site tool") };
let origin: Origin;
let flags: string[];

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("first", release);
  await works(kso("export", "--format", "tarball", "-o", at("first.tar"), "--lock", at("lock.json"), ...flags));
  // The internet has more than the plan.
  await origin.publish("more", { files: wanted, images: extra });
}, 120_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const status = async (url: string): Promise<number> => (await fetch(url)).status;

/** What the server says it was asked for and lacks. */
async function listed(files: string): Promise<readonly MissingArtifact[]> {
  const answer = await fetch(`${files}/missing?format=json`);
  return ((await answer.json()) as MissingList).artifacts;
}

test("asked for, listed, fetched, sealed, served", async () => {
  const digest = extra["quay.io/site/tool:1"].root.digest;
  {
    await using service = await startService(at("inside"), [at("first.tar"), "--missing", at("missing.json")]);
    const { files, registry } = service;
    expect(await status(`${files}/k8s/${kubelet}`)).toBe(404);
    expect(await status(`${files}/get.helm.sh/charts/new+chart.tgz`)).toBe(404);
    expect(await status(`${files}/get.helm.sh/charts/no%20name.tgz`)).toBe(404);
    expect(await status(`${registry}/v2/registry.k8s.io/pause/manifests/3.11`)).toBe(404);
    expect(await status(`${registry}/v2/pause/manifests/3.11`)).toBe(404);
    expect(await status(`${registry}/v2/site/tool/manifests/${digest}?ns=quay.io`)).toBe(404);
    expect(await status(`${registry}/v2/nobody/knows/manifests/1`)).toBe(404);

    const found = Object.fromEntries((await listed(files)).map((one) => [one.name, one]));
    expect(found[kubelet]).toMatchObject({
      kind: "file",
      component: "lab",
      platforms: ["linux/arm64"],
      clients: ["127.0.0.1"],
    });
    expect(found["registry.k8s.io/pause:3.11"]).toMatchObject({ requests: 2, complete: true, component: "lab" });
    expect(found[`quay.io/site/tool@${digest}`]).toMatchObject({ complete: true });
    expect(found["nobody/knows:1"]).toMatchObject({ complete: false });
    expect(found["get.helm.sh/charts/new+chart.tgz"]).toMatchObject({ complete: true });
    // No bundle can hold it under that name: it ends no job of the connected side.
    expect(found["get.helm.sh/charts/no%20name.tgz"]).toMatchObject({ complete: false });
    writeFileSync(at("missing.txt"), await (await fetch(`${files}/missing`)).text());
    expect(await service.stop()).toBe(0);
  }
  const kept = JSON.parse(readFileSync(at("missing.json"), "utf8"));
  expect(kept.artifacts).toHaveLength(6);

  for (const list of ["missing.json", "missing.txt"]) {
    const bundle = at(`${list}.tar`);
    const lock = ["--lock", at(`${list}.lock.json`)];
    const ran = await kso("export", "--format", "tarball", "-o", bundle, "--extra", at(list), ...lock, ...flags);
    expect([list, ran.code, ran.stderr]).toEqual([list, 0, expect.any(String)]);
    if (list.endsWith(".json")) expect(ran.stderr).toContain("nobody/knows:1 is left out");
    expect(await kso("verify", bundle)).toMatchObject({ code: 0 });
    const inside = JSON.parse(await works(kso("inspect", bundle, "--json")));
    expect(inside.components.find((one: { component: string }) => one.component === "extra")).toMatchObject({
      files: 2,
      images: 2,
    });

    await using service = await startService(at("inside"), [bundle]);
    const { files, registry } = service;
    const got = await fetch(`${files}/k8s/${kubelet}`);
    expect(sha(new Uint8Array(await got.arrayBuffer()))).toBe(sha(programs.arm64));
    expect(await status(`${files}/get.helm.sh/charts/new+chart.tgz`)).toBe(200);
    expect(await status(`${registry}/v2/site/tool/manifests/${digest}?ns=quay.io`)).toBe(200);
    const host = new URL(registry).host;
    await must("skopeo", [
      ...["copy", "--all", "--src-tls-verify=false", `docker://${host}/registry.k8s.io/pause:3.11`],
      `dir:${at(`${list}-pause`)}`,
    ]);
    await must("skopeo", [
      ...["copy", "--all", "--src-tls-verify=false", `docker://${host}/quay.io/site/tool@${digest}`],
      `dir:${at(`${list}-tool`)}`,
    ]);
    expect(await listed(files)).toEqual([]);
  }
  // Pinned on first sight, and held to it from then on.
  const again = await kso("fetch", "--extra", at("missing.json"), "--lock", at("missing.json.lock.json"), ...flags);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain("nothing to fetch");
}, 180_000);

test("things of one's own in kso.yaml, fetched, sealed, verified and served: helm and skopeo take them", async () => {
  const chart = chartPackage("podinfo", "6.7.1");
  const index = `apiVersion: v1\nentries: { podinfo: [{ apiVersion: v2, name: podinfo, version: 6.7.1, digest: ${sha(chart).slice(7)}, urls: [archives/p.tgz] }] }\n`;
  const held = [
    file("archive", "amd64", "charts.example/stable/archives/p.tgz", chart),
    file("index", "amd64", "charts.example/stable/index.yaml", new TextEncoder().encode(index)),
  ];
  const more = await origin.publish("own", { files: [...wanted, ...held], images: extra });
  const mirrors = more.slice(more.indexOf("--mirror"));
  const plugin = flags.slice(0, flags.indexOf("--mirror"));
  writeFileSync(
    at("kso.yaml"),
    `extra:
  images:
    - quay.io/site/tool:1
  files:
    - { url: https://${kubelet}, architectures: [arm64] }
  charts:
    - https://charts.example/stable/podinfo:6.7.1
export: { format: tarball, output: own.tar }
lock: own.lock.json
`,
  );
  const config = ["--config", at("kso.yaml")];
  const ran = await kso("export", ...config, ...plugin, ...mirrors, ...flags.slice(flags.indexOf("--mirror")));
  expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining("nobody knows which images its charts run")]);
  expect(await kso("verify", at("own.tar"))).toMatchObject({ code: 0 });

  await using service = await startService(at("inside"), [at("own.tar")]);
  const { files, registry } = service;
  expect(sha(new Uint8Array(await (await fetch(`${files}/k8s/${kubelet}`)).arrayBuffer()))).toBe(sha(programs.arm64));
  const repository = `${files}/k8s/charts.example/stable`;
  using home = temporary();
  const pull = ["pull", "podinfo", "--repo", repository, "--version", "6.7.1", "-d", home.path];
  await must(counterpart("helm"), pull, { HOME: home.path });
  expect(sha(readFileSync(join(home.path, "podinfo-6.7.1.tgz")))).toBe(sha(chart));
  const image = `docker://${new URL(registry).host}/quay.io/site/tool:1`;
  await must("skopeo", ["copy", "--all", "--src-tls-verify=false", image, `dir:${at("own-tool")}`]);
}, 180_000);

test("what the bundle does not explain is looked up among the components that kso knows of", async () => {
  await using service = await startService(at("inside"), [at("first.tar")]);
  const plugins = "github.com/containernetworking/plugins/releases/download/v9.9.9/cni-plugins-linux-amd64-v9.9.9.tgz";
  await status(`${service.files}/k8s/${plugins}`);
  await status(`${service.registry}/v2/cilium/cilium/manifests/v9.9.9`);
  const found = Object.fromEntries((await listed(service.files)).map(({ name, component }) => [name, component]));
  expect(found).toEqual({ [plugins]: "cni-plugins", "quay.io/cilium/cilium:v9.9.9": "cilium" });
}, 60_000);

test("a later server goes on where the list ends, and other text in its place is refused", async () => {
  const path = at("going-on.json");
  for (const requests of [1, 2]) {
    await using service = await startService(at("inside"), [at("first.tar"), "--missing", path]);
    await status(`${service.files}/k8s/example.org/a/b`);
    await service.stop();
    expect(JSON.parse(readFileSync(path, "utf8")).artifacts).toMatchObject([{ name: "example.org/a/b", requests }]);
  }
}, 60_000);

test("a list that is hostile or broken is refused with its line, before anything is asked", async () => {
  await origin.transfers();
  const fetch = async (text: string): Promise<string> => {
    writeFileSync(at("extra"), text);
    const { code, stderr } = await kso("fetch", "--extra", at("extra"), "--lock", at("none.json"), ...flags);
    expect([text, code, existsSync(at("none.json"))]).toEqual([text, 2, false]);
    return stderr;
  };
  const where = (line: number): string => `Cannot use line ${line} of ${at("extra")}: `;
  expect(await fetch("# ok\nhttps://169.254.169.254/latest/meta-data\n")).toContain(
    `${where(2)}"169.254.169.254/latest/meta-data"`,
  );
  expect(await fetch("https://dl.k8s.io/../../etc/passwd\n")).toContain(where(1));
  expect(await fetch("registry.k8s.io/pause:3.11 linux/riscv64\n")).toContain(
    "the plan is for linux/amd64 and linux/arm64",
  );
  expect(await fetch("{}")).toContain(`Cannot use ${at("extra")}: schema: `);
  expect(await origin.transfers()).toEqual([]);
  const gone = await kso("fetch", "--extra", at("gone"), ...flags);
  expect(gone).toMatchObject({ code: 2 });
  expect(gone.stderr).toContain(`Cannot read ${at("gone")} (--extra)`);
  const plan = await kso("export", "--format", "list", "-o", at("list"), "--extra", at("extra"), ...flags);
  expect(plan.stderr).toContain('--extra has no meaning for the format "list"');
}, 60_000);

test("what upstream has not either is named, and the lock stays as it was", async () => {
  writeFileSync(at("extra"), "https://dl.k8s.io/no/such/thing\nregistry.k8s.io/pause:0.0\n");
  const before = readFileSync(at("lock.json"), "utf8");
  const ran = await kso("fetch", "--extra", at("extra"), "--lock", at("lock.json"), ...flags);
  expect(ran.code).toBe(4);
  expect(ran.stderr).toContain("failed: dl.k8s.io/no/such/thing");
  expect(ran.stderr).toContain("failed: registry.k8s.io/pause:0.0");
  expect(readFileSync(at("lock.json"), "utf8")).toBe(before);
}, 60_000);
