// What several bundles make together.
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../../src/bundle/open.ts";
import type { Lock } from "../../../src/core/lock.ts";
import { sampleLock, sampleOptions } from "../../support/bundle.ts";
import { must } from "../../support/containers.ts";
import { altered, piece, sealed } from "../../support/sealed.ts";
import { noise } from "../../support/seed.ts";
import { served } from "../../support/serving.ts";
import { temporary } from "../../support/temp.ts";

type Options = ReturnType<typeof sampleOptions>;

/** A bundle of these files and images. */
async function bundle(folder: string, name: string, options: Options, ...bases: string[]): Promise<string> {
  const sample = sampleLock(join(folder, `${name}.blobs`), options);
  const more = bases.length === 0 ? {} : { base: openBundle(bases) };
  return (await sealed(folder, name, { sample, ...more })).path;
}

const text = async (response: Response): Promise<string> => `${response.status} ${await response.text()}`;

test("bundles that have nothing to do with each other are served together, what they share once", async () => {
  using folder = temporary();
  const one = await bundle(folder.path, "one.tar", {
    files: [
      ["a.example/one", Buffer.from("one")],
      ["a.example/both", Buffer.from("both")],
    ],
    images: [
      ["quay.io/a/one:1", "one"],
      ["quay.io/a/both:1", "both"],
    ],
  });
  const two = await bundle(folder.path, "two.tar", {
    files: [
      ["b.example/two", Buffer.from("two")],
      ["a.example/both", Buffer.from("both")],
    ],
    images: [
      ["quay.io/a/two:1", "two"],
      ["quay.io/a/both:1", "both"],
    ],
  });
  const site = served(one, two);
  for (const name of ["a.example/one", "b.example/two", "a.example/both"])
    expect(await text(await site.ask(`/k8s/${name}`))).toBe(`200 ${name.split("/")[1]}`);
  for (const name of ["one", "two", "both"]) expect((await site.ask(`/v2/a/${name}/manifests/1`)).status).toBe(200);
  expect(site.index.catalog).toEqual(["quay.io/a/both", "quay.io/a/one", "quay.io/a/two"]);
});

test.each([
  ["a file", { files: [["a.example/x", Buffer.from("other")]], images: [] }, "a.example/x"],
  ["an image", { files: [], images: [["quay.io/a/b:1", "other"]] }, "quay.io/a/b:1"],
  [
    "an image that is another host's",
    { files: [], images: [["ghcr.io/a/b:1", "other"]] },
    "a/b:1 (quay.io/a/b:1 and ghcr.io/a/b:1)",
  ],
  [
    "an image whose path is a full name",
    { files: [], images: [["docker.io/quay.io/a/b:1", "other"]] },
    "quay.io/a/b:1",
  ],
  ["an image whose path begins with k8s", { files: [], images: [["docker.io/k8s/a/b:1", "other"]] }, "k8s/a/b:1"],
] as readonly (readonly [string, Options, string])[])(
  "%s of different bytes in two bundles is an error at start",
  async (_, other, named) => {
    using folder = temporary();
    const one = await bundle(folder.path, "one.tar", {
      files: [["a.example/x", Buffer.from("x")]],
      images: [["quay.io/a/b:1", "image"]],
    });
    const two = await bundle(folder.path, "two.tar", other);
    expect(() => served(one, two)).toThrow(named);
    expect(() => served(two, one)).toThrow(/one\.tar.*two\.tar|two\.tar.*one\.tar/);
  },
);

test("a delta over its base serves the new content, and the old that running nodes may still request", async () => {
  using folder = temporary();
  const kept: Options["files"] = [["a.example/kept", Buffer.from("kept")]];
  const first = await bundle(folder.path, "first.tar", {
    files: [...kept, ["a.example/v1", Buffer.from("v1")], ["a.example/same", Buffer.from("before")]],
    images: [
      ["quay.io/a/app:1", "app 1"],
      ["quay.io/a/latest:x", "before"],
    ],
  });
  const delta = await bundle(
    folder.path,
    "delta.tar",
    {
      files: [...kept, ["a.example/v2", Buffer.from("v2")], ["a.example/same", Buffer.from("after")]],
      images: [
        ["quay.io/a/app:2", "app 2"],
        ["quay.io/a/latest:x", "after"],
      ],
    },
    first,
  );
  expect(() => served(delta)).toThrow("it is a delta over the bundle");
  for (const site of [served(first, delta), served(delta, first)]) {
    for (const [name, content] of [
      ["kept", "kept"],
      ["v1", "v1"],
      ["v2", "v2"],
      ["same", "after"],
    ])
      expect(await text(await site.ask(`/a.example/${name}`))).toBe(`200 ${content}`);
    for (const tag of ["1", "2"]) expect((await site.ask(`/v2/a/app/manifests/${tag}`)).status).toBe(200);
    const top = openBundle([first, delta]).lock.images.find(({ image }) => image.endsWith("latest:x"));
    const latest = await site.ask("/v2/a/latest/manifests/x");
    expect(latest.headers.get("docker-content-digest")).toBe(top?.root.digest ?? "");
  }
  // Two deltas over one base, and a bundle beside them.
  const other = await bundle(
    folder.path,
    "other.tar",
    { files: [...kept, ["a.example/v3", Buffer.from("v3")]], images: [] },
    first,
  );
  const beside = await bundle(folder.path, "beside.tar", { files: [["b.example/y", Buffer.from("y")]], images: [] });
  const third = await bundle(
    folder.path,
    "third.tar",
    { files: [...kept, ["a.example/v4", Buffer.from("v4")]], images: [] },
    first,
    other,
  );
  const all = served(other, beside, first, third);
  for (const name of ["a.example/v1", "a.example/v3", "a.example/v4", "b.example/y"])
    expect([name, (await all.ask(`/${name}`)).status]).toEqual([name, 200]);
});

test("volumes and an unpacked tree give the same as the archive, in ranges across the cuts too", async () => {
  using folder = temporary();
  const bytes = noise("large", 3_000_000);
  const options: Options = {
    ...sampleOptions(),
    files: [
      ["a.example/large", bytes],
      ["a.example/small", noise("small", 100)],
    ],
  };
  const whole = await bundle(folder.path, "whole.tar", options);
  const sample = sampleLock(join(folder.path, "whole.tar.blobs"), options);
  await sealed(folder.path, "split.tar", { sample, split: 1 << 20 });
  mkdirSync(join(folder.path, "tree"));
  await must("tar", ["xf", whole, "-C", join(folder.path, "tree")]);
  for (const path of [whole, join(folder.path, "split.tar.002"), join(folder.path, "tree")]) {
    const site = served(path);
    expect(Buffer.from(await (await site.ask("/a.example/large")).arrayBuffer()).equals(bytes)).toBeTrue();
    for (let at = 0; at + 700_000 < bytes.length; at += 234_567) {
      const range = `bytes=${at}-${at + 699_999}`;
      const part = await site.ask("/a.example/large", { headers: { range } });
      expect([path, range, part.status]).toEqual([path, range, 206]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(at, at + 700_000))).toBeTrue();
    }
    for (const { root, blobs } of site.index.locks[0]?.images ?? [])
      for (const { digest, size } of [root, ...blobs])
        expect((await (await site.ask(`/v2/pause/blobs/${digest}`)).arrayBuffer()).byteLength).toBe(size);
  }
});

test("a small blob with the wrong digest is never served", async () => {
  using folder = temporary();
  const good = await bundle(folder.path, "good.tar", { files: [["a.example/x", Buffer.from("right")]], images: [] });
  const bad = altered(good, join(folder.path, "bad.tar"), (pieces) =>
    pieces.map((one) => (one.type === "file" && one.name.startsWith("blobs/") ? piece(one.name, "wrong") : one)),
  );
  expect(served(bad).ask("/a.example/x")).rejects.toThrow("the bundle is damaged");
});

test("a bundle of several releases is one lock for each, the newest first, over the same files", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const { lock } = sample;
  const steps = ["2.30.0", "2.31.0"].map((version) => ({
    ...lock.release,
    name: `kubespray-${version}`,
    version,
    kubernetes: version === "2.30.0" ? "1.34.3" : lock.kubernetes,
  }));
  const newest = ["2.31.0"];
  const several: Lock = {
    ...lock,
    schema: "kso.lock/2",
    releases: steps,
    files: lock.files.map((file, index) => ({ ...file, releases: index === 0 ? newest : ["2.30.0", "2.31.0"] })),
    images: lock.images.map((image) => ({ ...image, releases: ["2.30.0", "2.31.0"] })),
  };
  const { path } = await sealed(folder.path, "both.tar", { sample: { ...sample, lock: several } });
  const { index, ask } = served(path);
  expect(
    index.served.map(({ lock, isPart, bundle }) => [lock.release.version, lock.files.length, isPart, bundle]),
  ).toEqual([
    ["2.31.0", lock.files.length, true, ["both.tar"]],
    ["2.30.0", lock.files.length - 1, true, ["both.tar"]],
  ]);
  expect(index.locks.map(({ kubernetes }) => kubernetes)).toEqual([lock.kubernetes, "1.34.3"]);
  for (const file of lock.files) expect((await ask(`/k8s/${file.path}`)).status).toBe(200);
});
