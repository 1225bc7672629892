// The tree of a registry from a lock.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { LockedImage } from "../../src/core/lock.ts";
import { exporting, sampleWith } from "../support/exporting.ts";
import { artifact } from "../support/images.ts";
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
    const tagged = (tag: string, top: string): string[] =>
      ["current", `index/sha256/${top}`].map((name) => `_manifests/tags/${tag}/${name}/link`);
    // What refers to it is listed under a tag, because distribution has no API for it.
    const [{ mediaType, digest, size } = image.root] = image.referrers ?? [];
    const entry = { mediaType, digest, size, artifactType: "application/vnd.oci.empty.v1+json" };
    const type = "application/vnd.oci.image.index.v1+json";
    const text = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [entry] });
    const list = { mediaType: type, digest: sha(Buffer.from(text)), size: text.length };
    const tags = [
      ...tagged("3.10", hex(image.root)),
      ...tagged(`sha256-${hex(image.root)}`, hex(list)),
      `_manifests/revisions/sha256/${hex(list)}/link`,
    ];
    const names = ["registry.k8s.io/pause", "pause"].flatMap((name) => [name, `k8s/${name}`]);
    const wanted = [
      "kso.lock.json",
      ...[...image.blobs, list].map(
        (blob) => `docker/registry/v2/blobs/sha256/${hex(blob).slice(0, 2)}/${hex(blob)}/data`,
      ),
      ...names.flatMap((name) => [...own, ...tags].map((path) => `docker/registry/v2/repositories/${name}/${path}`)),
    ];
    const there = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(there.map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1)).sort()).toEqual(
      wanted.sort(),
    );
    // Whose blobs lie in two runs gets them in one.
    for (const blob of [...image.blobs, list]) {
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

  test("lists what refers to an image under the tag by which clients ask distribution, and no longer when it is gone", async () => {
    using folder = temporary();
    const out = join(folder.path, "out");
    const plain = sampleWith(folder.path, {}, { "registry.k8s.io/pause:3.10": "pause" });
    const [image] = plain.lock.images as [LockedImage];
    const sbom = artifact({ kind: "sbom" }, image.root);
    const more = [
      ...sbom.manifests.map(({ bytes, mediaType }) => plain.put(bytes, mediaType)),
      ...sbom.blobs.map((bytes) => plain.put(bytes)),
    ];
    const signed = { ...image, blobs: [...image.blobs, ...more], referrers: [sbom.root] };
    const { referrers: _, ...unsigned } = image;
    const below = (name: string, tag: string): string =>
      join(out, "docker/registry/v2/repositories", name, "_manifests", tag);
    const tag = `tags/${image.root.digest.replace(":", "-")}`;
    const names = ["registry.k8s.io/pause", "pause"].flatMap((name) => [name, `k8s/${name}`]);
    const data = (digest: string): string => {
      const hex = digest.slice("sha256:".length);
      return join(out, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
    };
    await exporting("registry", out, { ...plain, lock: { ...plain.lock, images: [signed] } });
    const lists = names.map((name) => readFileSync(below(name, `${tag}/current/link`), "utf8"));
    const [list = ""] = lists;
    expect(new Set(lists).size).toBe(1);
    const text = readFileSync(data(list));
    expect(sha(text)).toBe(list as Digest);
    const entry = { ...sbom.root, artifactType: "application/vnd.example.sbom" };
    expect(JSON.parse(text.toString()).manifests).toContainEqual(entry);
    expect(existsSync(below("pause", `revisions/${list.replace(":", "/")}/link`))).toBeTrue();
    expect(existsSync(below("pause", `revisions/${sbom.root.digest.replace(":", "/")}/link`))).toBeTrue();

    await exporting("registry", out, { ...plain, lock: { ...plain.lock, images: [unsigned] } });
    expect(names.map((name) => existsSync(below(name, tag)))).toEqual([false, false, false, false]);
    expect([list, sbom.root.digest].map((digest) => existsSync(data(digest)))).toEqual([false, false]);
    expect(existsSync(below("pause", "tags/3.10/current/link"))).toBeTrue();
  });
});
