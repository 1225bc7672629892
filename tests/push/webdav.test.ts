// Files to a web server that takes PUT, by the real network layer against servers that know more or less of WebDAV.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { silentProgress } from "../../src/core/progress.ts";
import type { SiteLayout } from "../../src/core/site-layout.ts";
import { RegistryError } from "../../src/oci/registry-error.ts";
import { pushFiles } from "../../src/push/files.ts";
import type { PushResult } from "../../src/push/options.ts";
import { pushAdvice } from "../../src/push/reason.ts";
import { WebDavTarget } from "../../src/push/webdav.ts";
import { sampleLock } from "../support/bundle.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { fileReading } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";
import { type FileServer, type FileServerOptions, startFileServer } from "../support/webdav.ts";

const large = sample(300_000, 5);
const files: (readonly [string, Uint8Array])[] = [
  ["dl.k8s.io/v1/bin/kubelet", large],
  ["get.helm.sh/helm.tgz", sample(3000, 6)],
];

let folder: ReturnType<typeof temporary>;
const open: FileServer[] = [];
beforeEach(() => {
  folder = temporary();
});
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
async function start(store: FileServerOptions = { directories: true, moves: true }): Promise<FileServer> {
  const server = await startFileServer(store);
  open.push(server);
  return server;
}

async function push(url: string, own = files, layout?: SiteLayout): Promise<PushResult & { waits: readonly number[] }> {
  const { lock, blobs } = sampleLock(join(folder.path, "blobs"), { files: own, images: [] });
  const signal = new AbortController().signal;
  const { http, waits } = testHttp();
  const pushed = await pushFiles({
    lock,
    source: blobs,
    layout,
    jobs: 2,
    progress: silentProgress,
    signal,
    dryRun: false,
    target: new WebDavTarget(http, url, signal),
    ...fileReading,
  });
  return { ...pushed, waits };
}
const names = (server: FileServer): string[] => [...server.stored.keys()].sort();
const whole = ["/a/k8s/SHA256SUMS", "/a/k8s/dl.k8s.io/v1/bin/kubelet", "/a/k8s/get.helm.sh/helm.tgz"];

test("the paths of a site's own layout, beside the origins'; two files at one path are found before anything is sent", async () => {
  const server = await start();
  const layout = (...paths: string[]): SiteLayout => ({
    files: new Map([["dl.k8s.io/v1/bin/kubelet", new Set(paths)]]),
    images: new Map(),
  });
  const { failed, arrived } = await push(`${server.url}/a`, files, layout("kubernetes/kubelet", "v1/kubelet"));
  expect(failed).toEqual([]);
  expect(arrived.map(({ target }) => target.slice(server.url.length))).toEqual([
    "/a/get.helm.sh/helm.tgz",
    "/a/kubernetes/kubelet",
    "/a/v1/kubelet",
  ]);
  expect(server.stored.get("/a/v1/kubelet")).toEqual(large);
  expect(new TextDecoder().decode(server.stored.get("/a/SHA256SUMS"))).toContain("  kubernetes/kubelet\n");
  const before = server.log.length;
  expect((await rejection(push(`${server.url}/a`, files, layout("get.helm.sh/helm.tgz")))).message).toContain(
    'are different files, and the inventory asks for both as "get.helm.sh/helm.tgz"',
  );
  expect(server.log).toHaveLength(before);
});

test("put under another name first, then moved; directories are made, those above the address too, each once", async () => {
  const server = await start();
  const { failed, arrived } = await push(`${server.url}/a/k8s/`);
  expect(failed).toEqual([]);
  expect(arrived.map(({ target }) => target)).toEqual([
    `${server.url}/a/k8s/dl.k8s.io/v1/bin/kubelet`,
    `${server.url}/a/k8s/get.helm.sh/helm.tgz`,
  ]);
  expect(names(server)).toEqual(whole);
  expect(server.stored.get(whole[1] as string)).toEqual(large);
  expect(server.log.filter((line) => /^PUT .*kubelet \d/.test(line))).toEqual([]);
  const made = server.log.filter((line) => /^MKCOL .* 201/.test(line));
  expect(new Set(made).size).toBe(made.length);
  const before = server.log.length;
  expect((await push(`${server.url}/a/k8s`)).sent.items).toBe(0);
  expect(server.log.slice(before).every((line) => /^(HEAD|GET)/.test(line))).toBeTrue();
});

test.each<[string, FileServerOptions]>([
  ["does not move", { directories: true }],
  ["makes directories by itself", { moves: true }],
  ["takes PUT alone", {}],
])("a server that %s", async (_, store) => {
  const server = await start(store);
  expect((await push(`${server.url}/a/k8s`)).failed).toEqual([]);
  expect(names(server)).toEqual(whole);
});

test("other bytes of the same size are noticed by the list of sums, or by the server's digest", async () => {
  for (const digests of [false, true]) {
    const server = await start({ digests });
    await push(`${server.url}/a/k8s`);
    const other = sample(3000, 99);
    const changed = await push(`${server.url}/a/k8s`, [
      files[0] as (typeof files)[number],
      ["get.helm.sh/helm.tgz", other],
    ]);
    expect([changed.failed, changed.sent.items]).toEqual([[], 1]);
    expect(server.stored.get(whole[2] as string)).toEqual(other);
    // What somebody else put there since.
    server.stored.set(whole[2] as string, sample(3000, 55));
    expect((await push(`${server.url}/a/k8s`, [["get.helm.sh/helm.tgz", other]])).sent.items).toBe(digests ? 1 : 0);
    const sums = new TextDecoder().decode(server.stored.get(whole[0] as string));
    expect(sums.trim().split("\n").sort()).toEqual(
      [`${sha(large).slice(7)}  dl.k8s.io/v1/bin/kubelet`, `${sha(other).slice(7)}  get.helm.sh/helm.tgz`].sort(),
    );
  }
});

test("failures that are retried, and a file that was cut under its own name", async () => {
  const server = await start();
  server.fault(/^PUT .*kubelet/, { status: 503 }, { cut: 100_000 }, { status: 429 });
  server.fault(/^MOVE .*kubelet/, { status: 502 });
  server.fault(/^HEAD .*helm/, { status: 500 });
  const { failed, waits } = await push(`${server.url}/a/k8s`);
  expect([failed, waits.length]).toEqual([[], 5]);
  server.stored.set(whole[1] as string, large.slice(0, 1000));
  expect((await push(`${server.url}/a/k8s`)).sent.items).toBe(1);
  expect(server.stored.get(whole[1] as string)).toEqual(large);
});

test("what fails is named and leaves nothing under its name; the rest arrives", async () => {
  const server = await start();
  server.fault(/^PUT .*kubelet/, ...Array.from({ length: 20 }, () => ({ status: 503 })));
  const { failed, arrived } = await push(`${server.url}/a/k8s`);
  expect(failed.map(({ item, cause }) => [item, cause])).toEqual([
    ["dl.k8s.io/v1/bin/kubelet", "503 Service Unavailable (5 attempts)"],
  ]);
  expect(arrived.length).toBe(1);
  expect(names(server)).toEqual([whole[0] as string, whole[2] as string]);
});

test("a file that is gone at read back", async () => {
  const server = await start();
  server.fault(/^HEAD .*helm/, "fine", { act: () => server.stored.delete(whole[2] as string) });
  const { failed } = await push(`${server.url}/a/k8s`);
  expect(failed.map(({ cause }) => cause)).toEqual(["read back, it is not there"]);
});

test("a user and password in the address: used, and shown nowhere", async () => {
  const server = await start({ directories: true, moves: true, login: "ann:secret" });
  const url = server.url.replace("http://", "http://ann:secret@");
  const { failed, arrived } = await push(`${url}/a/k8s`);
  expect(failed).toEqual([]);
  expect(JSON.stringify(arrived)).not.toContain("secret");
  const cause = await rejection(push(`${server.url}/a/k8s`));
  expect(cause).toMatchObject({ code: "remote" });
  expect(cause.message).toContain("401 Unauthorized, without credentials");
  expect(cause.message).toContain("nothing was sent");
});

test("plain HTTP to a server with TLS: what to write, and only where nothing was understood", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 400 }) });
  const { message } = await rejection(push(`http://${server.url.host}/a/k8s`));
  await server.stop(true);
  const host = server.url.host;
  expect(message).toEndWith(`400 Bad Request; if ${host} speaks TLS, write https://${host}; nothing was sent`);
  const refusal = (codes: string[]): RegistryError => new RegistryError(400, "http://h/b", codes, "400 Bad Request");
  expect([pushAdvice(refusal([])), pushAdvice(refusal(["InvalidRequest"])), pushAdvice(new Error("x"))]).toEqual([
    ...["; if h speaks TLS, write https://h", "", ""],
  ]);
});

test("a server that may be read and not written", async () => {
  const server = await start();
  server.fault(/^(PUT|MKCOL)/, ...Array.from({ length: 50 }, () => ({ status: 403 })));
  const { failed, waits } = await push(`${server.url}/a/k8s`);
  expect(failed.map(({ cause }) => cause)).toEqual(["403 Forbidden", "403 Forbidden"]);
  expect([waits.length, names(server)]).toEqual([0, []]);
});
