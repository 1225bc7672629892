// What others wrote (a bundle, an inventory, a plugin, names of files) on every surface of the compiled binary: a terminal obeys none of
// it, and none of it begins a line that looks like kso's own.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lock, LockedFile, LockedImage } from "../../src/core/lock.ts";
import { sampleLock } from "../support/bundle.ts";
import { mixedCluster, modern, plant } from "../support/checkout.ts";
import type { Outcome } from "../support/containers.ts";
import { ksoIn, ways } from "../support/program.ts";
import { altered, piece, sealed } from "../support/sealed.ts";
import { startProgram } from "../support/service.ts";
import { temporary } from "../support/temp.ts";
import { hostileText, unprintable } from "../support/unprintable.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const x = hostileText;

/** A lock whose every free text is hostile. */
function hostileLock(lock: Lock): Lock {
  const item = <T extends LockedFile | LockedImage>(one: T): T => ({
    ...one,
    name: `${one.name}${x}`,
    component: `${one.component}${x}`,
    version: `${one.version}${x}`,
    mismatch: x,
  });
  const common = { name: x, component: x, reason: x } as const;
  return {
    ...lock,
    kso: x,
    release: { name: x, version: x, commit: x, origins: { kube_image_repo: x } },
    files: lock.files.map((file) => ({ ...item(file), published: { digest: file.digest, source: x }, accepted: true })),
    images: lock.images.map(item),
    unavailable: [
      { ...common, kind: "file", version: x, platform: "linux/arm64", locator: x, included: true },
      { ...common, kind: "image", version: x, platform: "linux/arm64", locator: x, included: false },
    ],
    unresolved: [
      {
        ...{ ...common, kind: "file", platforms: ["linux/amd64"], field: x, expression: `{{ ${x} }}` },
        ...{ hosts: [x], allowed: true },
      },
    ],
  };
}

beforeAll(async () => {
  const sample = sampleLock(at("blobs"));
  await sealed(folder.path, "good.tar", { sample });
  const lock = hostileLock(sample.lock);
  await sealed(folder.path, "bad.tar", { sample: { ...sample, lock } });
  writeFileSync(at("bad.lock.json"), JSON.stringify(lock));
  altered(at("bad.tar"), at("broken.tar"), (pieces) => [
    ...pieces.filter(({ name }) => !name.endsWith("/empty")),
    piece(`files/a/${x.replaceAll(/\p{Cc}|\p{Cs}/gu, "")}`, "x"),
  ]);
});

/** Nothing of it is raw, and no line is what the text wants it to be. */
function expectPrintable(text: string): void {
  expect(text).not.toMatch(unprintable);
  for (const line of text.split("\n")) expect(line).not.toStartWith("kso: all is well");
}

function expectTame({ stdout, stderr }: Outcome): void {
  expectPrintable(stdout);
  expectPrintable(stderr);
  // Of a message only the first line stands at the margin.
  for (const line of stdout.split("\n")) expect(line).not.toMatch(/^\s*kso: /);
}

test.each<string[]>([
  ["inspect", "bad.tar"],
  ["inspect", "bad.tar", "--json"],
  ["verify", "bad.tar"],
  ["verify", "bad.tar", "--json"],
  ["verify", "broken.tar"],
  ["verify", "broken.tar", "--json"],
  ["diff", "good.tar", "bad.tar"],
  ["diff", "good.tar", "bad.lock.json", "--json"],
  ["config", "kubespray", "bad.tar", "--registry-host", "r:5000", "--files-url", "http://r:8080/k8s"],
  ["config", "containerd", "bad.tar", "--registry-host", "r:5000", "--json"],
  ["push", "bad.tar", "--registry", "127.0.0.1:1", "--dry-run"],
  ["store", "prune", "--lock", "bad.lock.json"],
  ["export", "--format", "tarball", "--lock", "bad.lock.json", "-o", "o.tar", "--kubespray", x.replaceAll("\0", "")],
  [x.replaceAll("\0", "")],
  ["inspect", x.replaceAll("\0", "")],
])("kso %j", async (...args) => {
  const paths = args.map((arg) => (/\.(tar|json)$/.test(arg) ? at(arg) : arg));
  const outcome = await kso(...paths);
  expect(outcome.stdout + outcome.stderr).not.toBe("");
  expect(outcome.stdout + outcome.stderr).not.toContain("unexpected");
  expectTame(outcome);
  if (args.includes("--json")) JSON.parse(outcome.stdout);
});

test("a server's banner, log, metrics and pages", async () => {
  const shell = 'exec "$@" 2> >(tee "$0" >&2)';
  const addresses = ["--files", "127.0.0.1:0", "--registry", "127.0.0.1:0", "--access-log", "plain"];
  const command = [ways.binary[0] as string, "serve", at("bad.tar"), ...addresses];
  await using program = startProgram("bash", ["-c", shell, at("err"), ...command], { HOME: at("home") });
  const [, files = ""] = /(http:\S+)\/k8s\/$/.exec(await program.line(/^files: /)) ?? [];
  const get = async (path: string): Promise<string> => await (await fetch(`${files}${path}`)).text();
  for (const path of [
    "/",
    "/metrics",
    "/missing",
    "/missing?format=json",
    "/offline.yml",
    "/kso-node.sh",
    "/-/status.json",
    "/k8s/?sums",
    "/?lang=zh",
    "/k8s/",
    "/health",
    `/k8s/${encodeURIComponent(x.replace("\ud800", ""))}`,
  ])
    expectPrintable(await get(path));
  expect(await get("/metrics")).toContain("kso_bundle_info");
  await program.stop();
  expectPrintable(readFileSync(at("err"), "utf8"));
});

test("a checkout, an inventory and a plugin", async () => {
  plant(at("kubespray"), modern);
  const value = JSON.stringify(x.replaceAll(/\0|\p{Cs}/gu, ""));
  const all = ["kubelet_download_url", "calico_node_image_repo", "etcd_version", "kube_image_repo", "calico_version"]
    .map((name) => `${name}: ${value}\n`)
    .join("");
  plant(at("inv"), { "inventory.yml": `${value}: 1\n`, "hosts.ini": mixedCluster, "group_vars/all.yml": all });
  const cluster = ["--kubespray-dir", at("kubespray"), "-i", at("inv/hosts.ini")];
  const plugin = `export default { name: "own", category: "tool", description: ${value}, contribute: () => [
    { kind: "file", name: "own", version: "1", url: "https://x.example/own", unavailable: ${value} }] };`;
  plant(at("."), { "own.ts": plugin, "bad.ts": `throw new Error(${value});` });
  for (const args of [
    ["resolve", ...cluster],
    ["resolve", ...cluster, "--json"],
    ["resolve", ...cluster, "--explain", "calico"],
    ["components", ...cluster],
    ["export", "--format", "list", ...cluster, "-o", at("list")],
    ["resolve", "--kubespray-dir", at("kubespray"), "-i", at("inv/inventory.yml")],
    ["resolve", "--plugin", at("own.ts"), "--only", "own"],
    ["resolve", "--plugin", at("own.ts"), "--only", "own", "--json"],
    ["resolve", "--plugin", at("bad.ts"), "--only", "own"],
    ["plugin", "check", at("own.ts"), at("bad.ts")],
  ]) {
    const outcome = await kso(...args);
    expect([args, outcome.stderr.includes("unexpected:")]).toEqual([args, false]);
    expectTame(outcome);
  }
});

test("names of files, and links that lead nowhere", async () => {
  const name = at(`f${x.replaceAll(/\0|\p{Cs}/gu, "")}`);
  symlinkSync("nowhere", name);
  for (const args of [
    ["verify", name],
    ["serve", name],
    ["resolve", "--extra", name],
    ["resolve", "--config", name],
    ["fetch", "--ca", name],
    ["trust", name],
  ]) {
    const outcome = await kso(...args);
    expect([args, outcome.code]).toEqual([args, 2]);
    expectTame(outcome);
  }
});
