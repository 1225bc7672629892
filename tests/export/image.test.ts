// Container images from a lock: forecasts, layers, and names that cannot be in one.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { readEntries } from "../../src/bundle/tar-reader.ts";
import type { Lock } from "../../src/core/lock.ts";
import { locksOf } from "../../src/core/releases.ts";
import type { ExportOptions } from "../../src/export/exporter.ts";
import { sampleLock } from "../support/bundle.ts";
import { sampleWithChart } from "../support/charts.ts";
import { baseIn, exporting, sampleWith } from "../support/exporting.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const archives = ["kubespray-files.tar", "kubespray-images.tar"];
/** The entries of the layer that an archive begins with. */
function layerOf(archive: string): { name: string; type: string; target?: string; mode: number }[] {
  const bytes = readFileSync(archive);
  const outer = [...readEntries((offset, length) => bytes.subarray(offset, offset + length), bytes.length)];
  const layer = outer.find(({ type }) => type === "file");
  if (!layer) throw new Error("no layer");
  const inner = bytes.subarray(layer.offset, layer.offset + layer.size);
  expect(layer.name).toBe(`blobs/${sha(inner).replace(":", "/")}`);
  return [...readEntries((offset, length) => inner.subarray(offset, offset + length), inner.length)];
}

describe("images", () => {
  test("have the size that was forecast, and the same bytes in whatever order the lock is", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const at = (name: string): string => join(folder.path, name);
    const { forecast, bytes } = await exporting("image", at("out"), sample);
    const sizes = archives.map((name) => statSync(join(at("out"), name)).size);
    expect([bytes, forecast]).toEqual([sizes.reduce((sum, size) => sum + size, 0), bytes]);
    const { lock } = sample;
    const turned: Lock = { ...lock, files: lock.files.toReversed(), images: lock.images.toReversed() };
    await exporting("image", at("turned"), sample, { lock: turned });
    for (const name of archives)
      expect(sha(readFileSync(join(at("turned"), name)))).toBe(sha(readFileSync(join(at("out"), name))));
  });

  test("of several releases are a bundle for all of them", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const { release, kubernetes, files, images, ...common } = sample.lock;
    const older = { ...release, name: "kubespray-2.1.0", version: "2.1.0", kubernetes: "1.1.0" };
    const versions = [older.version, release.version];
    const owned = <T>(items: readonly T[]): T[] => items.map((item) => ({ ...item, releases: versions }));
    const lock: Lock = {
      ...common,
      schema: "kso.lock/2",
      release,
      kubernetes,
      releases: [older, { ...release, kubernetes }],
      files: owned(files),
      images: owned(images),
      unavailable: owned(common.unavailable),
    };
    await exporting("image", join(folder.path, "out"), sample, { lock });
    for (const name of archives) {
      const read = openBundle([join(folder.path, "out", name)]).lock;
      expect(read.releases?.map(({ version }) => version)).toEqual(versions);
      expect(locksOf(read).map((one) => one.images.length)).toEqual([read.images.length, read.images.length]);
    }
  });

  test("have each file once, decoded, readable for everybody; the same bytes under another name are a link", async () => {
    using folder = temporary();
    const sample = sampleWith(folder.path, { "a.test/x%2By": "one", "b.test/z": "one", "c.test/d/e": "two" });
    await exporting("image", join(folder.path, "out"), sample);
    const entries = layerOf(join(folder.path, "out", "kubespray-files.tar"));
    const below = entries.filter(({ name }) => name.startsWith("kso/files/"));
    expect(below.map(({ name, type, target, mode }): unknown[] => [name, type, target, mode])).toEqual([
      ["kso/files/", "directory", undefined, 0o755],
      ["kso/files/a.test/", "directory", undefined, 0o755],
      ["kso/files/a.test/x+y", "file", undefined, 0o644],
      ["kso/files/b.test/", "directory", undefined, 0o755],
      ["kso/files/b.test/z", "link", "kso/files/a.test/x+y", 0o644],
      ["kso/files/c.test/", "directory", undefined, 0o755],
      ["kso/files/c.test/d/", "directory", undefined, 0o755],
      ["kso/files/c.test/d/e", "file", undefined, 0o644],
    ]);
  });

  test("have the index of each folder with charts", async () => {
    using folder = temporary();
    const { sample, indexes } = await sampleWithChart(join(folder.path, "blobs"));
    const { forecast, bytes } = await exporting("image", join(folder.path, "out"), sample, { chartIndexes: indexes });
    expect(forecast).toBe(bytes);
    const names = layerOf(join(folder.path, "out", "kubespray-files.tar")).map(({ name }) => name);
    expect(names).toContain("kso/files/helm.cilium.io/index.yaml");
  });

  test("of an empty lock have their directories all the same", async () => {
    using folder = temporary();
    await exporting("image", join(folder.path, "out"), sampleWith(folder.path, {}));
    expect(layerOf(join(folder.path, "out", archives[0] as string)).map(({ name }) => name)).toContain("kso/files/");
    expect(layerOf(join(folder.path, "out", archives[1] as string)).map(({ name }) => name)).toContain("kso/registry/");
  });

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ["a name that would remove a file", { "a.test/.wh.x": "one" }, {}, 'begins with ".wh."'],
    [
      "two names that are one when decoded",
      { "a.test/a%2Bb": "one", "a.test/a+b": "two" },
      {},
      'two files are named "a.test/a+b"',
    ],
    ["a name that climbs when decoded", { "a.test/%2E%2E/x": "one" }, {}, 'the name climbs with ".."'],
    ["a file that is a folder, too", { "a.test/x": "one", "a.test/x/y": "two" }, {}, "needs a directory there"],
    [
      "a file that is a folder when decoded",
      { "a.test/x%2By": "one", "a.test/x+y/z": "two" },
      {},
      '"a.test/x+y" is a file, and "a.test/x+y/z" needs a directory there',
    ],
    ["images that share a name", {}, { "a.test/x/y:1": "one", "b.test/x/y:1": "two" }, 'share the name "x/y:1"'],
    [
      "images that share a name with k8s/",
      {},
      { "a.test/k8s/y:1": "one", "b.test/y:1": "two" },
      'share the name "k8s/y:1"',
    ],
  ])("%s is refused, and nothing is written", async (_, files, images, words) => {
    using folder = temporary();
    const output = join(folder.path, "out");
    await expect(exporting("image", output, sampleWith(folder.path, files, images))).rejects.toThrow(words);
    expect(existsSync(output)).toBeFalse();
  });

  test.each<[string, (config: Record<string, unknown>) => object, string]>([
    ["no configuration of an image", () => ({ hello: "world" }), "cannot be read"],
    [
      "fewer layers in its configuration",
      (config) => ({ ...config, rootfs: { type: "layers", diff_ids: [] } }),
      "1 layers, and 0",
    ],
  ])("a base with %s is refused by name", async (_, change, words) => {
    using folder = temporary();
    const sample = sampleWith(folder.path, {});
    const base = baseIn(sample, change);
    const work = exporting("image", join(folder.path, "out"), sample, { baseImages: { files: base, images: base } });
    await expect(work).rejects.toThrow(words);
    await expect(work).rejects.toThrow("Cannot build on docker.io/library/base:1");
  });

  test("a blob that the store lacks is named before the first byte", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const blobs: ExportOptions["blobs"] = {
      locate: (digest) => (digest === sample.lock.files[0]?.digest ? undefined : sample.blobs.locate(digest)),
    };
    const work = exporting("image", join(folder.path, "out"), sample, { blobs });
    await expect(work).rejects.toThrow(`Cannot export ${sample.lock.files[0]?.path}: it is not in the store`);
    expect(existsSync(join(folder.path, "out"))).toBeFalse();
  });
});
