// Container images and registry trees from a lock, without a network: forecasts, names that cannot be, and the tree itself.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readEntries } from "../../src/bundle/tar-reader.ts";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Lock, LockedImage } from "../../src/core/lock.ts";
import { silentProgress } from "../../src/core/progress.ts";
import type { BaseImages, ExportOptions } from "../../src/export/exporter.ts";
import { exporters } from "../../src/export/exporters.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { type Sample, sampleLock, sampleOptions } from "../support/bundle.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const oci = "application/vnd.oci.image";

/** A base with one layer for each platform of the sample. */
function baseIn(
  { put, lock }: Sample,
  change: (config: Record<string, unknown>) => object = (same) => same,
): LockedImage {
  const blobs: Descriptor[] = [];
  const json = (value: unknown, type: string): Descriptor =>
    put(Buffer.from(JSON.stringify(value)), `${oci}.${type}.v1+json`);
  const manifests = lock.platforms.map((platform) => {
    const [os, architecture] = platform.split("/");
    const layer = put(noise(`base ${platform}`, 5_000), `${oci}.layer.v1.tar`);
    const config = json(change({ architecture, os, rootfs: { type: "layers", diff_ids: [layer.digest] } }), "config");
    const manifest = json(
      { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers: [layer] },
      "manifest",
    );
    blobs.push(manifest, config, layer);
    return { ...manifest, platform: { os, architecture } };
  });
  const root = json({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests }, "index");
  const common = { name: "base", component: "kso", version: "1", platforms: lock.platforms, resolved: "2026-11-24" };
  return { ...common, image: "docker.io/library/base:1", root, blobs: [root, ...blobs] };
}

async function sealing(
  format: "image" | "registry" | "compose",
  output: string,
  sample: Sample,
  more: Partial<ExportOptions> = {},
): Promise<{ forecast: number; bytes: number; texts: readonly { path: string; content: string }[] }> {
  const exporter = exporters.find(({ name }) => name === format);
  if (exporter?.needs !== "content") throw new Error(`${format} carries no bytes`);
  const hashing = startHashing(1);
  try {
    const base = baseIn(sample);
    const baseImages: BaseImages<LockedImage> = { files: base, images: base };
    const options = {
      lock: sample.lock,
      blobs: sample.blobs,
      output,
      baseImages,
      hashing,
      progress: silentProgress,
      ...more,
    };
    const { bytes: forecast } = exporter.forecast(options);
    const { bytes, texts = [] } = await exporter.write(options);
    return { forecast, bytes, texts };
  } finally {
    await hashing.close();
  }
}

const archives = ["kubespray-files.tar", "kubespray-images.tar"];
const sampleWith = (folder: string, files: Record<string, string>, images: Record<string, string> = {}): Sample =>
  sampleLock(join(folder, "blobs"), {
    files: Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const),
    images: Object.entries(images),
  });

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
    const { forecast, bytes } = await sealing("image", at("out"), sample);
    const sizes = archives.map((name) => statSync(join(at("out"), name)).size);
    expect([bytes, forecast]).toEqual([sizes.reduce((sum, size) => sum + size, 0), bytes]);
    const { lock } = sample;
    const turned: Lock = { ...lock, files: lock.files.toReversed(), images: lock.images.toReversed() };
    await sealing("image", at("turned"), sample, { lock: turned });
    for (const name of archives)
      expect(sha(readFileSync(join(at("turned"), name)))).toBe(sha(readFileSync(join(at("out"), name))));
  });

  test("have each file once, decoded, readable for everybody; the same bytes under another name are a link", async () => {
    using folder = temporary();
    const sample = sampleWith(folder.path, { "a.test/x%2By": "one", "b.test/z": "one", "c.test/d/e": "two" });
    await sealing("image", join(folder.path, "out"), sample);
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

  test("of nothing are images all the same", async () => {
    using folder = temporary();
    await sealing("image", join(folder.path, "out"), sampleWith(folder.path, {}));
    expect(layerOf(join(folder.path, "out", archives[0] as string)).map(({ name }) => name)).toContain("kso/files/");
    expect(layerOf(join(folder.path, "out", archives[1] as string)).map(({ name }) => name)).toContain("kso/registry/");
  });

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ["a name that would remove a file", { "a.test/.wh.x": "one" }, {}, 'begins with ".wh."'],
    [
      "two names that are one when decoded",
      { "a.test/a%2Bb": "one", "a.test/a+b": "two" },
      {},
      "different files with one name",
    ],
    ["a name that climbs when decoded", { "a.test/%2E%2E/x": "one" }, {}, "climbs with .."],
    ["a file that is a folder, too", { "a.test/x": "one", "a.test/x/y": "two" }, {}, "needs a directory there"],
    [
      "a file that is a folder when decoded",
      { "a.test/x%2By": "one", "a.test/x+y/z": "two" },
      {},
      "would be a file and a directory",
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
    await expect(sealing("image", output, sampleWith(folder.path, files, images))).rejects.toThrow(words);
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
    const sealed = sealing("image", join(folder.path, "out"), sample, { baseImages: { files: base, images: base } });
    await expect(sealed).rejects.toThrow(words);
    await expect(sealed).rejects.toThrow("Cannot build on docker.io/library/base:1");
  });

  test("a blob that the store lacks is named before the first byte", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const blobs: ExportOptions["blobs"] = {
      locate: (digest) => (digest === sample.lock.files[0]?.digest ? undefined : sample.blobs.locate(digest)),
    };
    const sealed = sealing("image", join(folder.path, "out"), sample, { blobs });
    await expect(sealed).rejects.toThrow(`Cannot export ${sample.lock.files[0]?.path}: it is not in the store`);
    expect(existsSync(join(folder.path, "out"))).toBeFalse();
  });
});

describe("a registry's tree", () => {
  test("has what distribution looks for, and no more", async () => {
    using folder = temporary();
    const sample = sampleWith(folder.path, {}, { "registry.k8s.io/pause:3.10": "pause" });
    const out = join(folder.path, "out");
    await sealing("registry", out, sample);
    const [image] = sample.lock.images as [LockedImage];
    const hex = ({ digest }: Descriptor): string => digest.slice("sha256:".length);
    const manifest = ({ mediaType }: Descriptor): boolean => /manifest|index/.test(mediaType);
    const own = image.blobs.map(
      (blob) => `${manifest(blob) ? "_manifests/revisions" : "_layers"}/sha256/${hex(blob)}/link`,
    );
    const tags = ["current", `index/sha256/${hex(image.root)}`].map((name) => `_manifests/tags/3.10/${name}/link`);
    const names = ["registry.k8s.io/pause", "pause"].flatMap((name) => [name, `k8s/${name}`]);
    const wanted = [
      "kso.lock.json",
      ...image.blobs.map((blob) => `docker/registry/v2/blobs/sha256/${hex(blob).slice(0, 2)}/${hex(blob)}/data`),
      ...names.flatMap((name) => [...own, ...tags].map((path) => `docker/registry/v2/repositories/${name}/${path}`)),
    ];
    const there = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(there.map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1)).sort()).toEqual(
      wanted.sort(),
    );
    // Whose blobs lie in two runs gets them in one.
    for (const blob of image.blobs) {
      const path = join(out, "docker/registry/v2/blobs/sha256", hex(blob).slice(0, 2), hex(blob), "data");
      expect(sha(readFileSync(path))).toBe(blob.digest);
    }
    const link = join(out, "docker/registry/v2/repositories/pause/_manifests/tags/3.10/current/link");
    expect(readFileSync(link, "utf8")).toBe(image.root.digest);
  });

  test("has no name with a port in it, which no registry serves", async () => {
    using folder = temporary();
    await sealing("registry", join(folder.path, "out"), sampleWith(folder.path, {}, { "a.test:5000/x:1": "one" }));
    expect(readdirSync(join(folder.path, "out/docker/registry/v2/repositories")).sort()).toEqual(["k8s", "x"]);
  });
});

// https://github.com/containers/podman/blob/v4.6.0/pkg/systemd/quadlet/quadlet.go: the keys that Quadlet takes from 4.6 on.
const quadletKeys = [
  ...["Image", "ContainerName", "Pull", "PublishPort", "ReadOnly", "Tmpfs", "User", "Group", "DropCapability"],
  ...["AddCapability", "NoNewPrivileges", "HealthCmd", "HealthInterval", "HealthTimeout", "HealthRetries"],
];

test("the units for Quadlet have only keys that it knows", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"), sampleOptions());
  const { texts } = await sealing("compose", join(folder.path, "out"), sample);
  const units = texts.filter(({ path }) => path.endsWith(".container"));
  expect(units.map(({ path }) => path)).toEqual([
    "quadlet/kubespray-files.container",
    "quadlet/kubespray-images.container",
  ]);
  for (const { content } of units) {
    const [, section = ""] = /\[Container\]\n([^[]+)\n\[/.exec(content) ?? [];
    const keys = section.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(keys.length).toBeGreaterThan(10);
    for (const line of keys) expect(quadletKeys).toContain(line.split("=")[0] as string);
  }
});
