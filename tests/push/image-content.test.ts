// What is pushed of an image: trimmed indexes, and bundles that lack something.
import { expect, test } from "bun:test";
import { rejection, sample } from "../support/http.ts";
import { image } from "../support/images.ts";
import { nginx, pushBench, threeImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";

const bench = pushBench(threeImages);

test("a sparse index inside an index: both are trimmed, the rest stays", async () => {
  const target = await bench.start({ sparse: "refused" });
  const nested = image({
    platforms: { "linux/amd64": { layers: [sample(9)] }, "linux/s390x": { layers: [sample(9, 2)] } },
    nested: 1,
  });
  const one = held(bench.path, { "quay.io/x/y:1": nested }, ["linux/amd64"]);
  const { arrived, failed } = await pushTo(one, target, { trim: true });
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
