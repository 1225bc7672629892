// Manifests, what is read back, and the tag: one that exists leads to an image that is whole.
import { expect, test } from "bun:test";
import { sample } from "../support/http.ts";
import { image } from "../support/images.ts";
import { app, expectTwoImages, largeDigest, pushBench, twoImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";

const bench = pushBench(twoImages);

test("a blob that was there by HEAD and is gone when the manifest is put: it travels once more", async () => {
  const target = await bench.start();
  await bench.push(target);
  const manifest = app.platforms["linux/amd64"]?.manifest.digest ?? "";
  target.lose("library/app", manifest);
  target.fault(new RegExp(`^PUT .*manifests/${manifest}`), { act: () => target.lose("library/app", largeDigest) });
  const { failed, sent } = await bench.push(target);
  expect([failed, sent.items]).toEqual([[], 1]);
  await expectTwoImages(bench, target);
});

test("a blob that is gone at read back: once more, and where it is lost again the tag is not set", async () => {
  const target = await bench.start();
  const lose = { act: () => target.lose("library/app", largeDigest) };
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), lose);
  expect((await bench.push(target)).failed).toEqual([]);
  await expectTwoImages(bench, target);

  const other = await bench.start();
  other.always(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => other.lose("library/app", largeDigest),
  });
  const { failed, arrived } = await bench.push(other);
  expect(failed.map(({ item, cause }) => [item, cause])).toEqual([
    ["docker.io/library/app:1", `read back from the registry, ${largeDigest} is not there`],
  ]);
  expect(arrived.length).toBe(1);
  expect(Object.keys(other.tags)).toEqual(["calico/node:v3"]);
});

test("a manifest that is gone, or another one, at read back", async () => {
  const target = await bench.start();
  const manifest = app.platforms["linux/arm64"]?.manifest.digest ?? "";
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => target.lose("library/app", manifest),
  });
  expect((await bench.push(target)).failed).toEqual([]);
  await expectTwoImages(bench, target);
  const wrong = await bench.start();
  wrong.always(new RegExp(`^GET .*manifests/${manifest}`), { status: 200, body: "{}" });
  const { failed } = await bench.push(wrong);
  expect(failed[0]?.cause).toContain(manifest);
  expect(wrong.tags["library/app:1"]).toBeUndefined();
});

test("a manifest that was there by HEAD and is gone at read back is put again", async () => {
  const target = await bench.start();
  await bench.push(target);
  const manifest = app.platforms["linux/arm64"]?.manifest.digest ?? "";
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => target.lose("library/app", manifest),
  });
  expect((await bench.push(target)).failed).toEqual([]);
  expect(target.manifest("library/app", manifest)).toBeDefined();
  await expectTwoImages(bench, target);
});

test("a tag that is taken and not kept", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/manifests\/1$/, { status: 201 });
  const { failed } = await bench.push(target);
  expect(failed.map(({ cause }) => cause)).toEqual([`the tag was put and names nothing instead of ${app.root.digest}`]);
});

test.each([/^PUT .*library\/app\/blobs/, /^PUT .*library\/app\/manifests/])(
  "a registry that says it stored something else is not believed (%p)",
  async (pattern) => {
    const target = await bench.start();
    const other = sha(sample(3));
    target.always(pattern, { digest: other });
    const { failed } = await bench.push(target);
    expect(failed.map(({ item }) => item)).toEqual(["docker.io/library/app:1"]);
    expect(failed[0]?.cause).toContain(`the registry says it has ${other}`);
    expect(target.tags["library/app:1"]).toBeUndefined();
  },
);

test("a platform that an image lacks, or mislabels, is a failure unless it is on record", async () => {
  const target = await bench.start();
  const lacking = image({ platforms: { "linux/amd64": { layers: [sample(9)] } } });
  const wrong = image({
    platforms: {
      "linux/amd64": { layers: [sample(9)] },
      "linux/arm64": { layers: [sample(8)], architecture: "amd64" },
    },
  });
  const one = held(bench.path, { "docker.io/lacking:1": lacking, "docker.io/wrong:1": wrong });
  const { failed } = await pushTo(one, target);
  expect(failed.map(({ cause }) => cause)).toEqual([
    "read back from the registry, it has no image for linux/arm64",
    "read back from the registry, what it has for linux/arm64 says that it runs on amd64",
  ]);
  expect(target.tags).toEqual({});
  const [first, second] = one.lock.images;
  const recorded = [
    { ...first, unavailable: ["linux/arm64"] },
    { ...second, mismatch: "amd64" },
  ];
  const known = { ...one, lock: { ...one.lock, images: recorded as typeof one.lock.images } };
  expect((await pushTo(known, target)).failed).toEqual([]);
});
