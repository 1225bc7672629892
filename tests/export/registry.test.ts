// The tree of a registry from a lock.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { LockedImage } from "../../src/core/lock.ts";
import { exporting, sampleWith } from "../support/exporting.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

describe("a registry's tree", () => {
  test("has what distribution looks for, and no more", async () => {
    using folder = temporary();
    const sample = sampleWith(folder.path, {}, { "registry.k8s.io/pause:3.10": "pause" });
    const out = join(folder.path, "out");
    await exporting("registry", out, sample);
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
    await exporting("registry", join(folder.path, "out"), sampleWith(folder.path, {}, { "a.test:5000/x:1": "one" }));
    expect(readdirSync(join(folder.path, "out/docker/registry/v2/repositories")).sort()).toEqual(["k8s", "x"]);
  });
});
