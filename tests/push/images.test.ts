// Images into a registry, by the real network layer: what travels, in which order, and what a registry does not take.
import { expect, test } from "bun:test";
import { silentProgress } from "../../src/core/progress.ts";
import { rejection, sample } from "../support/http.ts";
import { image } from "../support/images.ts";
import {
  calico,
  expectTwoImages,
  nginx,
  pause,
  pushBench,
  sharedLayer,
  threeImages,
  twoImages,
} from "../support/push-bench.ts";
import { held, type PushTo, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import type { Target } from "../support/target.ts";

const bench = pushBench(threeImages);
const index = (target: Target, line: RegExp): number => target.log.findIndex((each) => line.test(each));

test("each image arrives under its tag with its own digest, and each blob travels once", async () => {
  const target = await bench.start();
  const { arrived, failed, sent, mounted } = await bench.push(target);
  expect(failed).toEqual([]);
  expect(arrived.map(({ item, target: to, digest, state }) => [item, to, digest, state])).toEqual(
    [
      ["docker.io/library/nginx:1.28", "library/nginx:1.28", nginx.root.digest],
      ["quay.io/calico/node:v3", "calico/node:v3", calico.root.digest],
      ["registry.k8s.io/pause:3.10", "pause:3.10", pause.root.digest],
    ].map(([item, to, digest]) => [item, `${target.host}/${to}`, digest, "pushed"]) as never,
  );
  expect(target.tags).toEqual({
    "library/nginx:1.28": nginx.root.digest,
    "calico/node:v3": calico.root.digest,
    "pause:3.10": pause.root.digest,
  });
  const digests = target.stored.map((line) => line.split(" ")[1]);
  expect(new Set(digests).size).toBe(digests.length);
  expect(sent.items).toBe(digests.length);
  // The sharedLayer layer.
  expect(mounted).toBe(1);
  expect(target.blob("library/nginx", sha(sharedLayer))).toBeDefined();
  expect(target.blob("calico/node", sha(sharedLayer))).toBeDefined();
  // What is not in the bundle is not made up.
  const absent = pause.platforms["linux/s390x"]?.manifest.digest ?? "";
  expect(target.manifest("pause", absent)).toBeUndefined();
});

test("blobs, then manifests, then the index, then all of it read back, then the tag", async () => {
  const target = await bench.start();
  await pushTo(held(bench.path, { "docker.io/library/nginx:1.28": nginx }), target);
  const [manifest, root] = [nginx.platforms["linux/amd64"]?.manifest.digest, nginx.root.digest];
  const last = (line: RegExp): number => target.log.findLastIndex((each) => line.test(each));
  const order = [
    last(/^PUT .*uploads/),
    index(target, new RegExp(`^PUT .*manifests/${manifest} 201`)),
    index(target, new RegExp(`^PUT .*manifests/${root} 201`)),
    index(target, new RegExp(`^GET .*manifests/${root} 200`)),
    index(target, new RegExp(`^GET .*manifests/${manifest} 200`)),
    last(/^HEAD .*blobs\//),
    index(target, /^PUT .*manifests\/1\.28 201/),
  ];
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(order).not.toContain(-1);
});

test("again: nothing is sent, and every image is reported as there", async () => {
  const target = await bench.start();
  await bench.push(target);
  const before = target.log.length;
  const { arrived, sent } = await bench.push(target);
  expect(arrived.map(({ state }) => state)).toEqual(["there", "there", "there"]);
  expect(sent).toEqual({ items: 0, bytes: 0 });
  const lines = target.log.slice(before);
  // The question whether one may push is asked by opening an upload.
  expect(lines.filter((line) => /^(PUT|PATCH)/.test(line))).toEqual([]);
  expect(lines.filter((line) => /^GET .*manifests/.test(line)).length).toBe(3 + 6 + 2);
});

test("what is missing is sent and nothing else", async () => {
  const target = await bench.start();
  await bench.push(target);
  const layer = nginx.platforms["linux/arm64"]?.layers[1]?.digest ?? "";
  target.lose("library/nginx", layer);
  const before = target.stored.length;
  const { arrived, sent } = await bench.push(target);
  expect(target.stored.slice(before)).toEqual([`library/nginx ${layer}`]);
  expect(sent).toEqual({ items: 1, bytes: 2000 });
  expect(arrived.map(({ state }) => state)).toEqual(["pushed", "there", "there"]);
});

test("a dry run sends nothing and says what is missing", async () => {
  const target = await bench.start();
  const notes: string[] = [];
  const progress = { ...silentProgress, note: (text: string) => void notes.push(text) };
  const { arrived, sent } = await bench.push(target, { dryRun: true, progress });
  expect(arrived.map(({ state }) => state)).toEqual(["missing", "missing", "missing"]);
  expect(sent.bytes).toBeGreaterThan(50_000);
  expect(target.stored).toEqual([]);
  expect(target.tags).toEqual({});
  expect(notes.join()).toContain("--index trim");
  await bench.push(target);
  expect((await bench.push(target, { dryRun: true, progress })).sent).toEqual({ items: 0, bytes: 0 });
});

test("a registry that takes no sparse index: --index trim is offered after the smallest image, by name", async () => {
  const target = await bench.start({ sparse: "refused" });
  const cause = await rejection(bench.push(target));
  expect(cause).toMatchObject({ code: "remote" });
  for (const word of ["pause:3.10", "--index trim", "MANIFEST_BLOB_UNKNOWN"]) expect(cause.message).toContain(word);
  expect(target.tags["pause:3.10"]).toBeUndefined();
  // The large ones have not travelled.
  expect(target.stored.some((line) => line.includes(sha(sharedLayer)) && line.startsWith("calico"))).toBeFalse();

  const { arrived, failed } = await bench.push(target, { index: "trim" });
  expect(failed).toEqual([]);
  const trimmed = arrived.filter(({ was }) => was !== undefined);
  expect(trimmed.map(({ item, was }) => [item, was as string])).toEqual([
    ["registry.k8s.io/pause:3.10", pause.root.digest],
  ]);
  const bytes = target.manifest("pause", trimmed[0]?.digest ?? "");
  const { manifests, mediaType } = JSON.parse(new TextDecoder().decode(bytes));
  expect(mediaType).toBe(pause.root.mediaType);
  const kept = ["linux/amd64", "linux/arm64"].map((platform) => pause.platforms[platform]?.manifest.digest);
  expect(manifests.map((one: { digest: string }) => one.digest)).toEqual([
    ...kept,
    ...pause.attestations.slice(0, 2).map(({ digest }) => digest),
  ]);
  // What was whole keeps its digest, and again it is the same.
  expect(target.tags["library/nginx:1.28"]).toBe(nginx.root.digest);
  expect((await bench.push(target, { index: "trim" })).arrived.map(({ state }) => state)).toEqual([
    "there",
    "there",
    "there",
  ]);
});

const sparseImage = image({
  platforms: {
    "linux/amd64": { layers: [sample(9)] },
    "linux/arm64": { layers: [sample(8)] },
    "linux/s390x": { layers: [sample(7)] },
  },
});
const notesOf = (): { notes: string[]; progress: NonNullable<PushTo["progress"]> } => {
  const notes: string[] = [];
  return { notes, progress: { ...silentProgress, note: (text: string) => void notes.push(text) } };
};

test("--index auto trims where the registry refuses a sparse index, says so, and the next push asks no more", async () => {
  const target = await bench.start({ sparse: "refused" });
  const { notes, progress } = notesOf();
  const both = held(bench.path, { ...threeImages, "quay.io/x/other:1": sparseImage });
  const { arrived, failed } = await pushTo(both, target, { index: "auto", progress });
  expect(failed).toEqual([]);
  // One line, however many images there are.
  expect(notes).toEqual([
    expect.stringMatching(
      /^2 images get indexes of linux\/amd64 and linux\/arm64 alone, because the registry takes no index .+ \(4\d\d .+\); by their tags/,
    ),
  ]);
  expect(arrived.flatMap(({ item, was }) => (was === undefined ? [] : [[item, was]]))).toEqual([
    ["quay.io/x/other:1", sparseImage.root.digest],
    ["registry.k8s.io/pause:3.10", pause.root.digest],
  ]);
  expect(target.tags["library/nginx:1.28"]).toBe(nginx.root.digest);
  const before = target.log.length;
  const again = await pushTo(both, target, { index: "auto", progress });
  expect(again.arrived.map(({ state }) => state)).toEqual(["there", "there", "there", "there"]);
  expect(target.log.slice(before).filter((line) => line.startsWith("PUT"))).toEqual([]);
  expect(notes.slice(1)).toEqual([expect.stringContaining("as an earlier push found")]);
});

test("--index auto keeps every index where the registry takes it", async () => {
  const target = await bench.start();
  const { notes, progress } = notesOf();
  const { arrived } = await bench.push(target, { index: "auto", progress });
  expect(arrived.filter(({ was }) => was !== undefined)).toEqual([]);
  expect(target.tags["pause:3.10"]).toBe(pause.root.digest);
  expect(notes).toEqual([]);
});

test("--index auto never takes the digest from an image that the cluster asks for by it: that one fails, the others arrive", async () => {
  const target = await bench.start({ sparse: "refused" });
  const { lock, source } = held(bench.path, { ...threeImages, "quay.io/x/other:1": sparseImage });
  const images = lock.images.map((one) => (one.image.includes("pause") ? { ...one, byDigest: true as const } : one));
  const { arrived, failed } = await pushTo({ lock: { ...lock, images }, source }, target, { index: "auto" });
  expect(failed).toEqual([
    expect.objectContaining({ item: "registry.k8s.io/pause:3.10", cause: expect.stringContaining("by the digest") }),
  ]);
  expect(arrived.map(({ item, was }) => [item, was !== undefined])).toEqual([
    ["docker.io/library/nginx:1.28", false],
    ["quay.io/calico/node:v3", false],
    ["quay.io/x/other:1", true],
  ]);
});

test.each(["auto", "keep", "trim"] as const)(
  "an image that the bundle has for no platform is not pushed (%s), the others are",
  async (index) => {
    const target = await bench.start();
    const platforms = ["linux/amd64", "linux/arm64"];
    const { lock, source } = held(bench.path, {
      ...threeImages,
      "quay.io/x/other:1": image({ platforms: { "linux/s390x": { layers: [sample(9)] } } }),
    });
    const images = lock.images.map((one) => (one.image.includes("other") ? { ...one, unavailable: platforms } : one));
    const { arrived, failed } = await pushTo({ lock: { ...lock, images }, source }, target, { index });
    expect(failed).toEqual([
      expect.objectContaining({
        item: "quay.io/x/other:1",
        cause: expect.stringContaining("no image for any of its platforms"),
      }),
    ]);
    expect(arrived).toHaveLength(3);
    expect(Object.keys(target.tags).filter((tag) => tag.startsWith("x/"))).toEqual([]);
  },
);

test("a registry that does not take OCI's types says so once, with the first image", async () => {
  const target = await bench.start({ refuses: /vnd\.oci\.image\.index/ });
  const docker = image({ platforms: { "linux/amd64": { layers: [sample(9)] } }, docker: true });
  const both = held(bench.path, { "docker.io/big:1": nginx, "docker.io/old:1": docker }, [
    "linux/amd64",
    "linux/arm64",
  ]);
  both.lock.images.forEach(
    (one) => void Object.assign(one, { platforms: one.root === nginx.root ? one.platforms : ["linux/amd64"] }),
  );
  const cause = await rejection(pushTo(both, target));
  expect(cause.message).toContain('does not take "application/vnd.oci.image.index.v1+json"');
  expect(cause).toMatchObject({ code: "remote" });
  const old = held(bench.path, { "docker.io/old:1": docker }, ["linux/amd64"]);
  expect((await pushTo(old, target)).failed).toEqual([]);
});

test("a tag that names another image is replaced, and that is told", async () => {
  const target = await bench.start();
  await pushTo(held(bench.path, { "registry.k8s.io/pause:3.10": nginx }), target);
  const { arrived } = await pushTo(held(bench.path, { "registry.k8s.io/pause:3.10": pause }), target);
  expect(arrived[0]).toMatchObject({ replaced: nginx.root.digest, digest: pause.root.digest });
});

test("the largest blob travels first, behind the images that probe", async () => {
  const target = await bench.start();
  const single = (size: number, seed: number) =>
    image({ platforms: { "linux/amd64": { layers: [sample(size, seed)] } } });
  const sizes = [5000, 90_000, 20_000, 60_000];
  const many = Object.fromEntries(sizes.map((size, at) => [`docker.io/app${at}:1`, single(size, at + 20)]));
  await pushTo(held(bench.path, many, ["linux/amd64"]), target, { jobs: 1 });
  const order = target.stored.map((line) => target.blob(...(line.split(" ") as [string, string]))?.length ?? 0);
  expect(order.filter((size) => size >= 5000)).toEqual([5000, 90_000, 60_000, 20_000]);
});

/** For registries that fail: what passes is tried again, what does not is named with its image, and everything else arrives. */
const failing = pushBench(twoImages);

test.each([429, 500, 502, 503])("%d passes: tried again, and Retry-After is kept to", async (status) => {
  const target = await failing.start();
  const busy = { status, headers: { "retry-after": "7" } };
  target.fault(/^POST/, busy, { status });
  target.fault(/^PUT .*uploads/, { status }, busy);
  target.fault(/^PUT .*manifests/, busy, { status });
  target.fault(/^HEAD/, { status });
  const { failed, waits } = await failing.push(target);
  expect(failed).toEqual([]);
  expect(waits.filter((ms) => ms === 7000).length).toBe(3);
  expect(waits.length).toBe(7);
  await expectTwoImages(failing, target);
});

test("429 for ever: the image is named with the reason, the other one arrives", async () => {
  const target = await failing.start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429 });
  const { failed, arrived } = await failing.push(target);
  expect(failed).toEqual([
    {
      item: "docker.io/library/app:1",
      target: `${target.host}/library/app:1`,
      cause: "429 Too Many Requests (5 attempts)",
      remedy: "run the same command again to go on",
    },
  ]);
  expect(arrived.map(({ item }) => item)).toEqual(["quay.io/calico/node:v3"]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a server whose Retry-After is a week is not waited for", async () => {
  const target = await failing.start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429, headers: { "retry-after": "604800" } });
  const { failed, waits } = await failing.push(target);
  expect(failed[0]?.cause).toContain("asks to come back after");
  expect(waits).toEqual([]);
});

test.each<[string, RegExp, string]>([
  ["bytes", /^PUT .*library\/app\/blobs/, "403 Forbidden, DENIED, quota exceeded"],
  ["manifests", /^PUT .*library\/app\/manifests\/sha256/, "403 Forbidden, DENIED, quota exceeded"],
  ["the tag", /^PUT .*library\/app\/manifests\/1$/, "403 Forbidden, DENIED, quota exceeded"],
])("a registry that refuses %s is quoted, and not asked again", async (_, pattern, cause) => {
  const target = await failing.start();
  const body = JSON.stringify({ errors: [{ code: "DENIED", message: "quota\u001b[31m exceeded" }] });
  target.always(pattern, { status: 403, body: body.replace("\\u001b[31m", "") });
  const { failed, arrived, waits } = await failing.push(target);
  expect(failed.map(({ item, cause: said }) => [item, said])).toEqual([["docker.io/library/app:1", cause]]);
  expect([arrived.length, waits.length]).toEqual([1, 0]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a registry that stalls is given up, whatever it does", async () => {
  const target = await failing.start();
  target.always(/^PUT .*library\/app\/blobs/, { stall: true });
  const { failed } = await failing.push(target, { net: { idleTimeout: 20, attempts: 2 } });
  expect(failed.map(({ item }) => item)).toEqual(["docker.io/library/app:1"]);
  expect(failed[0]?.cause).toContain("no byte for 0.2 s");
});
