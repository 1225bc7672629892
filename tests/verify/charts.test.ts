// The index.yaml of a bundle, which web servers over the unpacked tree answer with: verified like all else that is in it.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { sampleWithChart } from "../support/charts.ts";
import { piecesOf, sealed, verifying } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

const name = "files/helm.cilium.io/index.yaml";

test("a bundle has the index of each folder with charts, and its sum; one without it is whole too", async () => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
  const { path } = await sealed(folder.path, "bundle.tar", { sample, chartIndexes: indexes });
  const piece = piecesOf(path).find((one) => one.name === name);
  expect(new TextDecoder().decode(piece?.content)).toBe(indexes.get("helm.cilium.io/index.yaml") ?? "?");
  expect(await verifying([path])).toMatchObject({ ok: true, problems: [], notes: [] });
  spawnSync("tar", ["xf", path, "-C", folder.path]);
  const summed = spawnSync("sha256sum", ["-c", "kso/SHA256SUMS"], { cwd: folder.path, encoding: "utf8" });
  expect([summed.status, summed.stdout]).toEqual([0, expect.stringContaining(`${name}: OK`)]);
  const earlier = await sealed(folder.path, "earlier.tar", { sample });
  expect(openBundle([earlier.path]).locateFile(name)).toBeUndefined();
  expect(await verifying([earlier.path])).toMatchObject({ ok: true });
});

test("over a base, the index lists the charts of both", async () => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
  const base = await sealed(folder.path, "base.tar", { sample, chartIndexes: indexes });
  const delta = await sealed(folder.path, "delta.tar", { sample, chartIndexes: indexes, base: { lock: sample.lock } });
  expect(piecesOf(delta.path).map((piece) => piece.name)).not.toContain("files/helm.cilium.io/cilium-1.19.3.tgz");
  expect(await verifying([base.path, delta.path])).toMatchObject({ ok: true, notes: [] });
});

test.each([
  ["leads elsewhere", (text: string) => text.replace('"cilium-1', '"https://evil.example/cilium-1')],
  ["lists nothing", () => "apiVersion: v1\nentries: {}\n"],
  ["is something else", () => "<html>"],
])("an index that %s is a problem", async (_, change) => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
  const changed = new Map([...indexes].map(([path, text]) => [path, change(text)]));
  const { path } = await sealed(folder.path, "bundle.tar", { sample, chartIndexes: changed });
  expect((await verifying([path])).problems.map(({ what, item }) => `${what}: ${item}`)).toEqual([`digest: ${name}`]);
});

test("bytes that are not those of the sums, an index without a sum, and one beside no chart are problems", async () => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
  const { path } = await sealed(folder.path, "bundle.tar", { sample, chartIndexes: indexes });
  const tree = join(folder.path, "tree");
  spawnSync("mkdir", [tree]);
  spawnSync("tar", ["xf", path, "-C", tree]);
  writeFileSync(join(tree, name), `${readFileSync(join(tree, name), "utf8")}# more\n`);
  expect((await verifying([tree])).problems.map(({ what, item }) => `${what}: ${item}`)).toEqual([`digest: ${name}`]);
  const sums = join(tree, "kso/SHA256SUMS");
  writeFileSync(sums, readFileSync(sums, "utf8").replace(/^.*index\.yaml\n/m, ""));
  expect((await verifying([tree])).problems).toEqual([
    { item: name, what: "lock", message: "kso/SHA256SUMS does not name it" },
  ]);
  const other = new Map([...indexes, ["get.helm.sh/index.yaml", "entries: {}\n"]]);
  const odd = await sealed(folder.path, "odd.tar", { sample, chartIndexes: other });
  expect((await verifying([odd.path])).problems.map(({ what, item }) => `${what}: ${item}`)).toEqual([
    "extra: files/get.helm.sh/index.yaml",
  ]);
});
