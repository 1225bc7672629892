// One repository against a registry that misbehaves, by the real network layer.
import { afterEach, expect, test } from "bun:test";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import { openRegistry, type Registry, registryBase } from "../../src/oci/registry.ts";
import { memoryLanding, rejection, sample, testHttp } from "../support/http.ts";
import { artifact, describe, document, image, indexOf } from "../support/images.ts";
import { type RegistryOptions, startRegistry, type TestRegistry } from "../support/registry.ts";
import { sha } from "../support/seed.ts";

const open: TestRegistry[] = [];
afterEach(async () => {
  for (const registry of open.splice(0)) {
    expect(registry.surprises).toEqual([]);
    await registry.close();
  }
});
const layer = sample(100_000);
const seeded = image({
  platforms: { "linux/amd64": { layers: [layer] }, "linux/arm64/v8": { layers: [sample(9, 2)] } },
});
const anonymous = { find: async () => undefined };

async function start(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  registry.add("team/app", seeded, "1");
  open.push(registry);
  return registry;
}
const connect = ({ url, host }: TestRegistry): Registry =>
  openRegistry({ http: testHttp().http, credentials: anonymous, base: url, host });
const repositoryOf = (registry: TestRegistry) => connect(registry).reader("team/app");

test("a tag and a digest, by HEAD alone", async () => {
  const registry = await start();
  const repository = repositoryOf(registry);
  expect(await repository.head("1")).toEqual(seeded.root);
  expect(await repository.head(seeded.root.digest)).toEqual(seeded.root);
  expect(await repository.head("2")).toBeUndefined();
  expect(await repository.head(sha(layer))).toBeUndefined();
  expect(registry.log.every((line) => line.startsWith("HEAD /v2/team/app/manifests/"))).toBeTrue();
});

test.each(["refused", "no digest"] as const)("HEAD that is %s: read by GET, once", async (head) => {
  const registry = await start({ head });
  const repository = repositoryOf(registry);
  expect(await repository.head("1")).toEqual(seeded.root);
  expect((await repository.manifest(seeded.root.digest)).descriptor).toEqual(seeded.root);
  expect(registry.log.map((line) => line.split(" ")[0])).toEqual(["HEAD", "GET"]);
  expect(await repository.head("2")).toBeUndefined();
});

test("a HEAD whose headers are of no use, or name another digest", async () => {
  const registry = await start();
  const repository = repositoryOf(registry);
  registry.fault(/^HEAD/, { answer: { "content-type": "text/plain" } }, { answer: { "content-length": "" } });
  expect(await repository.head("1")).toEqual(seeded.root);
  expect(await repository.head("1")).toEqual(seeded.root);
  registry.fault(/^HEAD/, { answer: { "docker-content-digest": `sha256:${"0".repeat(64)}` } });
  expect(await rejection(repository.head(seeded.root.digest))).toMatchObject({ code: "fetch" });
});

test("parameters of a media type go no further", async () => {
  const registry = await start();
  registry.always(/manifests/, { answer: { "content-type": `${seeded.root.mediaType}; charset=utf-8` } });
  expect(await repositoryOf(registry).head("1")).toEqual(seeded.root);
  expect((await repositoryOf(registry).manifest("1")).descriptor).toEqual(seeded.root);
});

test("a manifest keeps its own bytes", async () => {
  const registry = await start();
  const { descriptor, bytes } = await repositoryOf(registry).manifest("1");
  expect(descriptor).toEqual(seeded.root);
  expect(sha(bytes)).toBe(seeded.root.digest);
  expect(await rejection(repositoryOf(registry).manifest("2"))).toMatchObject({ code: "fetch", status: 404 });
});

test("trouble that passes: busy, broken, cut, wrong once", async () => {
  const registry = await start();
  registry.fault(
    /^GET .*manifests/,
    { status: 429, headers: { "retry-after": "7" } },
    { status: 429 },
    { status: 500 },
    { cut: 100 },
    { bytes: layer },
  );
  const { http, waits } = testHttp();
  const repository = openRegistry({ http, credentials: anonymous, base: registry.url, host: registry.host }).reader(
    "team/app",
  );
  expect(sha((await repository.manifest("1")).bytes)).toBe(seeded.root.digest);
  expect(waits[0]).toBe(7000);
  expect(registry.log).toHaveLength(6);
});

test.each<[string, string]>([
  ["by tag", "1"],
  ["by digest", seeded.root.digest],
])("wrong bytes twice (%s) are refused with both digests", async (_, reference) => {
  const registry = await start();
  registry.always(/^GET/, { bytes: layer });
  const cause = await rejection(repositoryOf(registry).manifest(reference));
  expect(cause.code).toBe("fetch");
  expect(cause.message).toContain(sha(layer));
  expect(cause.message).toContain(seeded.root.digest);
  expect(registry.log).toHaveLength(2);
});

test("a wrong digest header is not believed", async () => {
  const registry = await start();
  const digest = `sha256:${"1".repeat(64)}`;
  registry.always(/^GET/, { answer: { "docker-content-digest": digest } });
  expect((await rejection(repositoryOf(registry).manifest("1"))).message).toContain(digest);
  // Asked for by digest, the header does not count.
  expect((await repositoryOf(registry).manifest(seeded.root.digest)).descriptor).toEqual(seeded.root);
});

test("a manifest that never ends is cut off", async () => {
  const registry = await start();
  registry.always(/^GET/, { endless: true });
  const cause = await rejection(repositoryOf(registry).manifest("1"));
  expect(cause.code).toBe("fetch");
  expect(cause.message).toContain("8388608");
});

test("a registry that stalls is given up", async () => {
  const registry = await start();
  registry.always(/^GET/, { stall: true });
  const { http } = testHttp({ idleTimeout: 20, attempts: 2 });
  const repository = openRegistry({ http, credentials: anonymous, base: registry.url, host: registry.host }).reader(
    "team/app",
  );
  expect((await rejection(repository.manifest("1"))).message).toContain("no byte for");
});

test("Docker's schema 1 is refused in clear words, whatever its headers say", async () => {
  const registry = await start();
  const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
  const old = document({ schemaVersion: 1, name: "team/app", fsLayers: [] }, type);
  registry.add("team/app", { root: old.blob, manifests: [old], blobs: [] }, "old");
  const words = "Docker's schema 1";
  expect((await rejection(repositoryOf(registry).head("old"))).message).toContain(words);
  expect((await rejection(repositoryOf(registry).manifest("old"))).message).toContain(words);
  registry.always(/./, { answer: { "content-type": "application/json" } });
  expect((await rejection(repositoryOf(registry).manifest("old"))).message).toContain(words);
});

test("small blobs, also from another host, held to digest and size", async () => {
  const registry = await start({ redirect: true, auth: { kind: "token" } });
  const repository = repositoryOf(registry);
  const config = seeded.platforms["linux/amd64"]?.config as Descriptor;
  expect(sha(await repository.readBlob(config))).toBe(config.digest);
  const elsewhere = registry.requests.filter(({ path }) => path.endsWith("?signature=1"));
  expect(elsewhere.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  expect((await rejection(repository.readBlob({ ...config, size: 7 }))).message).toContain("where 7 are expected");
  expect((await rejection(repository.readBlob({ ...config, size: 1e9 }))).message).toContain("1000000000");
  const gone = describe(sample(3, 9), config.mediaType);
  expect(await rejection(repository.readBlob(gone))).toMatchObject({ code: "fetch", status: 404 });
});

test("what blob() says is all that a download needs, across a cut", async () => {
  const registry = await start({ redirect: true, auth: { kind: "token" } });
  registry.fault(/signature/, { cut: 40_000 });
  const landing = memoryLanding();
  const blob = describe(layer, "application/octet-stream");
  await testHttp().http.download(repositoryOf(registry).blobRequest(blob), landing, { size: blob.size });
  expect(sha(landing.bytes)).toBe(blob.digest);
});

test("the rate limit as last seen", async () => {
  const registry = await start({ rateLimit: { limit: 100, remaining: 76 } });
  const hub = connect(registry);
  expect(hub.rateLimit()).toBeUndefined();
  await hub.reader("team/app").head("1");
  expect(hub.rateLimit()).toEqual({ remaining: 76, limit: 100, window: 21_600 });
  await hub.reader("team/app").manifest("1");
  expect(hub.rateLimit()?.remaining).toBe(75);
  registry.always(/./, { answer: { "ratelimit-remaining": "none", "ratelimit-limit": "" } });
  await hub.reader("team/app").head("1");
  expect(hub.rateLimit()?.remaining).toBe(75);
});

test("a mirror with a path puts it before the repository, for tokens too", async () => {
  const registry = await start({ auth: { kind: "token" } });
  registry.add("registry.k8s.io/pause", seeded, "3.10");
  const mirror = openRegistry({
    http: testHttp().http,
    credentials: anonymous,
    base: `${registry.url}/registry.k8s.io/`,
    host: registry.host,
  });
  expect(await mirror.reader("pause").head("3.10")).toEqual(seeded.root);
});

test("names that would leave the repository", async () => {
  const registry = await start();
  expect(() => connect(registry).reader("../app")).toThrow("not the name of a repository");
  expect(await rejection(repositoryOf(registry).head("../../x"))).toMatchObject({ code: "usage" });
  expect(() =>
    openRegistry({ http: testHttp().http, credentials: anonymous, base: "quay.io", host: "quay.io" }),
  ).toThrow("https://HOST");
});

test("Ctrl-C ends it", async () => {
  const registry = await start();
  registry.always(/^GET/, { stall: true });
  const abort = new AbortController();
  const reading = repositoryOf(registry).manifest("1", abort.signal);
  abort.abort(new Error("enough"));
  expect((await rejection(reading)).message).toBe("enough");
});

const sboms = [1, 2, 3, 4, 5].map((content) => artifact({ content }, seeded.root));
const sorted = sboms.map(({ root }) => root).sort((a, b) => (a.digest < b.digest ? -1 : 1));

test("referrers, page by page", async () => {
  const registry = await start({ page: 2 });
  for (const sbom of sboms) registry.add("team/app", sbom);
  expect(await repositoryOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
  expect(registry.log).toHaveLength(3);
  expect(await repositoryOf(registry).referrers(sha(layer))).toEqual([]);
});

test("referrers by the fallback tag, and none at all", async () => {
  const registry = await start({ referrers: false });
  expect(await repositoryOf(registry).referrers(seeded.root.digest)).toEqual([]);
  registry.add("team/app", indexOf(...sorted), seeded.root.digest.replace(":", "-"));
  expect(await repositoryOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
  registry.fault(/referrers/, { status: 200, headers: { "content-type": "text/html" }, body: "<html>" });
  expect(await repositoryOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
});

test("a registry without the referrers API is asked for it once", async () => {
  const registry = await start({ referrers: false });
  registry.add("team/other", seeded, "1");
  const connected = connect(registry);
  for (const name of ["team/app", "team/other"])
    expect(await connected.reader(name).referrers(seeded.root.digest)).toEqual([]);
  expect(registry.log.filter((line) => line.includes("/referrers/"))).toHaveLength(1);
  const tag = seeded.root.digest.replace(":", "-");
  expect(registry.log.filter((line) => line.includes(tag))).toEqual([
    `HEAD /v2/team/app/manifests/${tag} 404`,
    `HEAD /v2/team/other/manifests/${tag} 404`,
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ["go round in circles", { link: '</v2/team/app/referrers/x?n=1>; rel="next"' }, "more than 100 pages"],
  ["lead elsewhere", { link: '<http://127.0.0.1:1/x>; rel="next"' }, "another host"],
])("referrers that %s are refused", async (_, headers, why) => {
  const registry = await start();
  const type = "application/vnd.oci.image.index.v1+json";
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] });
  registry.always(/referrers/, { status: 200, headers: { "content-type": type, ...headers }, body });
  const cause = await rejection(repositoryOf(registry).referrers(seeded.root.digest as Digest));
  expect(cause.code).toBe("verify");
  expect(cause.message).toContain(why);
});

test.each([
  ["docker.io", "https://registry-1.docker.io"],
  ["index.docker.io", "https://registry-1.docker.io"],
  ["quay.io", "https://quay.io"],
  ["10.0.0.5:5000", "https://10.0.0.5:5000"],
  ["localhost:5000", "http://localhost:5000"],
  ["127.0.0.1", "http://127.0.0.1"],
  ["[::1]:5000", "http://[::1]:5000"],
  ["localhost.example.com", "https://localhost.example.com"],
])("%s is reached at %s", (host, base) => {
  expect(registryBase(host)).toBe(base);
});
