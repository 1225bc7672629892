// Folders with charts: found by what the packages say, or by their names where a plugin calls them charts.
import { expect, test } from "bun:test";
import { type ChartCandidate, chartRepositories, plannedRepositories } from "../../src/charts/repository.ts";
import type { BlobSource } from "../../src/core/descriptor.ts";
import { type Sample, sampleLock } from "../support/bundle.ts";
import { chartPackage } from "../support/charts.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

/** Files at these paths, and where their bytes lie. */
function holding(folder: string, files: Readonly<Record<string, Uint8Array>>): Sample {
  return sampleLock(folder, { files: Object.entries(files), images: [] });
}

test("each folder with charts is a repository, its newest chart first", async () => {
  using folder = temporary();
  const { lock, blobs } = holding(folder.path, {
    "helm.cilium.io/cilium-1.9.0.tgz": chartPackage("cilium", "1.9.0"),
    "helm.cilium.io/cilium-1.19.3.tgz": chartPackage("cilium", "1.19.3"),
    "a.example/charts/web-2.0.0%2Bx.tgz": chartPackage("web", "2.0.0+x"),
    "github.com/cni/cni-plugins-1.0.0.tgz": Buffer.from("no chart"),
    "get.helm.sh/helm-v3.tar.gz": chartPackage("helm", "3.0.0"),
  });
  const found = await chartRepositories([...lock.files, ...lock.files], blobs);
  expect(
    found.map(({ path, charts }) => [path, charts.map(({ name, version, urls }) => [name, version, urls[0]])]),
  ).toEqual([
    ["a.example/charts/index.yaml", [["web", "2.0.0+x", "web-2.0.0%2Bx.tgz"]]],
    [
      "helm.cilium.io/index.yaml",
      [
        ["cilium", "1.19.3", "cilium-1.19.3.tgz"],
        ["cilium", "1.9.0", "cilium-1.9.0.tgz"],
      ],
    ],
  ]);
  expect(found[1]?.charts[0]?.digest).toBe(sha(chartPackage("cilium", "1.19.3")).slice("sha256:".length));
});

test("a folder with an index of its own keeps it", async () => {
  using folder = temporary();
  const chart = { "h.example/a-1.0.0.tgz": chartPackage("a", "1.0.0") };
  const own = holding(folder.path, { ...chart, "h.example/index.yaml": Buffer.from("x") });
  expect(await chartRepositories(own.lock.files, own.blobs)).toEqual([]);
  const below = holding(folder.path, { ...chart, "h.example/index.yaml/x": Buffer.from("x") });
  expect(await chartRepositories(below.lock.files, below.blobs)).toEqual([]);
});

const chart: ChartCandidate = {
  name: "cilium_chart",
  path: "helm.cilium.io/cilium-1.19.3.tgz",
  version: "1.19.3",
  digest: `sha256:${"a".repeat(64)}`,
};

test("what a plugin calls a chart is one by its name, where the bytes do not say more", async () => {
  const entry = {
    apiVersion: "v1",
    name: "cilium",
    version: "1.19.3",
    digest: "a".repeat(64),
    urls: ["cilium-1.19.3.tgz"],
  };
  const nowhere: BlobSource = { locate: () => undefined };
  for (const found of [await chartRepositories([chart], nowhere), plannedRepositories([chart])])
    expect(found).toEqual([{ folder: "helm.cilium.io", path: "helm.cilium.io/index.yaml", charts: [entry as never] }]);
  const others = [
    { ...chart, name: "cilium" },
    { ...chart, version: "1.19.4" },
    { ...chart, version: "latest", path: "helm.cilium.io/cilium-latest.tgz" },
    { ...chart, path: "helm.cilium.io/cilium-1.19.3.zip" },
  ];
  for (const other of others) expect(plannedRepositories([other])).toEqual([]);
  const { digest: _, ...unpublished } = chart;
  expect(plannedRepositories([unpublished])[0]?.charts[0]).not.toHaveProperty("digest");
  const sha512 = plannedRepositories([{ ...chart, digest: `sha512:${"b".repeat(128)}` }]);
  expect(sha512[0]?.charts[0]).not.toHaveProperty("digest");
});
