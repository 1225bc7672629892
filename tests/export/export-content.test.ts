// The use case of formats that hold bytes, with a fetch that is only told what to do.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { KsoError } from "../../src/core/errors.ts";
import type { Plan } from "../../src/core/plan.ts";
import { silentProgress } from "../../src/core/progress.ts";
import { composeExporter } from "../../src/export/compose.ts";
import {
  type ContentExportOptions,
  type ContentExportResult,
  exportContent,
  type FetchRequest,
} from "../../src/export/export-content.ts";
import { tarballExporter } from "../../src/export/tarball.ts";
import { readWhole } from "../../src/files/extents.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { type Sample, sampleLock } from "../support/bundle.ts";
import { sampleWithChart } from "../support/charts.ts";
import { baseIn } from "../support/exporting.ts";
import { temporary } from "../support/temp.ts";

const baseName = "docker.io/library/base:1";

interface Run {
  readonly result: Promise<ContentExportResult>;
  readonly requests: FetchRequest[];
}

function run(sample: Sample, output: string, more: Partial<ContentExportOptions> = {}): Run {
  const { release, kubernetes, platforms } = sample.lock;
  const plan: Plan = {
    schema: "kso.plan/1",
    release,
    kubernetes,
    platforms,
    artifacts: [],
    unavailable: [],
    unresolved: [],
    components: [],
    notes: [],
  };
  const lock = { ...sample.lock, bases: [baseIn(sample)] };
  const requests: FetchRequest[] = [];
  const result = exportContent(
    { exporter: tarballExporter, plan, output, baseImages: {}, copy: false, force: false, ...more },
    {
      async withStore(work) {
        const hashing = startHashing(1);
        try {
          return await work(sample.blobs, hashing);
        } finally {
          await hashing.close();
        }
      },
      async fetch(request) {
        requests.push(request);
        return { lock, path: "kso.lock.json", fetched: { items: 1, bytes: 2 } };
      },
      fetchBinary: async (name) => Promise.reject(new KsoError("fetch", `no release has ${name}`)),
      watch: (_, work) => work(silentProgress),
      clone: undefined,
      signal: new AbortController().signal,
    },
  );
  return { result, requests };
}

test("a bundle is written after its plan is fetched; base images are not in it", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const output = join(folder.path, "bundle.tar");
  const { result, requests } = run(sample, output);
  expect(await result).toEqual({
    files: [output],
    bytes: statSync(output).size,
    lock: "kso.lock.json",
    fetched: { items: 1, bytes: 2 },
    replaced: [],
  });
  expect(requests.map(({ baseImages, archive }) => ({ baseImages, archive }))).toEqual([
    { baseImages: [], archive: { path: output, base: undefined, binaries: [], links: false } },
  ]);
  const delta = join(folder.path, "delta.tar");
  const over = run(sample, delta, { base: output });
  await over.result;
  expect(over.requests[0]?.archive.base?.lock.bases).toBeUndefined();
  expect(statSync(delta).size).toBeLessThan(statSync(output).size / 2);
});

test("charts are read where the store has them, and the bundle has the index of their folder", async () => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
  const output = join(folder.path, "bundle.tar");
  await run(sample, output).result;
  const extents = openBundle([output]).locateFile("files/helm.cilium.io/index.yaml") ?? [];
  expect(new TextDecoder().decode(readWhole(extents, 1 << 20))).toBe(indexes.get("helm.cilium.io/index.yaml") ?? "?");
});

test("base images are fetched along, and small files are written beside the archives", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const output = join(folder.path, "out");
  const baseImages = { files: baseName, images: baseName };
  const { result, requests } = run(sample, output, { exporter: composeExporter, baseImages });
  const { files } = await result;
  expect(requests[0]?.baseImages.map(({ image, provenance }) => [image, provenance.name])).toEqual([
    [baseName, "--base-files"],
    [baseName, "--base-images"],
  ]);
  expect(files.filter((path) => !existsSync(path))).toEqual([]);
  expect(files.map((path) => path.slice(output.length + 1).split("/")[0])).toContain("compose.yaml");
  expect(readdirSync(output).some((name) => name.includes(".kso-"))).toBeFalse();
});

test("an unfit output, base or binary is refused before anything is fetched", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const refused = async (words: string, output: string, more: Partial<ContentExportOptions> = {}): Promise<void> => {
    const { result, requests } = run(sample, output, more);
    await expect(result).rejects.toThrow(words);
    await expect(result).rejects.toMatchObject({ code: "usage" });
    expect(requests).toEqual([]);
  };
  const output = join(folder.path, "bundle.tar");
  await refused("it is a directory", folder.path);
  await refused("--split 1048576 or more", output, { split: 1 });
  await refused("--base-files wants IMAGE:TAG", join(folder.path, "out"), {
    exporter: composeExporter,
    baseImages: { files: `docker.io/library/nginx@sha256:${"0".repeat(64)}` },
  });
  const binaries = { folder: folder.path, self: ["/nowhere/kso"] as [string] };
  await refused(`--with-binaries needs kso-linux-amd64 in ${folder.path}`, output, { binaries });
  for (const arch of ["amd64", "arm64"]) writeFileSync(join(folder.path, `kso-linux-${arch}`), "#!/bin/sh");
  await refused("holds no code, not", output, { binaries });
});
