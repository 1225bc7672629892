// One repository of a registry that misbehaves, by the real network layer.
import { expect, test } from "bun:test";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { openRegistry } from "../../src/oci/registry.ts";
import { memoryTarget, rejection, sample, testHttp } from "../support/http.ts";
import { describe, document } from "../support/images.ts";
import { anonymous, layer, readerOf, seeded, seededRegistries } from "../support/registry-client.ts";
import { sha } from "../support/seed.ts";

const start = seededRegistries();

test("a tag and a digest, by HEAD alone", async () => {
  const registry = await start();
  const repository = readerOf(registry);
  expect(await repository.head("1")).toEqual(seeded.root);
  expect(await repository.head(seeded.root.digest)).toEqual(seeded.root);
  expect(await repository.head("2")).toBeUndefined();
  expect(await repository.head(sha(layer))).toBeUndefined();
  expect(registry.log.every((line) => line.startsWith("HEAD /v2/team/app/manifests/"))).toBeTrue();
});

test.each(["refused", "no digest"] as const)("HEAD that is %s: read by GET, once", async (head) => {
  const registry = await start({ head });
  const repository = readerOf(registry);
  expect(await repository.head("1")).toEqual(seeded.root);
  expect((await repository.manifest(seeded.root.digest)).descriptor).toEqual(seeded.root);
  expect(registry.log.map((line) => line.split(" ")[0])).toEqual(["HEAD", "GET"]);
  expect(await repository.head("2")).toBeUndefined();
});

test("a HEAD whose headers are of no use, or name another digest", async () => {
  const registry = await start();
  const repository = readerOf(registry);
  registry.fault(/^HEAD/, { answer: { "content-type": "text/plain" } }, { answer: { "content-length": "" } });
  expect(await repository.head("1")).toEqual(seeded.root);
  expect(await repository.head("1")).toEqual(seeded.root);
  registry.fault(/^HEAD/, { answer: { "docker-content-digest": `sha256:${"0".repeat(64)}` } });
  expect(await rejection(repository.head(seeded.root.digest))).toMatchObject({ code: "fetch" });
});

test("parameters of a media type go no further", async () => {
  const registry = await start();
  registry.always(/manifests/, { answer: { "content-type": `${seeded.root.mediaType}; charset=utf-8` } });
  expect(await readerOf(registry).head("1")).toEqual(seeded.root);
  expect((await readerOf(registry).manifest("1")).descriptor).toEqual(seeded.root);
});

test("a manifest keeps its own bytes", async () => {
  const registry = await start();
  const { descriptor, bytes } = await readerOf(registry).manifest("1");
  expect(descriptor).toEqual(seeded.root);
  expect(sha(bytes)).toBe(seeded.root.digest);
  expect(await rejection(readerOf(registry).manifest("2"))).toMatchObject({ code: "fetch", status: 404 });
});

test("failures that are retried: busy, broken, cut, wrong once", async () => {
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
  const cause = await rejection(readerOf(registry).manifest(reference));
  expect(cause.code).toBe("fetch");
  expect(cause.message).toContain(sha(layer));
  expect(cause.message).toContain(seeded.root.digest);
  expect(registry.log).toHaveLength(2);
});

test("a wrong digest header is not believed", async () => {
  const registry = await start();
  const digest = `sha256:${"1".repeat(64)}`;
  registry.always(/^GET/, { answer: { "docker-content-digest": digest } });
  expect((await rejection(readerOf(registry).manifest("1"))).message).toContain(digest);
  // Asked for by digest, the header does not count.
  expect((await readerOf(registry).manifest(seeded.root.digest)).descriptor).toEqual(seeded.root);
});

test("a manifest that never ends is cut off", async () => {
  const registry = await start();
  registry.always(/^GET/, { endless: true });
  const cause = await rejection(readerOf(registry).manifest("1"));
  expect(cause.code).toBe("fetch");
  expect(cause.message).toContain("8388608");
});

test("a registry that falls silent is given up", async () => {
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
  expect((await rejection(readerOf(registry).head("old"))).message).toContain(words);
  expect((await rejection(readerOf(registry).manifest("old"))).message).toContain(words);
  registry.always(/./, { answer: { "content-type": "application/json" } });
  expect((await rejection(readerOf(registry).manifest("old"))).message).toContain(words);
});

test("small blobs, also from another host, held to digest and size", async () => {
  const registry = await start({ redirect: true, auth: { kind: "token" } });
  const repository = readerOf(registry);
  const config = seeded.platforms["linux/amd64"]?.config as Descriptor;
  expect(sha(await repository.readBlob(config))).toBe(config.digest);
  const elsewhere = registry.requests.filter(({ path }) => path.endsWith("?signature=1"));
  expect(elsewhere.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  expect((await rejection(repository.readBlob({ ...config, size: 7 }))).message).toContain("where 7 are expected");
  expect((await rejection(repository.readBlob({ ...config, size: 1e9 }))).message).toContain("1000000000");
  const gone = describe(sample(3, 9), config.mediaType);
  expect(await rejection(repository.readBlob(gone))).toMatchObject({ code: "fetch", status: 404 });
});

test("a blob request is all that a download needs, across a cut", async () => {
  const registry = await start({ redirect: true, auth: { kind: "token" } });
  registry.fault(/signature/, { cut: 40_000 });
  const target = memoryTarget();
  const blob = describe(layer, "application/octet-stream");
  await testHttp().http.download(readerOf(registry).blobRequest(blob), target, { size: blob.size });
  expect(sha(target.bytes)).toBe(blob.digest);
});

test("Ctrl-C ends it", async () => {
  const registry = await start();
  registry.always(/^GET/, { stall: true });
  const abort = new AbortController();
  const reading = readerOf(registry).manifest("1", abort.signal);
  abort.abort(new Error("enough"));
  expect((await rejection(reading)).message).toBe("enough");
});
