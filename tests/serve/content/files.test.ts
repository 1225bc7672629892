// Files by their names inside the gap, whole, in parts, and under conditions.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { sampleLock, sampleOptions } from "../../support/bundle.ts";
import { sealed } from "../../support/sealed.ts";
import { noise, sha } from "../../support/seed.ts";
import { type Served, served } from "../../support/serving.ts";
import { temporary } from "../../support/temp.ts";

const folder = temporary();
const kubeadm = noise("kubeadm amd64", 70_000);
const path = "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm";
let site: Served;

beforeAll(async () => {
  const { files, images } = sampleOptions();
  const sample = sampleLock(`${folder.path}/blobs`, {
    images,
    files: [
      ...files,
      ["get.helm.sh/helm-v3%2Bbuild.tar.gz", noise("helm", 900)],
      ["example.org/list.yaml", Buffer.from("kind: List\n")],
      ["example.org/<script>/a&b.txt", Buffer.from("x")],
    ],
  });
  site = served((await sealed(folder.path, "bundle.tar", { sample })).path);
});
afterAll(() => folder[Symbol.dispose]());

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

test.each([
  `/k8s/${path}`,
  `/${path}`,
  `//k8s//${path.replaceAll("/", "//")}`,
  `/k8s/${path}?token=1`,
  `/k8s/${path.replace("kubeadm", "%6bubeadm")}`,
])("%s is the file", async (url) => {
  const response = await site.ask(url);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    etag: `"${sha(kubeadm)}"`,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
  });
  expect(await bytesOf(response)).toEqual(new Uint8Array(kubeadm));
});

test("a file is found by its percent-encoded and by its decoded name", async () => {
  for (const name of ["helm-v3%2Bbuild.tar.gz", "helm-v3+build.tar.gz", "helm-v3%2bbuild.tar.gz"]) {
    const response = await site.ask(`/k8s/get.helm.sh/${name}`);
    expect([name, response.status, response.headers.get("content-type")]).toEqual([name, 200, "application/gzip"]);
  }
});

test("HEAD has the headers of GET, and no body", async () => {
  for (const one of [path, "get.helm.sh/empty", "example.org/list.yaml"]) {
    const get = await site.ask(`/${one}`);
    const head = await site.ask(`/${one}`, { method: "HEAD" });
    expect([head.status, (await bytesOf(head)).length]).toEqual([200, 0]);
    expect(head.headers.get("content-length")).toBe(String((await bytesOf(get)).length));
    for (const name of ["etag", "content-type", "accept-ranges"])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  }
  expect((await site.ask("/example.org/list.yaml")).headers.get("content-type")).toBe("application/yaml");
});

test.each([
  ["bytes=0-0", 0, 1],
  ["bytes=69999-", 69_999, 1],
  ["bytes=-1", 69_999, 1],
  ["bytes=100-199", 100, 100],
  ["bytes=69990-80000", 69_990, 10],
  ["bytes=0-", 0, 70_000],
])("%s", async (range, offset, length) => {
  const response = await site.ask(`/${path}`, { headers: { range } });
  expect([response.status, response.headers.get("content-range")]).toEqual([
    206,
    `bytes ${offset}-${offset + length - 1}/70000`,
  ]);
  expect(await bytesOf(response)).toEqual(new Uint8Array(kubeadm.subarray(offset, offset + length)));
});

test("several ranges come as parts, each with its own place", async () => {
  const response = await site.ask(`/${path}`, { headers: { range: "bytes=0-9,20-29,-5" } });
  expect(response.status).toBe(206);
  const [, boundary = ""] =
    /^multipart\/byteranges; boundary=(.+)$/.exec(response.headers.get("content-type") ?? "") ?? [];
  const body = Buffer.from(await bytesOf(response));
  expect(response.headers.get("content-length")).toBe(String(body.length));
  const parts = body.toString("latin1").split(`\r\n--${boundary}`);
  expect([parts[0], parts.at(-1)]).toEqual(["", "--\r\n"]);
  const wanted = [kubeadm.subarray(0, 10), kubeadm.subarray(20, 30), kubeadm.subarray(-5)];
  expect(parts.slice(1, -1)).toEqual(
    ["0-9", "20-29", "69995-69999"].map(
      (place, at) =>
        `\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes ${place}/70000\r\n\r\n${wanted[at]?.toString("latin1")}`,
    ),
  );
});

test("a range that cannot be satisfied is 416 with the size; a broken one is no range", async () => {
  const past = await site.ask(`/${path}`, { headers: { range: "bytes=70000-" } });
  expect([past.status, past.headers.get("content-range"), (await bytesOf(past)).length]).toEqual([
    416,
    "bytes */70000",
    0,
  ]);
  const empty = await site.ask("/get.helm.sh/empty", { headers: { range: "bytes=0-" } });
  expect([empty.status, empty.headers.get("content-range")]).toEqual([416, "bytes */0"]);
  const thousand = Array.from({ length: 1000 }, (_, at) => `${at * 2}-${at * 2}`).join(",");
  for (const range of ["bytes=9-5", "lines=0-1", `bytes=${thousand}`, "bytes=0-69999,0-69999"]) {
    const response = await site.ask(`/${path}`, { headers: { range } });
    expect([range, response.status, (await bytesOf(response)).length]).toEqual([range, 200, 70_000]);
  }
  const head = await site.ask(`/${path}`, { method: "HEAD", headers: { range: "bytes=0-0" } });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "70000"]);
});

test("conditional requests compare the digest as entity tag", async () => {
  const tag = `"${sha(kubeadm)}"`;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await site.ask(`/${path}`, { headers })).status;
  expect(await status({ "if-none-match": tag })).toBe(304);
  expect(await status({ "if-none-match": `"other", W/${tag}` })).toBe(304);
  expect(await status({ "if-none-match": "*" })).toBe(304);
  expect(await status({ "if-none-match": '"other"' })).toBe(200);
  expect(await status({ "if-match": tag })).toBe(200);
  expect(await status({ "if-match": `W/${tag}` })).toBe(412);
  expect(await status({ "if-match": '"other"' })).toBe(412);
  expect(await status({ range: "bytes=0-9", "if-range": tag })).toBe(206);
  expect(await status({ range: "bytes=0-9", "if-range": `W/${tag}` })).toBe(200);
  expect(await status({ range: "bytes=0-9", "if-range": '"other"' })).toBe(200);
  expect(await status({ range: "bytes=0-9", "if-range": "Wed, 25 Nov 2026 02:50:41 GMT" })).toBe(200);
  const same = await site.ask(`/${path}`, { headers: { "if-none-match": tag } });
  expect([same.headers.get("etag"), (await bytesOf(same)).length]).toEqual([tag, 0]);
});

test("an unknown path is 404, and is listed as missing where it looks like a download", async () => {
  const before = site.missing.length;
  expect((await site.ask("/k8s/dl.k8s.io/release/v9/kubelet")).status).toBe(404);
  expect((await site.ask("/github.com/x/y.tgz", { method: "HEAD" })).status).toBe(404);
  for (const noise of ["/favicon.ico", "/.env", "/k8s/nothing", "/cgi-bin/x.pl"])
    expect([noise, (await site.ask(noise)).status]).toEqual([noise, 404]);
  expect(site.missing.slice(before)).toEqual([
    { client: "192.0.2.7", kind: "file", name: "dl.k8s.io/release/v9/kubelet" },
    { client: "192.0.2.7", kind: "file", name: "github.com/x/y.tgz" },
  ]);
});

test.each([
  "/k8s/..%2f..%2fetc/passwd",
  "/k8s/%2e%2e/%2e%2e/etc/passwd",
  "/k8s/dl.k8s.io/../../blobs/sha256/x",
  "/kso/lock.json",
  "/blobs/sha256/",
  "/k8s/%00",
  "/k8s/dl.k8s.io%5c..%5cx",
])("%s leads nowhere", async (url) => {
  expect((await site.ask(url)).status).toBe(404);
});

test("a path that is not percent-encoded is refused, and so is everything that would write", async () => {
  expect((await site.ask("/k8s/%zz")).status).toBe(400);
  expect((await site.ask("/k8s/%ff")).status).toBe(400);
  for (const method of ["PUT", "POST", "DELETE", "PATCH", "OPTIONS"]) {
    const response = await site.ask(`/${path}`, { method });
    expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "GET, HEAD"]);
  }
});

test("a directory is a page of links to its entries, and no name becomes markup", async () => {
  const links = async (url: string): Promise<string[]> => {
    const response = await site.ask(url);
    expect([url, response.status, response.headers.get("content-type")]).toEqual([
      url,
      200,
      "text/html; charset=utf-8",
    ]);
    return [...(await response.text()).matchAll(/<th[^>]*><a href="([^"]*)"/g)].map(([, href]) => href as string);
  };
  const hosts = ["dl.k8s.io", "example.org", "get.helm.sh", "github.com", "mirror.example%3A8443"];
  expect(await links("/k8s/")).toEqual(hosts.map((host) => `./${host}/`));
  expect(await links("/k8s/dl.k8s.io/release/v1.35.4/bin/linux/")).toEqual(["../", "./amd64/", "./arm64/"]);
  // Every file can be reached from the top.
  const reach = async (url: string): Promise<string[]> => {
    const found: string[] = [];
    for (const href of (await links(url)).filter((one) => one !== "../"))
      found.push(...(href.endsWith("/") ? await reach(url + href.slice(2)) : [url + href.slice(2)]));
    return found;
  };
  const files = await reach("/k8s/");
  expect(files.map((url) => decodeURIComponent(url).slice("/k8s/".length)).sort()).toEqual(
    [...site.index.files.keys()].sort(),
  );
  for (const url of files) expect([url, (await site.ask(url)).status]).toEqual([url, 200]);
  const moved = await site.ask("/k8s/dl.k8s.io/release");
  expect([moved.status, moved.headers.get("location")]).toEqual([301, "/k8s/dl.k8s.io/release/"]);
  // Never to another server.
  expect((await site.ask("//dl.k8s.io")).headers.get("location")).toBe("/dl.k8s.io/");
  const page = await (await site.ask("/k8s/example.org/")).text();
  expect([page.includes("<script>"), page.includes("&lt;script&gt;")]).toEqual([false, true]);
});
