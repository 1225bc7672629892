// Images into a registry, by the real network layer: what travels, in which order, under which names, and what is found out
// before the first byte.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { rejection, sample } from "../support/http.ts";
import { artifact, image } from "../support/images.ts";
import { held, type PushTo, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import { startTarget, type Target, type TargetOptions } from "../support/target.ts";
import { temporary } from "../support/temp.ts";

const shared = sample(50_000);
const make = (seed: number, more: Partial<Parameters<typeof image>[0]> = {}) =>
  image({
    platforms: {
      "linux/amd64": { layers: [shared, sample(3000, seed)] },
      "linux/arm64": { layers: [shared, sample(2000, seed + 100)] },
    },
    ...more,
  });
const nginx = make(1);
const pause = image({
  platforms: {
    "linux/amd64": { layers: [sample(300, 7)] },
    "linux/arm64": { layers: [sample(300, 8)] },
    "linux/s390x": { layers: [sample(300, 9)] },
  },
  attestations: true,
});
const images = {
  "docker.io/library/nginx:1.28": nginx,
  "quay.io/calico/node:v3": make(2),
  "registry.k8s.io/pause:3.10": pause,
};

let folder: ReturnType<typeof temporary>;
const open: Target[] = [];
beforeEach(() => {
  folder = temporary();
});
afterEach(async () => {
  folder[Symbol.dispose]();
  for (const target of open.splice(0)) {
    expect(target.surprises).toEqual([]);
    expect(target.halfTagged).toEqual([]);
    await target[Symbol.asyncDispose]();
  }
});
async function start(options: TargetOptions = {}): Promise<Target> {
  const target = await startTarget(options);
  open.push(target);
  return target;
}
const bundle = () => held(folder.path, images);
const push = (target: Target, more: PushTo = {}) => pushTo(bundle(), target, more);
const index = (target: Target, line: RegExp): number => target.log.findIndex((each) => line.test(each));

test("each image arrives under its tag with its own digest, and each blob travels once", async () => {
  const target = await start();
  const { arrived, failed, sent, mounted } = await push(target);
  expect(failed).toEqual([]);
  expect(arrived.map(({ item, target: to, digest, state }) => [item, to, digest, state])).toEqual(
    [
      ["docker.io/library/nginx:1.28", "library/nginx:1.28", nginx.root.digest],
      ["quay.io/calico/node:v3", "calico/node:v3", images["quay.io/calico/node:v3"].root.digest],
      ["registry.k8s.io/pause:3.10", "pause:3.10", pause.root.digest],
    ].map(([item, to, digest]) => [item, `${target.host}/${to}`, digest, "pushed"]) as never,
  );
  expect(target.tags).toEqual({
    "library/nginx:1.28": nginx.root.digest,
    "calico/node:v3": images["quay.io/calico/node:v3"].root.digest,
    "pause:3.10": pause.root.digest,
  });
  const digests = target.stored.map((line) => line.split(" ")[1]);
  expect(new Set(digests).size).toBe(digests.length);
  expect(sent.items).toBe(digests.length);
  // The shared layer.
  expect(mounted).toBe(1);
  expect(target.blob("library/nginx", sha(shared))).toBeDefined();
  expect(target.blob("calico/node", sha(shared))).toBeDefined();
  // What is not in the bundle is not made up.
  const absent = pause.platforms["linux/s390x"]?.manifest.digest ?? "";
  expect(target.manifest("pause", absent)).toBeUndefined();
});

test("blobs, then manifests, then the index, then all of it read back, then the tag", async () => {
  const target = await start();
  await pushTo(held(folder.path, { "docker.io/library/nginx:1.28": nginx }), target);
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

test("again: nothing travels, and it is said so", async () => {
  const target = await start();
  await push(target);
  const before = target.log.length;
  const { arrived, sent } = await push(target);
  expect(arrived.map(({ state }) => state)).toEqual(["there", "there", "there"]);
  expect(sent).toEqual({ items: 0, bytes: 0 });
  const lines = target.log.slice(before);
  // The question whether one may push is asked by opening an upload.
  expect(lines.filter((line) => /^(PUT|PATCH)/.test(line))).toEqual([]);
  expect(lines.filter((line) => /^GET .*manifests/.test(line)).length).toBe(3 + 6 + 2);
});

test("what is missing travels and nothing else", async () => {
  const target = await start();
  await push(target);
  const layer = nginx.platforms["linux/arm64"]?.layers[1]?.digest ?? "";
  target.lose("library/nginx", layer);
  const before = target.stored.length;
  const { arrived, sent } = await push(target);
  expect(target.stored.slice(before)).toEqual([`library/nginx ${layer}`]);
  expect(sent).toEqual({ items: 1, bytes: 2000 });
  expect(arrived.map(({ state }) => state)).toEqual(["pushed", "there", "there"]);
});

test("a dry run sends nothing and says what is missing", async () => {
  const target = await start();
  const notes: string[] = [];
  const nothing = { advance() {}, found() {}, retry() {}, postpone() {}, done() {}, fail() {} };
  const progress = { expect() {}, begin: () => nothing, note: (text: string) => void notes.push(text) };
  const { arrived, sent } = await push(target, { dryRun: true, progress });
  expect(arrived.map(({ state }) => state)).toEqual(["missing", "missing", "missing"]);
  expect(sent.bytes).toBeGreaterThan(50_000);
  expect(target.stored).toEqual([]);
  expect(target.tags).toEqual({});
  expect(notes.join()).toContain("--index trim");
  await push(target);
  expect((await push(target, { dryRun: true, progress })).sent).toEqual({ items: 0, bytes: 0 });
});

test.each([
  ["strip-host", "", ["library/nginx:1.28", "calico/node:v3", "pause:3.10"]],
  ["strip-host", "site/k8s", ["site/k8s/library/nginx:1.28", "site/k8s/calico/node:v3", "site/k8s/pause:3.10"]],
  ["keep-host", "", ["docker.io/library/nginx:1.28", "quay.io/calico/node:v3", "registry.k8s.io/pause:3.10"]],
  ["flatten", "site", ["site/library-nginx:1.28", "site/calico-node:v3", "site/pause:3.10"]],
] as const)("--map %s below %p", async (map, prefix, names) => {
  const target = await start();
  await push(target, { map, prefix });
  expect(Object.keys(target.tags).toSorted()).toEqual(names.toSorted());
});

test("two images that would share a name are found before anything is sent", async () => {
  const target = await start();
  const clash = held(folder.path, { "docker.io/a/b-c:1": nginx, "quay.io/a-b/c:1": pause, "docker.io/z:1": nginx });
  const cause = await rejection(pushTo(clash, target, { map: "flatten" }));
  expect(cause).toMatchObject({ code: "unresolvable" });
  for (const word of ["docker.io/a/b-c:1", "quay.io/a-b/c:1", "a-b-c:1", "--map keep-host"])
    expect(cause.message).toContain(word);
  expect(target.log).toEqual([]);
  // The same image under two names is no clash.
  const twice = held(folder.path, { "docker.io/library/nginx:1": nginx, "quay.io/library/nginx:1": nginx });
  const { arrived } = await pushTo(twice, target);
  expect(arrived.map(({ item }) => item)).toEqual(["docker.io/library/nginx:1", "quay.io/library/nginx:1"]);
});

test("a port in a kept host", async () => {
  const target = await start();
  await pushTo(held(folder.path, { "mirror.Example:8443/nginx:1": nginx }), target, { map: "keep-host" });
  expect(Object.keys(target.tags)).toEqual(["mirror.example-8443/nginx:1"]);
});

test("a registry that takes no sparse index: --index trim is offered after the smallest image, by name", async () => {
  const target = await start({ sparse: "refused" });
  const cause = await rejection(push(target));
  expect(cause).toMatchObject({ code: "remote" });
  for (const word of ["pause:3.10", "--index trim", "MANIFEST_BLOB_UNKNOWN"]) expect(cause.message).toContain(word);
  expect(target.tags["pause:3.10"]).toBeUndefined();
  // The large ones have not travelled.
  expect(target.stored.some((line) => line.includes(sha(shared)) && line.startsWith("calico"))).toBeFalse();

  const { arrived, failed } = await push(target, { trim: true });
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
  expect((await push(target, { trim: true })).arrived.map(({ state }) => state)).toEqual(["there", "there", "there"]);
});

test("a sparse index inside an index: both are trimmed, the rest stays", async () => {
  const target = await start({ sparse: "refused" });
  const nested = image({
    platforms: { "linux/amd64": { layers: [sample(9)] }, "linux/s390x": { layers: [sample(9, 2)] } },
    nested: 1,
  });
  const one = held(folder.path, { "quay.io/x/y:1": nested }, ["linux/amd64"]);
  const { arrived, failed } = await pushTo(one, target, { trim: true });
  expect([failed, arrived.length]).toEqual([[], 1]);
  const read = (digest: string) => JSON.parse(new TextDecoder().decode(target.manifest("x/y", digest)));
  const [inner] = read(target.tags["x/y:1"] ?? "").manifests;
  expect(read(inner.digest).manifests.length).toBe(1);
});

test("a registry that does not take OCI's types says so once, with the first image", async () => {
  const target = await start({ refuses: /vnd\.oci\.image\.index/ });
  const docker = image({ platforms: { "linux/amd64": { layers: [sample(9)] } }, docker: true });
  const both = held(folder.path, { "docker.io/big:1": nginx, "docker.io/old:1": docker }, [
    "linux/amd64",
    "linux/arm64",
  ]);
  both.lock.images.forEach(
    (one) => void Object.assign(one, { platforms: one.root === nginx.root ? one.platforms : ["linux/amd64"] }),
  );
  const cause = await rejection(pushTo(both, target));
  expect(cause.message).toContain('does not take "application/vnd.oci.image.index.v1+json"');
  expect(cause).toMatchObject({ code: "remote" });
  const old = held(folder.path, { "docker.io/old:1": docker }, ["linux/amd64"]);
  expect((await pushTo(old, target)).failed).toEqual([]);
});

test("a registry with one level of names: --map flatten is offered before the first byte", async () => {
  const target = await start({ nested: false });
  const cause = await rejection(push(target));
  expect(cause.message).toContain("--map flatten");
  expect(cause.message).toContain("nothing was sent");
  expect(target.stored).toEqual([]);
  expect((await push(target, { map: "flatten" })).failed).toEqual([]);
});

test("Harbor: projects that do not exist are named, all of them, before the first byte", async () => {
  const target = await start({ projects: ["library"] });
  const cause = await rejection(push(target));
  expect(cause).toMatchObject({ code: "remote" });
  for (const word of [
    'project "calico" does not exist',
    'project "pause" does not exist',
    "--registry",
    "nothing was sent",
  ])
    expect(cause.message).toContain(word);
  expect(cause.message).not.toContain('"library"');
  expect(target.stored).toEqual([]);
  expect((await push(target, { prefix: "library/k8s" })).failed).toEqual([]);
});

test("signatures and SBOMs arrive before the tag, listed by the registry or by the fallback tag", async () => {
  const signed = {
    ...nginx,
    referrers: [artifact({ kind: "sbom" }, nginx.root), artifact({ kind: "signature" }, nginx.root)],
  };
  for (const referrers of [true, false]) {
    const target = await start({ referrers });
    const one = held(folder.path, { "docker.io/library/nginx:1": signed });
    for (let times = 0; times < 2; times++) expect((await pushTo(one, target)).failed).toEqual([]);
    // One that the registry has lost is put again, and listed once.
    target.lose("library/nginx", signed.referrers[0]?.root.digest ?? "");
    expect((await pushTo(one, target)).failed).toEqual([]);
    for (const { root } of signed.referrers) expect(target.manifest("library/nginx", root.digest)).toBeDefined();
    const fallback = target.tags[`library/nginx:${nginx.root.digest.replace(":", "-")}`];
    if (referrers) expect(fallback).toBeUndefined();
    else {
      const { manifests } = JSON.parse(new TextDecoder().decode(target.manifest("library/nginx", fallback ?? "")));
      const listed = manifests.map((entry: { digest: string; artifactType: string }) => [
        entry.digest,
        entry.artifactType,
      ]);
      expect(listed.toSorted()).toEqual(
        signed.referrers.map(({ root }) => [root.digest, "application/vnd.example.sbom"]).toSorted(),
      );
    }
  }
});

test("a tag that names another image is replaced, and that is told", async () => {
  const target = await start();
  await pushTo(held(folder.path, { "registry.k8s.io/pause:3.10": nginx }), target);
  const { arrived } = await pushTo(held(folder.path, { "registry.k8s.io/pause:3.10": pause }), target);
  expect(arrived[0]).toMatchObject({ replaced: nginx.root.digest, digest: pause.root.digest });
});

test.each(["ignored", "refused"] as const)("mounts that are %s: the bytes travel", async (mounts) => {
  const target = await start({ mounts });
  const { failed, mounted } = await push(target);
  expect([failed, mounted]).toEqual([[], 0]);
  expect(target.stored.filter((line) => line.includes(sha(shared))).length).toBe(2);
});

test("a bundle that lacks a blob is refused before the first byte", async () => {
  const target = await start();
  const { lock, source } = bundle();
  const gone = nginx.platforms["linux/amd64"]?.layers[0]?.digest;
  const holed = { lock, source: { locate: (digest: never) => (digest === gone ? undefined : source.locate(digest)) } };
  expect(await rejection(pushTo(holed as never, target))).toMatchObject({ code: "verify" });
  expect(target.log).toEqual([]);
});

test("the largest blob travels first, behind the images that probe", async () => {
  const target = await start();
  const single = (size: number, seed: number) =>
    image({ platforms: { "linux/amd64": { layers: [sample(size, seed)] } } });
  const sizes = [5000, 90_000, 20_000, 60_000];
  const many = Object.fromEntries(sizes.map((size, at) => [`docker.io/app${at}:1`, single(size, at + 20)]));
  await pushTo(held(folder.path, many, ["linux/amd64"]), target, { jobs: 1 });
  const order = target.stored.map((line) => target.blob(...(line.split(" ") as [string, string]))?.length ?? 0);
  expect(order.filter((size) => size >= 5000)).toEqual([5000, 90_000, 60_000, 20_000]);
});

test("of a group of names the deepest is asked about", async () => {
  const target = await start({ nested: false });
  const cause = await rejection(pushTo(held(folder.path, { "docker.io/x/y:1": nginx, "quay.io/x:1": nginx }), target));
  expect(cause.message).toContain('"x/y"');
  expect(target.stored).toEqual([]);
});

test("a platform that an image lacks, or mislabels, is a failure unless it is on record", async () => {
  const target = await start();
  const lacking = image({ platforms: { "linux/amd64": { layers: [sample(9)] } } });
  const wrong = image({
    platforms: {
      "linux/amd64": { layers: [sample(9)] },
      "linux/arm64": { layers: [sample(8)], architecture: "amd64" },
    },
  });
  const one = held(folder.path, { "docker.io/lacking:1": lacking, "docker.io/wrong:1": wrong });
  const { failed } = await pushTo(one, target);
  expect(failed.map(({ cause }) => cause)).toEqual([
    "read back from the registry, it has no image for linux/arm64",
    "read back from the registry, what it has for linux/arm64 says that it runs on amd64",
  ]);
  expect(target.tags).toEqual({});
  const [first, second] = one.lock.images;
  const recorded = [
    { ...first, missing: ["linux/arm64"] },
    { ...second, mismatch: "amd64" },
  ];
  const known = { ...one, lock: { ...one.lock, images: recorded as typeof one.lock.images } };
  expect((await pushTo(known, target)).failed).toEqual([]);
});
