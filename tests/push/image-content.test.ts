// What is pushed of an image: trimmed indexes, and bundles that lack something.
import { expect, test } from "bun:test";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { rejection, sample } from "../support/http.ts";
import { artifact, image } from "../support/images.ts";
import { nginx, pushBench, threeImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";

const bench = pushBench(threeImages);

test("a sparse index inside an index: both are trimmed, the rest stays", async () => {
  const target = await bench.start({ sparse: "refused" });
  const nested = image({
    platforms: { "linux/amd64": { layers: [sample(9)] }, "linux/s390x": { layers: [sample(9, 2)] } },
    nested: 1,
  });
  const one = held(bench.path, { "quay.io/x/y:1": nested }, ["linux/amd64"]);
  const { arrived, failed } = await pushTo(one, target, { index: "trim" });
  expect([failed, arrived.length]).toEqual([[], 1]);
  const read = (digest: string) => JSON.parse(new TextDecoder().decode(target.manifest("x/y", digest)));
  const [inner] = read(target.tags["x/y:1"] ?? "").manifests;
  expect(read(inner.digest).manifests.length).toBe(1);
});

test("a bundle that lacks a blob is refused before the first byte", async () => {
  const target = await bench.start();
  const { lock, source } = bench.bundle();
  const gone = nginx.platforms["linux/amd64"]?.layers[0]?.digest;
  const holed = { lock, source: { locate: (digest: never) => (digest === gone ? undefined : source.locate(digest)) } };
  expect(await rejection(pushTo(holed as never, target))).toMatchObject({ code: "verify" });
  expect(target.log).toEqual([]);
});

test("what refers to an index that was trimmed is left out, with its blobs; what refers to a manifest stays", async () => {
  const target = await bench.start({ sparse: "refused" });
  const platforms = { "linux/amd64": { layers: [sample(9)] }, "linux/s390x": { layers: [sample(9, 2)] } };
  const subject = image({ platforms });
  const manifest = subject.platforms["linux/amd64"]?.manifest;
  const ofIndex = artifact({ note: "sample(20, 3)" }, subject.root);
  const ofManifest = artifact({ note: "sample(20, 4)" }, manifest as Descriptor);
  const ofSignature = artifact({ note: "sample(20, 5)" }, ofIndex.root);
  const referrers = [ofSignature, ofIndex, ofManifest];
  const one = held(bench.path, { "quay.io/x/y:1": { ...subject, referrers } }, ["linux/amd64"]);
  const { arrived, failed } = await pushTo(one, target, { index: "trim" });
  expect([failed, arrived.length]).toEqual([[], 1]);
  const there = referrers.map(({ root }) => target.manifest("x/y", root.digest) !== undefined);
  expect(there).toEqual([false, false, true]);
  const [payload] = ofIndex.blobs.slice(-1);
  expect(target.blob("x/y", sha(payload as Uint8Array))).toBeUndefined();
});

test("an index that names a platform twice keeps what the bundle has of it", async () => {
  const target = await bench.start({ sparse: "refused" });
  const one = image({
    platforms: { "linux/amd64": { layers: [sample(9)] }, "linux/amd64/v2": { layers: [sample(9, 2)] } },
  });
  const { arrived } = await pushTo(held(bench.path, { "quay.io/x/y:1": one }, ["linux/amd64"]), target, {
    index: "trim",
  });
  const { manifests } = JSON.parse(new TextDecoder().decode(target.manifest("x/y", arrived[0]?.digest ?? "")));
  expect(manifests.map(({ digest }: Descriptor) => digest)).toEqual([one.platforms["linux/amd64"]?.manifest.digest]);
});
