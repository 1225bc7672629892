// The check against a server that has everything, and against the ways in which one has almost everything. The server answers
// in the test's own words, so that what is asked is seen.
import { afterAll, beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatIndex } from "../../src/charts/index-file.ts";
import type { ChartRepository } from "../../src/charts/repository.ts";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { Digest } from "../../src/core/digest.ts";
import { checkEndpoints } from "../../src/endpoints/check.ts";
import type { NameForm } from "../../src/endpoints/check-image.ts";
import type { MissingItem } from "../../src/endpoints/check-result.ts";
import { type Endpoints, parseRegistryEndpoint, repositoryAt } from "../../src/endpoints/endpoints.ts";
import { createHttp } from "../../src/http/http.ts";
import { sampleLock } from "../support/bundle.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const sample = sampleLock(join(folder.path, "blobs"));
const { lock } = sample;
const bytesOf = (digest: Digest): Uint8Array => readFileSync(sample.pathOf(digest));
const read = ({ digest }: Descriptor): Uint8Array => bytesOf(digest);

interface Answer {
  readonly status?: number;
  readonly body?: Uint8Array;
  readonly type?: string;
}
/** `METHOD /path?query` or `/path` → what is answered instead of what a whole site would. */
let instead: Map<string, Answer>;
let asked: string[];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    asked.push(`${request.method} ${pathname}${search}`);
    const {
      status = 200,
      body,
      type = "",
    } = instead.get(`${request.method} ${pathname}`) ?? instead.get(pathname) ?? whole(pathname) ?? { status: 404 };
    const headers = {
      "content-type": type,
      ...(body && { "docker-content-digest": sha(body), "content-length": String(body.length) }),
    };
    return new Response(request.method === "HEAD" ? null : body, { status, headers });
  },
});
afterAll(async () => {
  await server.stop(true);
  folder[Symbol.dispose]();
});
beforeEach(() => {
  instead = new Map();
  asked = [];
});

const endpoints: Endpoints = {
  files: `http://127.0.0.1:${server.port}/k8s`,
  registry: parseRegistryEndpoint(`127.0.0.1:${server.port}`, false),
  naming: "keep-host",
  insecure: false,
  credentials: [],
};

/** What a site that lacks nothing answers. */
function whole(path: string): Answer | undefined {
  const file = lock.files.find((one) => path === `/k8s/${one.path}`);
  if (file) return { body: bytesOf(file.digest) };
  if (path === "/v2/") return {};
  const [, name = "", kind = "", reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? [];
  const image = lock.images.find(
    (one) =>
      repositoryAt(endpoints, one.image) === name &&
      (kind === "blobs" || one.image.endsWith(`:${reference}`) || reference.startsWith("sha256:")),
  );
  if (!image) return undefined;
  const blob = reference.startsWith("sha256:") ? image.blobs.find(({ digest }) => digest === reference) : image.root;
  return blob && { body: bytesOf(blob.digest), type: blob.mediaType };
}

async function missing(
  forms: readonly NameForm[] = ["named"],
  charts: readonly ChartRepository[] = [],
  checked = lock,
): Promise<readonly MissingItem[]> {
  const http = createHttp({ transport: () => ({}), env: {}, attempts: 1 });
  const credentials = { find: async () => undefined };
  return (await checkEndpoints({ charts, lock: checked, endpoints, forms, read, http, credentials })).missing;
}

const pause = lock.images.find(({ image }) => image.startsWith("registry.k8s.io/pause"));
const at = "/v2/registry.k8s.io/pause/manifests";
const platformsOf = (root: Descriptor): { digest: Digest; platform: { architecture: string } }[] =>
  JSON.parse(new TextDecoder().decode(bytesOf(root.digest))).manifests;

test("nothing is reported where nothing is missing, and no body is requested", async () => {
  expect(await missing(["named", "mirrored"])).toEqual([]);
  expect(asked.filter((line) => line.startsWith("GET")).toSorted()).toEqual(["GET /k8s/", "GET /v2/"]);
  const heads = new Set(asked);
  for (const { path } of lock.files) expect(heads).toContain(`HEAD /k8s/${path}`);
  // Every layer of each platform, under the image's own repository.
  for (const { digest } of pause?.blobs.filter(({ mediaType }) => mediaType.includes("layer")) ?? [])
    expect(heads).toContain(`HEAD /v2/registry.k8s.io/pause/blobs/${digest}`);
});

test("the mirror's form is the one that containerd sends: the origin in the query", async () => {
  await missing(["mirrored"]);
  expect(asked).toContain(`HEAD ${at}/3.10?ns=registry.k8s.io`);
  expect(asked).toContain("HEAD /v2/docker.io/library/nginx/manifests/1.28.2-alpine?ns=docker.io");
  expect(asked.filter((line) => line.includes("/k8s/") && line.includes("ns="))).toEqual([]);
});

test("an index made anew for these platforms is the same image; one without a platform is not", async () => {
  const all = platformsOf(pause?.root as Descriptor);
  const index = (manifests: readonly object[]): Answer => {
    const mediaType = "application/vnd.oci.image.index.v1+json";
    return { body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }, null, 1)), type: mediaType };
  };
  const trimmed = index(all);
  const serve = (answer: Answer): void => {
    instead.set(`${at}/3.10`, answer).set(`${at}/${sha(answer.body as Uint8Array)}`, answer);
  };
  serve(trimmed);
  expect(await missing()).toEqual([]);
  // Where it is asked for by its digest, that must be there too.
  const root = pause?.root.digest as Digest;
  const pinned = { ...lock, images: lock.images.map((image) => ({ ...image, byDigest: true as const })) };
  expect(await missing(["named"], [], pinned)).toEqual([]);
  instead.set(`${at}/${root}`, { status: 404 });
  expect(await missing()).toEqual([]);
  expect(await missing(["named"], [], pinned)).toMatchObject([
    { platform: "linux/amd64", reason: `it is asked for by ${root}: there is no such image` },
    { platform: "linux/arm64" },
  ]);
  instead.delete(`${at}/${root}`);
  const [first] = all;
  serve(index(all.slice(1)));
  const reason = expect.stringMatching(/^the tag leads to another image \(sha256:.*which does not hold/);
  expect(await missing()).toEqual([
    expect.objectContaining({
      item: "registry.k8s.io/pause:3.10",
      platform: `linux/${first?.platform.architecture}`,
      reason,
    }),
  ]);
});

test("what clients would get is looked for: of an index made anew their first match, through indexes inside it", async () => {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const all = platformsOf(pause?.root as Descriptor);
  const other = lock.images.find(({ image }) => image.includes("nginx"));
  const answer = (manifests: readonly object[]): Answer & { readonly body: Uint8Array } => ({
    body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }, null, 1)),
    type: mediaType,
  });
  const serve = (root: ReturnType<typeof answer>, ...more: ReturnType<typeof answer>[]): void => {
    instead.set(`${at}/3.10`, root);
    for (const one of [root, ...more]) instead.set(`${at}/${sha(one.body)}`, one);
  };
  const inner = answer(all);
  serve(answer([{ mediaType, digest: sha(inner.body), size: inner.body.length }]), inner);
  expect(await missing()).toEqual([]);
  // Another image of the same platform stands in front of the right one.
  serve(answer([...platformsOf(other?.root as Descriptor).slice(0, 1), ...all]));
  expect(await missing()).toMatchObject([
    { item: pause?.image, platform: "linux/amd64", reason: expect.stringContaining("another image") },
  ]);
});

test("an image that the bundle has for no platform is missing on each, whatever the tag leads to", async () => {
  const bare = { ...(pause as (typeof lock.images)[number]), unavailable: lock.platforms };
  const found = await missing(["named"], [], { ...lock, images: [bare] });
  expect(found.map(({ platform, reason }) => [platform, reason])).toEqual(
    lock.platforms.map((platform) => [
      platform,
      "the bundle has no image for any of its platforms; write the bundle anew",
    ]),
  );
});

test("a platform on record as unavailable is not looked up, and not counted", async () => {
  const [first, second] = lock.platforms;
  const half = { ...(pause as (typeof lock.images)[number]), unavailable: [second as string] };
  for (const { digest } of platformsOf(half.root).slice(1)) instead.set(`${at}/${digest}`, { status: 404 });
  expect(await missing(["named"], [], { ...lock, images: [half] })).toEqual([]);
  instead.set(`${at}/${platformsOf(half.root)[0]?.digest}`, { status: 404 });
  expect(await missing(["named"], [], { ...lock, images: [half] })).toMatchObject([{ platform: first }]);
});

test("of what is no image (a chart, a signature) configuration and layers are looked up, too", async () => {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const config = sample.put(new TextEncoder().encode("{}"), "application/vnd.cncf.helm.config.v1+json");
  const layer = sample.put(new TextEncoder().encode("chart"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  const document = { schemaVersion: 2, mediaType, config, layers: [layer] };
  const root = sample.put(new TextEncoder().encode(JSON.stringify(document)), mediaType);
  const { referrers: _, ...image } = pause as (typeof lock.images)[number];
  const chart = { ...image, root, blobs: [root, config, layer] };
  instead.set(`${at}/3.10`, { body: bytesOf(root.digest), type: mediaType });
  const blobs = "/v2/registry.k8s.io/pause/blobs";
  for (const { digest } of [config, layer]) instead.set(`${blobs}/${digest}`, { body: bytesOf(digest) });
  expect(await missing(["named"], [], { ...lock, images: [chart] })).toEqual([]);
  instead.set(`${blobs}/${layer.digest}`, { status: 404 });
  expect(new Set((await missing(["named"], [], { ...lock, images: [chart] })).map(({ reason }) => reason))).toEqual(
    new Set([`the registry lacks its blob ${layer.digest}`]),
  );
});

test("the index of each folder with charts is read, and may list more than the bundle has", async () => {
  const chart = { apiVersion: "v2", name: "web", version: "1.0.0", urls: ["web-1.0.0.tgz"] as const };
  const repository: ChartRepository = { folder: "h.example", path: "h.example/index.yaml", charts: [chart] };
  const path = "/k8s/h.example/index.yaml";
  const found = async (text?: string): Promise<readonly string[]> => {
    instead = new Map(text === undefined ? [] : [[path, { body: new TextEncoder().encode(text) }]]);
    return (await missing(["named"], [repository])).map(({ item, url, reason }) => {
      expect([item, url]).toEqual([repository.path, `${endpoints.files}/h.example/index.yaml`]);
      return reason;
    });
  };
  expect(await found(formatIndex({ charts: [{ ...chart, version: "2.0.0" }, chart] }))).toEqual([]);
  expect(new Set(await found())).toEqual(new Set([expect.stringContaining("404")]));
  const lacking = await found(formatIndex({ charts: [{ ...chart, version: "2.0.0" }] }));
  expect(new Set(lacking)).toEqual(new Set(["it does not list web 1.0.0"]));
  expect(lacking).toHaveLength(lock.platforms.length);
  expect(new Set(await found("<html>"))).toEqual(new Set(["it is no index of a chart repository"]));
});

test("a server that takes GET only is requested by GET", async () => {
  const path = "/k8s/get.helm.sh/empty";
  instead.set(`HEAD ${path}`, { status: 405 });
  expect(await missing()).toEqual([]);
  expect(asked).toContain(`GET ${path}`);
});

test("each missing item names where it was looked for, and why it is missing", async () => {
  const [path = ""] = lock.files.map((file) => file.path).filter((name) => name.includes("arm64"));
  instead.set(`/k8s/${path}`, { status: 503 });
  instead.set(`${at}/3.10`, { status: 401 });
  const found = await missing();
  expect(found).toContainEqual({
    item: path,
    platform: "linux/arm64",
    url: `${endpoints.files}/${path}`,
    reason: "503 Service Unavailable",
  });
  const pauses = found.filter(({ item }) => item.startsWith("registry.k8s.io"));
  expect(pauses.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"]);
  expect(pauses[0]?.url).toBe(`http://127.0.0.1:${server.port}${at}/3.10`);
  expect(pauses[0]?.reason).toContain("401 Unauthorized");
});

test("a server that cannot be reached is one failure, and no list of missing items", async () => {
  const http = createHttp({ transport: () => ({}), env: {}, attempts: 1 });
  const gone: Endpoints = { ...endpoints, registry: parseRegistryEndpoint("127.0.0.1:1", false) };
  const checking = checkEndpoints({
    charts: [],
    lock,
    endpoints: gone,
    forms: ["named"],
    read,
    http,
    credentials: { find: async () => undefined },
  });
  await expect(checking).rejects.toMatchObject({
    code: "remote",
    message: expect.stringContaining("Cannot reach the registry"),
  });
});
