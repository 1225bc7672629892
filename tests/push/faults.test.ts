// A push against a registry that fails: what passes is tried again, what does not is named with its image, and everything else
// arrives.
import { expect, test } from "bun:test";
import { expectTwoImages, pushBench, twoImages } from "../support/push-bench.ts";

const bench = pushBench(twoImages);

test.each([429, 500, 502, 503])("%d passes: tried again, and Retry-After is kept to", async (status) => {
  const target = await bench.start();
  const busy = { status, headers: { "retry-after": "7" } };
  target.fault(/^POST/, busy, { status });
  target.fault(/^PUT .*uploads/, { status }, busy);
  target.fault(/^PUT .*manifests/, busy, { status });
  target.fault(/^HEAD/, { status });
  const { failed, waits } = await bench.push(target);
  expect(failed).toEqual([]);
  expect(waits.filter((ms) => ms === 7000).length).toBe(3);
  expect(waits.length).toBe(7);
  await expectTwoImages(bench, target);
});

test("429 for ever: the image is named with the reason, the other one arrives", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429 });
  const { failed, arrived } = await bench.push(target);
  expect(failed).toEqual([
    {
      item: "docker.io/library/app:1",
      target: `${target.host}/library/app:1`,
      cause: "429 Too Many Requests (5 attempts)",
    },
  ]);
  expect(arrived.map(({ item }) => item)).toEqual(["quay.io/calico/node:v3"]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a server that asks to come back next week is not waited for", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429, headers: { "retry-after": "604800" } });
  const { failed, waits } = await bench.push(target);
  expect(failed[0]?.cause).toContain("asks to come back after");
  expect(waits).toEqual([]);
});

test.each<[string, RegExp, string]>([
  ["bytes", /^PUT .*library\/app\/blobs/, "403 Forbidden, DENIED, quota exceeded"],
  ["manifests", /^PUT .*library\/app\/manifests\/sha256/, "403 Forbidden, DENIED, quota exceeded"],
  ["the tag", /^PUT .*library\/app\/manifests\/1$/, "403 Forbidden, DENIED, quota exceeded"],
])("a registry that refuses %s is quoted, and not asked again", async (_, pattern, cause) => {
  const target = await bench.start();
  const body = JSON.stringify({ errors: [{ code: "DENIED", message: "quota\u001b[31m exceeded" }] });
  target.always(pattern, { status: 403, body: body.replace("\\u001b[31m", "") });
  const { failed, arrived, waits } = await bench.push(target);
  expect(failed.map(({ item, cause: said }) => [item, said])).toEqual([["docker.io/library/app:1", cause]]);
  expect([arrived.length, waits.length]).toEqual([1, 0]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a registry that stalls is given up, whatever it does", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/blobs/, { stall: true });
  const { failed } = await bench.push(target, { net: { idleTimeout: 20, attempts: 2 } });
  expect(failed.map(({ item }) => item)).toEqual(["docker.io/library/app:1"]);
  expect(failed[0]?.cause).toContain("no byte for 0.2 s");
});
