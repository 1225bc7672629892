// The pull side of the distribution specification, as its clients ask: every form of a name, every kind of Accept header.
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Descriptor } from "../../../src/core/descriptor.ts";
import { lockedImage, sampleLock, sampleOptions } from "../../support/bundle.ts";
import { artifact, image, type SeededImage } from "../../support/images.ts";
import { sealed } from "../../support/sealed.ts";
import { noise, sha } from "../../support/seed.ts";
import { type Served, served } from "../../support/serving.ts";
import { temporary } from "../../support/temp.ts";

const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker.distribution.manifest";
const folder = temporary();
const layers = (name: string) => [noise(name, 500)];
const pair = (name: string, more: object = {}): SeededImage =>
  image({
    platforms: {
      "linux/amd64": { layers: layers(`${name} amd64`) },
      "linux/arm64": { layers: layers(`${name} arm64`) },
    },
    ...more,
  });
/** A third platform upstream, which the bundle lacks. */
const sparse = image({
  platforms: {
    "linux/amd64": { layers: layers("sparse amd64") },
    "linux/arm64": { layers: layers("sparse arm64") },
    "linux/s390x": { layers: layers("sparse s390x") },
  },
  attestations: true,
});
const old = pair("old", { docker: true });
const single = image({ index: false, docker: true, platforms: { "linux/amd64": { layers: layers("single") } } });
const sbom = artifact({ sbom: true }, old.root);
let site: Served;

beforeAll(async () => {
  const { files, images } = sampleOptions();
  const sample = sampleLock(`${folder.path}/blobs`, { files, images });
  const { manifest, config, layers: own } = sparse.platforms["linux/s390x"] as SeededImage["platforms"][string];
  const lock = {
    ...sample.lock,
    images: [
      ...sample.lock.images,
      lockedImage(sample, "quay.io/calico/node:v3.1", old, { referrers: [sbom] }),
      lockedImage(sample, "quay.io/calico/node:v3.2", pair("newer")),
      lockedImage(sample, "quay.io/calico/node:v3.10", pair("newest")),
      lockedImage(sample, "ghcr.io/one/single:1", single),
      lockedImage(sample, "registry.k8s.io/sparse:1", sparse, { without: [manifest, config, ...own] }),
    ],
  };
  site = served((await sealed(folder.path, "bundle.tar", { sample: { ...sample, lock } })).path);
});
afterAll(() => folder[Symbol.dispose]());

const json = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;
const codeOf = async (response: Response): Promise<unknown> =>
  ((await json(response))["errors"] as { code: string; message: string }[]).map(({ code }) => code).join();
const digestAt = async (path: string, headers: Record<string, string> = {}): Promise<string | null> => {
  const response = await site.ask(path, { headers });
  return response.status === 200 ? sha(new Uint8Array(await response.arrayBuffer())) : null;
};

test("/v2/ says that this is a registry", async () => {
  for (const path of ["/v2/", "/v2"]) {
    const response = await site.ask(path);
    expect([response.status, response.headers.get("docker-distribution-api-version")]).toEqual([200, "registry/2.0"]);
    expect(await json(response)).toEqual({});
  }
});

test("every form of a name leads to the same index", async () => {
  const digest = old.root.digest;
  for (const path of [
    "/v2/quay.io/calico/node/manifests/v3.1",
    "/v2/calico/node/manifests/v3.1",
    "/v2/k8s/quay.io/calico/node/manifests/v3.1",
    "/v2/k8s/calico/node/manifests/v3.1",
    "/v2/calico/node/manifests/v3.1?ns=quay.io",
    "/v2/quay.io/calico/node/manifests/v3.1?ns=quay.io",
    "/v2/k8s/calico/node/manifests/v3.1?ns=quay.io",
    "/v2/k8s/quay.io/calico/node/manifests/v3.1?ns=quay.io",
    `/v2/calico/node/manifests/${digest}?ns=quay.io`,
    `/v2/calico/node/manifests/${digest.replace(":", "%3A")}`,
    "/v2/quay%2Eio/%63alico%2Fnode/manifests/v3%2e1",
    "/v2/calico/node/manifests/v3.1?ns=kso.test:8080",
  ]) {
    const response = await site.ask(path, { headers: { host: "kso.test:8080" } });
    expect([path, response.status, response.headers.get("docker-content-digest")]).toEqual([path, 200, digest]);
    expect(response.headers.get("content-type")).toBe(`${docker}.list.v2+json`);
    expect(sha(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
  }
  // Docker Hub goes by several names.
  for (const ns of ["docker.io", "registry-1.docker.io", "index.docker.io"])
    expect((await site.ask(`/v2/library/nginx/manifests/1.28.2-alpine?ns=${ns}`)).status).toBe(200);
});

test("with a namespace, the same path of another host is another image", async () => {
  const before = site.missing.length;
  for (const path of [
    "/v2/calico/node/manifests/v3.1?ns=docker.io",
    "/v2/quay.io/calico/node/manifests/v3.1?ns=docker.io",
    "/v2/calico/node/tags/list?ns=docker.io",
    `/v2/calico/node/blobs/${old.root.digest}?ns=ghcr.io`,
  ]) {
    const response = await site.ask(path);
    expect([path, response.status, await codeOf(response)]).toEqual([path, 404, "NAME_UNKNOWN"]);
  }
  expect(site.missing.slice(before)).toEqual([
    { client: "192.0.2.7", kind: "image", name: "docker.io/calico/node:v3.1" },
    { client: "192.0.2.7", kind: "image", name: "docker.io/quay.io/calico/node:v3.1" },
    { client: "192.0.2.7", kind: "blob", name: `ghcr.io/calico/node@${old.root.digest}` },
  ]);
});

test("all that an image consists of comes by digest, through any repository, with the bytes of its digest", async () => {
  for (const { root, blobs } of site.index.locks.flatMap(({ images }) => images)) {
    for (const { digest, size, mediaType } of [root, ...blobs]) {
      const kind = site.index.manifests.has(digest) ? "manifests" : "blobs";
      const get = await site.ask(`/v2/pause/${kind}/${digest}`);
      expect([get.status, get.headers.get("docker-content-digest")]).toEqual([200, digest]);
      expect(get.headers.get("content-type")).toBe(kind === "manifests" ? mediaType : "application/octet-stream");
      expect(sha(new Uint8Array(await get.arrayBuffer()))).toBe(digest);
      const head = await site.ask(`/v2/pause/${kind}/${digest}`, { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, String(size)]);
      const same = await site.ask(`/v2/pause/${kind}/${digest}`, { headers: { "if-none-match": `"${digest}"` } });
      expect(same.status).toBe(304);
    }
  }
  const layer = old.platforms["linux/amd64"]?.layers[0] as Descriptor;
  const part = await site.ask(`/v2/calico/node/blobs/${layer.digest}`, { headers: { range: "bytes=490-" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 490-499/500"]);
  expect(Buffer.from(await part.arrayBuffer()).equals(noise("old amd64", 500).subarray(490))).toBeTrue();
});

const everything = [
  `${oci}.index.v1+json`,
  `${docker}.list.v2+json`,
  `${oci}.manifest.v1+json`,
  `${docker}.v2+json`,
].join(", ");
const ociIndex = (): string => sparse.root.digest;
test.each([
  ["nothing", undefined, ociIndex],
  ["anything", "*/*", ociIndex],
  ["Docker, containerd, CRI-O, skopeo", everything, ociIndex],
  ["crane, with qualities", everything.split(", ").join(";q=0.9,"), ociIndex],
  ["only OCI indexes", `${oci}.index.v1+json`, ociIndex],
  ["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", ociIndex],
  ["only JSON", "application/json", ociIndex],
  ["only OCI manifests", `${oci}.manifest.v1+json`, () => sparse.platforms["linux/amd64"]?.manifest.digest],
  ["old Docker: lists and manifests of its own kind", `${docker}.list.v2+json, ${docker}.v2+json`, ociIndex],
  [
    "older Docker: manifests of its own kind",
    `${docker}.v2+json`,
    () => sparse.platforms["linux/amd64"]?.manifest.digest,
  ],
] as const)("a client that takes %s", async (_, accept, wanted) => {
  const headers = accept === undefined ? undefined : { accept };
  const response = await site.ask("/v2/sparse/manifests/1", headers && { headers });
  expect([response.status, response.headers.get("docker-content-digest")]).toEqual([200, wanted() as string]);
  expect(response.headers.get("vary")).toBe("Accept");
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(sha(bytes)).toBe(wanted() as `sha256:${string}`);
  expect(response.headers.get("content-type")).toBe(JSON.parse(new TextDecoder().decode(bytes)).mediaType);
});

test("a client for image manifests only gets that of its architecture by tag; by digest everyone gets what was named", async () => {
  const accept = `${docker}.v2+json`;
  const arm = "docker/17.03.2-ce go/go1.7.5 git-commit/f5ec1e2 kernel/4.4 os/linux arch/arm64 UpstreamClient(x)";
  for (const [agent, arch] of [
    [arm, "linux/arm64"],
    [arm.replace("arm64", "amd64"), "linux/amd64"],
    [arm.replace("arm64", "ppc64le"), "linux/amd64"],
    ["curl/8", "linux/amd64"],
  ] as const)
    expect(await digestAt("/v2/calico/node/manifests/v3.1", { accept, "user-agent": agent })).toBe(
      old.platforms[arch]?.manifest.digest ?? "",
    );
  expect(await digestAt(`/v2/calico/node/manifests/${old.root.digest}`, { accept })).toBe(old.root.digest);
  // An image without an index is what it is for everyone.
  for (const type of [accept, `${oci}.index.v1+json`, everything])
    expect(await digestAt("/v2/one/single/manifests/1", { accept: type })).toBe(single.root.digest);
});

test("the index of a sparse image is upstream's; the platform that is not here is unknown", async () => {
  const { manifest, layers: own } = sparse.platforms["linux/s390x"] as SeededImage["platforms"][string];
  const before = site.missing.length;
  const lacking = await site.ask(`/v2/registry.k8s.io/sparse/manifests/${manifest.digest}`);
  expect([lacking.status, await codeOf(lacking)]).toEqual([404, "MANIFEST_UNKNOWN"]);
  const layer = await site.ask(`/v2/registry.k8s.io/sparse/blobs/${own[0]?.digest}`);
  expect([layer.status, await codeOf(layer)]).toEqual([404, "BLOB_UNKNOWN"]);
  expect(site.missing.slice(before).map(({ kind, name }) => [kind, name])).toEqual([
    ["image", `registry.k8s.io/sparse@${manifest.digest}`],
    ["blob", `registry.k8s.io/sparse@${own[0]?.digest}`],
  ]);
});

test("tags and the catalog, in pages", async () => {
  const follow = async (start: string, key: string): Promise<unknown[]> => {
    const pages: unknown[] = [];
    for (let path: string | undefined = start; path !== undefined; ) {
      const response: Response = await site.ask(path);
      pages.push((await json(response))[key]);
      path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    }
    return pages;
  };
  const tags = ["v3.1", "v3.10", "v3.2"];
  expect(await follow("/v2/calico/node/tags/list", "tags")).toEqual([tags]);
  expect(await follow("/v2/calico/node/tags/list?n=2", "tags")).toEqual([tags.slice(0, 2), tags.slice(2)]);
  expect(await follow("/v2/calico/node/tags/list?n=3", "tags")).toEqual([tags]);
  expect(await follow("/v2/calico/node/tags/list?n=1&ns=quay.io", "tags")).toEqual(tags.map((tag) => [tag]));
  expect(await follow("/v2/calico/node/tags/list?n=0", "tags")).toEqual([[]]);
  expect(await follow("/v2/calico/node/tags/list?last=v3.1", "tags")).toEqual([tags.slice(1)]);
  expect(await follow("/v2/calico/node/tags/list?n=5&last=zzz", "tags")).toEqual([[]]);
  expect(await json(await site.ask("/v2/calico/node/tags/list"))).toEqual({ name: "calico/node", tags });
  const names = [
    ...["docker.io/library/nginx", "ghcr.io/one/single", "quay.io/calico/node", "quay.io/mirror/nginx"],
    ...["registry.k8s.io/pause", "registry.k8s.io/sparse"],
  ];
  expect(await follow("/v2/_catalog", "repositories")).toEqual([names]);
  expect((await follow("/v2/_catalog?n=4", "repositories")).flat()).toEqual(names);
  for (const n of ["-1", "x", "1.5"]) {
    const response = await site.ask(`/v2/_catalog?n=${n}`);
    expect([n, response.status, await codeOf(response)]).toEqual([n, 400, "PAGINATION_NUMBER_INVALID"]);
  }
});

test("referrers: an index of what names a subject, and of one type where that is asked", async () => {
  const path = `/v2/quay.io/calico/node/referrers/${old.root.digest}`;
  const descriptor = { ...sbom.root, artifactType: "application/vnd.example.sbom" };
  const all = await site.ask(path);
  expect([all.headers.get("content-type"), all.headers.get("oci-filters-applied")]).toEqual([
    `${oci}.index.v1+json`,
    null,
  ]);
  const body = (await json(all)) as { schemaVersion: number; mediaType: string; manifests: Descriptor[] };
  expect(body).toEqual({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests: [descriptor] });
  for (const [type, found] of [
    ["application/vnd.example.sbom", [descriptor]],
    ["application/vnd.example.other", []],
  ] as const) {
    const response = await site.ask(`${path}?artifactType=${encodeURIComponent(type)}`);
    expect(response.headers.get("oci-filters-applied")).toBe("artifactType");
    expect((await json(response))["manifests"]).toEqual(found as never);
  }
  // Nothing refers to it, and that is an answer; also where no image has that name, for 404 would mean that the API is not there.
  for (const name of ["pause", "nothing", "quay.io/nothing"]) {
    const none = await site.ask(`/v2/${name}/referrers/sha256:${"0".repeat(64)}`);
    expect([name, none.status, (await json(none))["manifests"]]).toEqual([name, 200, []]);
  }
});

test.each([
  ["/v2/nothing/manifests/1", 404, "NAME_UNKNOWN"],
  ["/v2/nothing/tags/list", 404, "NAME_UNKNOWN"],
  [`/v2/nothing/blobs/sha256:${"0".repeat(64)}`, 404, "NAME_UNKNOWN"],
  ["/v2/pause/manifests/9", 404, "MANIFEST_UNKNOWN"],
  [`/v2/pause/manifests/sha256:${"0".repeat(64)}`, 404, "MANIFEST_UNKNOWN"],
  [`/v2/pause/blobs/sha256:${"0".repeat(64)}`, 404, "BLOB_UNKNOWN"],
  ["/v2/pause/blobs/sha256:abc", 400, "DIGEST_INVALID"],
  ["/v2/pause/blobs/latest", 400, "DIGEST_INVALID"],
  ["/v2/pause/manifests/sha256:abc", 400, "DIGEST_INVALID"],
  ["/v2/pause/manifests/-x", 404, "MANIFEST_UNKNOWN"],
  ["/v2/pause/referrers/x", 400, "DIGEST_INVALID"],
  ["/v2/pause/manifests/.INVALID_MANIFEST_NAME", 404, "MANIFEST_UNKNOWN"],
  ["/v2/Pause/manifests/1", 404, "NAME_UNKNOWN"],
  ["/v2/UPPER/tags/list", 404, "NAME_UNKNOWN"],
  [`/v2/UPPER/blobs/sha256:${"0".repeat(64)}`, 404, "NAME_UNKNOWN"],
  [`/v2/UPPER/referrers/sha256:${"0".repeat(64)}`, 400, "NAME_INVALID"],
  ["/v2/a//b/manifests/1", 404, "NAME_UNKNOWN"],
  [`/v2/${"a/".repeat(200)}a/manifests/1`, 404, "NAME_UNKNOWN"],
  ["/v2/pause/manifests/%zz", 404, "NAME_UNKNOWN"],
  ["/v2/pause/manifests/a%00b", 404, "MANIFEST_UNKNOWN"],
  ["/v2/pause", 404, "NAME_UNKNOWN"],
  ["/v2/pause/tags/other", 404, "NAME_UNKNOWN"],
])("%s is refused as the specification says", async (path, status, code) => {
  const response = await site.ask(path);
  expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/json"]);
  expect(await codeOf(response)).toBe(code);
});

test("a configuration is no manifest", async () => {
  const config = single.platforms["linux/amd64"]?.config.digest;
  expect((await site.ask(`/v2/one/single/manifests/${config}`)).status).toBe(404);
});

test.each([
  ["POST", "/v2/pause/blobs/uploads/"],
  ["POST", `/v2/pause/blobs/uploads/?mount=sha256:${"0".repeat(64)}&from=x`],
  ["PATCH", "/v2/pause/blobs/uploads/1"],
  ["PUT", "/v2/pause/manifests/3.10"],
  ["DELETE", "/v2/pause/manifests/3.10"],
  ["DELETE", `/v2/pause/blobs/sha256:${"0".repeat(64)}`],
])("%s %s: nothing is pushed here, and nothing deleted", async (method, path) => {
  const response = await site.ask(path, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect(await codeOf(response)).toBe("UNSUPPORTED");
});
