// Bundles in pieces: the second version as a delta on the first, one archive in volumes that can be damaged and replaced,
// what diff says about two versions, and the store behind them. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { must, requireTools } from "../support/containers.ts";
import { file, firstRelease, type Origin, pair, programs, type Release, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const first = firstRelease();
const { "docker.io/library/tool:1.0": _old, ...others } = first.images;
const kubelet = (arch: "amd64" | "arm64"): ReturnType<typeof file> => {
  const newer = Buffer.concat([programs[arch], Buffer.from("a newer version")]);
  return file("kubelet", arch, `dl.k8s.io/release/v1.35.5/bin/linux/${arch}/kubelet`, newer);
};
/** A newer kubelet, a newer tool on the same base; the rest as it was. */
const second: Release = {
  ...first,
  files: [...first.files.filter(({ name }) => name !== "kubelet"), kubelet("amd64"), kubelet("arm64")],
  images: { ...others, "docker.io/library/tool:1.1": pair("tool 1.1") },
};
const flags: Record<string, string[]> = {};
let origin: Origin;

beforeAll(async () => {
  await requireTools({ tar: "tar", sha256sum: "coreutils" });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags["first"] = await origin.publish("first", first);
  flags["second"] = await origin.publish("second", second);
  await seal("first.tar", "first");
  await seal("second.tar", "second");
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

/** The archive of a release, its lock in RELEASE.json unless another is named. @returns what was printed. */
async function seal(name: string, release: string, ...more: string[]): Promise<string> {
  const lock = more.includes("--lock") ? [] : ["--lock", at(`${release}.json`)];
  const written = ["-o", at(name), ...lock];
  return await works(kso("export", "--format", "tarball", ...written, ...(flags[release] ?? []), ...more));
}

const sum = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const entriesOf = async (path: string): Promise<string[]> => (await must("tar", ["tf", path])).trim().split("\n");
const blobsIn = async (path: string): Promise<string[]> =>
  (await entriesOf(path)).filter((name) => /^blobs\/sha256\/./.test(name)).sort();
const nameOf = (digest: string): string => `blobs/${digest.replace(":", "/")}`;
/** What the second has and the first has not. */
async function added(): Promise<string[]> {
  const before = new Set(await blobsIn(at("first.tar")));
  return (await blobsIn(at("second.tar"))).filter((name) => !before.has(name));
}

test("--base, a bundle or its lock: the delta holds the new blobs and nothing else of the old", async () => {
  await seal("delta.tar", "second", "--base", at("first.tar"));
  const tool = second.images["docker.io/library/tool:1.1"];
  const own = Object.values(tool?.platforms ?? {}).flatMap(({ manifest, config, layers }) => [
    ...[manifest.digest, config.digest],
    layers[1]?.digest ?? "",
  ]);
  const files = [kubelet("amd64"), kubelet("arm64")];
  const wanted = [...own, tool?.root.digest ?? "", ...files.map(({ bytes }) => sha(bytes))].map(nameOf).sort();
  expect(await blobsIn(at("delta.tar"))).toEqual(wanted);
  expect(await added()).toEqual(wanted);
  expect((await entriesOf(at("delta.tar"))).filter((name) => /^files\/.*[^/]$/.test(name)).sort()).toEqual(
    files.map(({ path }) => `files/${path}`).sort(),
  );
  await seal("delta-lock.tar", "second", "--base", at("first.json"));
  expect(await blobsIn(at("delta-lock.tar"))).toEqual(wanted);
  expect(sum(at("delta-lock.tar"))).toBe(sum(at("delta.tar")));
  expect(statSync(at("delta.tar")).size).toBeLessThan(statSync(at("second.tar")).size);
}, 60_000);

test("delta and base verify in either order; alone, or on another base, the delta is refused by name", async () => {
  for (const deep of [[], ["--deep"]]) {
    const both = [at("delta.tar"), at("first.tar")];
    for (const order of [both, both.toReversed()])
      expect(await kso("verify", ...order, ...deep)).toMatchObject({ code: 0, stdout: "" });
  }
  const base = JSON.parse(await works(kso("inspect", at("first.tar"), "--json"))).lock as string;
  const alone = await kso("verify", at("delta.tar"));
  expect(alone.code).toBe(5);
  expect(alone.stdout).toContain(base);
  await seal("unrelated.tar", "second", "--arch", "arm64", "--lock", at("unrelated.json"));
  const wrong = await kso("verify", at("delta.tar"), at("unrelated.tar"));
  expect(wrong.code).toBe(5);
  expect(wrong.stdout).toContain(base);
  const inside = JSON.parse(await works(kso("inspect", at("delta.tar"), "--json")));
  expect(inside.archives[0].base).toBe(base);
}, 60_000);

test("base, then delta, unpacked over each other are the second version", async () => {
  mkdirSync(at("over"));
  for (const name of ["first.tar", "delta.tar"]) await must("tar", ["xf", at(name), "-C", at("over")]);
  await must("sh", ["-c", 'cd "$0" && sha256sum --quiet --strict -c kso/SHA256SUMS', at("over")]);
  const { bytes, path } = kubelet("arm64");
  expect(readFileSync(at("over", "files", path)).equals(bytes)).toBeTrue();
  mkdirSync(at("plain"));
  await must("tar", ["xf", at("second.tar"), "-C", at("plain")]);
  expect(readFileSync(at("over/index.json"))).toEqual(readFileSync(at("plain/index.json")));
  // Both trees, side by side, are a delta and its base too.
  mkdirSync(at("base"));
  await must("tar", ["xf", at("first.tar"), "-C", at("base")]);
  expect(await kso("verify", at("plain"))).toMatchObject({ code: 0, stdout: "" });
  expect(await kso("verify", at("base"), at("delta.tar"))).toMatchObject({ code: 0, stdout: "" });
  // What the base left behind is said to be more than the lock names, or passes; it never hides anything.
  const over = await kso("verify", at("over"));
  expect(over.stdout).not.toMatch(/^(missing|digest|incomplete|lock)/m);
}, 60_000);

test("--split: volumes whose sum is the archive, read by any of their names", async () => {
  mkdirSync(at("split"));
  const printed = (await seal("split/b.tar", "first", "--split", "1MiB")).trim().split("\n");
  expect(printed.map((path) => basename(path)).sort()).toEqual(readdirSync(at("split")).sort());
  const volumes = printed.map((path) => basename(path)).filter((name) => /\.\d{3}$/.test(name));
  expect(volumes.length).toBe(Math.ceil(statSync(at("first.tar")).size / 2 ** 20));
  for (const name of volumes.slice(0, -1)) expect(statSync(at("split", name)).size).toBe(2 ** 20);
  await must("sh", ["-c", 'cat "$0".[0-9]* > "$1"', at("split/b.tar"), at("joined.tar")]);
  expect(sum(at("joined.tar"))).toBe(sum(at("first.tar")));
  for (const name of ["b.tar", "b.tar.volumes.json", "b.tar.001", volumes.at(-1) as string])
    for (const deep of [[], ["--deep"]])
      expect([name, await kso("verify", at("split", name), ...deep)]).toMatchObject([name, { code: 0, stdout: "" }]);
  const [whole, parts] = await Promise.all(
    [at("first.tar"), at("split/b.tar")].map(async (path) => JSON.parse(await works(kso("inspect", path, "--json")))),
  );
  expect(parts.files).toEqual(whole.files);
  expect(parts.archives[0].volumes).toHaveLength(volumes.length);
}, 60_000);

test("a damaged, a cut and a missing volume are named, and replacing just that one mends the bundle", async () => {
  const good = at("good.tar.003");
  const bad = at("split/b.tar.003");
  cpSync(bad, good);
  const damage: [string, () => void][] = [
    ["one bit", () => writeFileSync(bad, flipped(good))],
    ["cut", () => writeFileSync(bad, readFileSync(good).subarray(0, 1000))],
    ["missing", () => renameSync(bad, at("away"))],
  ];
  for (const [what, act] of damage) {
    act();
    const ran = await kso("verify", at("split/b.tar.volumes.json"));
    const named = [...new Set((ran.stdout + ran.stderr).match(/b\.tar\.\d{3}/g))];
    expect([what, ran.code, named]).toEqual([what, 5, ["b.tar.003"]]);
    cpSync(good, bad);
    expect(await kso("verify", at("split/b.tar"))).toMatchObject({ code: 0, stdout: "" });
  }
  // The first holds headers and many small blobs: damage there must not blame another.
  const start = readFileSync(at("split/b.tar.001"));
  writeFileSync(at("split/b.tar.001"), flipped(at("split/b.tar.001"), 700));
  const ran = await kso("verify", at("split/b.tar.002"));
  expect([ran.code, [...new Set(ran.stdout.match(/volume: b\.tar\.\d{3}/g))]]).toEqual([5, ["volume: b.tar.001"]]);
  writeFileSync(at("split/b.tar.001"), start);
}, 60_000);

function flipped(path: string, where?: number): Buffer {
  const bytes = Buffer.from(readFileSync(path));
  const offset = where ?? bytes.length >> 1;
  bytes[offset] = (bytes[offset] as number) ^ 0x10;
  return bytes;
}

test("kso diff: the same answer from locks, archives and a delta", async () => {
  const diff = async (a: string, b: string): Promise<Record<string, unknown>> => {
    const { from, to, ...rest } = JSON.parse(await works(kso("diff", at(a), at(b), "--json")));
    return rest;
  };
  const said = await diff("first.json", "second.json");
  const changes = said["changes"] as { change: string; from?: { item: string }; to?: { item: string } }[];
  expect(changes.map(({ change, from, to }) => [change, from?.item, to?.item])).toEqual([
    ["changed", "docker.io/library/tool:1.0", "docker.io/library/tool:1.1"],
    ["changed", "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet", kubelet("amd64").path],
    ["changed", "dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet", kubelet("arm64").path],
  ]);
  const bytes = (await added()).reduce((all, name) => all + statSync(at("plain", name)).size, 0);
  expect(said["transfer"]).toEqual({ blobs: (await added()).length, bytes });
  for (const [a, b] of [
    ["first.tar", "second.tar"],
    ["split/b.tar", "second.json"],
    ["base", "delta.tar"],
  ] as const)
    expect(await diff(a, b)).toEqual(said);
  expect(await works(kso("diff", at("second.tar"), at("plain")))).toStartWith("nothing changed\n");
}, 60_000);

test("kso store: prune keeps what the named lock needs, check finds the damaged blob, the next run brings just that", async () => {
  expect(await kso("store", "check")).toMatchObject({ code: 0, stdout: "" });
  const freed = JSON.parse(await works(kso("diff", at("first.json"), at("second.json"), "--json"))).freed;
  const would = JSON.parse(await works(kso("store", "prune", "--lock", at("second.json"), "--dry-run", "--json")));
  // What was known about those blobs goes with them.
  expect([would.blobs, would.bytes >= freed.bytes]).toEqual([freed.blobs, true]);
  expect(JSON.parse(await works(kso("store", "prune", "--lock", at("second.json"), "--json")))).toEqual(would);
  await origin.transfers();
  await seal("after.tar", "second");
  expect(await origin.transfers()).toEqual([]);
  expect(sum(at("after.tar"))).toBe(sum(at("second.tar")));

  const store = (await works(kso("store", "path"))).trim();
  const { bytes, path } = kubelet("arm64");
  const hex = sha(bytes).slice("sha256:".length);
  const [blob] = (await must("find", [store, "-type", "f", "-name", `${hex}*`])).trim().split("\n");
  chmodSync(blob as string, 0o644);
  writeFileSync(blob as string, flipped(blob as string));
  const checked = await kso("store", "check");
  expect(checked).toMatchObject({ code: 5, stdout: `damaged, removed: sha256:${hex}\n` });
  await seal("mended.tar", "second");
  expect(await origin.transfers()).toEqual([`GET /${path} 200`]);
  expect(sum(at("mended.tar"))).toBe(sum(at("second.tar")));
}, 60_000);
