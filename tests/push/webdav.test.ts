// Files to a web server that takes PUT, by the real network layer against servers that know more or less of WebDAV.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { silentProgress } from "../../src/core/progress.ts";
import { readExtents, streamExtents } from "../../src/files/extents.ts";
import { pushFiles } from "../../src/push/files.ts";
import type { PushResult } from "../../src/push/options.ts";
import { WebDavTarget } from "../../src/push/webdav.ts";
import { sampleLock } from "../support/bundle.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const large = sample(300_000, 5);
const files: (readonly [string, Uint8Array])[] = [
  ["dl.k8s.io/v1/bin/kubelet", large],
  ["get.helm.sh/helm.tgz", sample(3000, 6)],
];

interface Store {
  /** 404 on PUT without its directory, and MKCOL makes one. */
  readonly directories?: boolean;
  readonly moves?: boolean;
  /** HEAD names the digest, as Artifactory does. */
  readonly digests?: boolean;
  readonly login?: string;
}

type Fault = { status: number } | { cut: number } | { act: () => unknown } | "fine";

interface Server extends AsyncDisposable {
  readonly url: string;
  readonly held: Map<string, Uint8Array>;
  readonly log: string[];
  fault(pattern: RegExp, ...faults: Fault[]): void;
}

async function startServer({ directories, moves, digests, login }: Store): Promise<Server> {
  const held = new Map<string, Uint8Array>();
  const folders = new Set(["/"]);
  const log: string[] = [];
  const faults: { pattern: RegExp; queue: Fault[] }[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const line = `${method} ${url}`;
    const fault = faults.find(({ pattern, queue }) => queue.length > 0 && pattern.test(line))?.queue.shift() ?? "fine";
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      chunks.push(chunk);
      size += chunk.length;
      if (typeof fault === "object" && "cut" in fault && size >= fault.cut) return void response.destroy();
    }
    if (typeof fault === "object" && "act" in fault) await fault.act();
    const answer = (status: number, body: Uint8Array = Buffer.alloc(0), headers: Record<string, string> = {}): void => {
      log.push(`${line} ${status}`);
      response.writeHead(status, { ...headers, "content-length": body.length });
      response.end(method === "HEAD" ? undefined : body);
    };
    if (typeof fault === "object" && "status" in fault) return answer(fault.status);
    if (login && request.headers.authorization !== `Basic ${Buffer.from(login).toString("base64")}`) return answer(401);
    const parent = url.replace(/[^/]+\/?$/, "");
    if (method === "PUT") {
      if (directories && !folders.has(parent)) return answer(409);
      held.set(url, new Uint8Array(Buffer.concat(chunks)));
      return answer(201);
    }
    if (method === "MKCOL" && directories) {
      if (folders.has(url)) return answer(405);
      if (!folders.has(parent)) return answer(409);
      folders.add(url);
      return answer(201);
    }
    const bytes = held.get(url);
    if (method === "MOVE" && moves) {
      if (!bytes) return answer(404);
      held.set(new URL(String(request.headers["destination"])).pathname, bytes);
      held.delete(url);
      return answer(204);
    }
    if (method === "DELETE") return answer(held.delete(url) ? 204 : 404);
    if (method !== "GET" && method !== "HEAD") return answer(405);
    if (!bytes) return answer(404);
    answer(200, bytes, digests ? { "x-checksum-sha256": sha(bytes).slice(7) } : {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ held, log },
    fault: (pattern, ...queue) => void faults.push({ pattern, queue }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

let folder: ReturnType<typeof temporary>;
const open: Server[] = [];
beforeEach(() => {
  folder = temporary();
});
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
async function start(store: Store = { directories: true, moves: true }): Promise<Server> {
  const server = await startServer(store);
  open.push(server);
  return server;
}

async function push(url: string, own = files, dryRun = false): Promise<PushResult & { waits: readonly number[] }> {
  const { lock, blobs } = sampleLock(join(folder.path, "blobs"), { files: own, images: [] });
  const signal = new AbortController().signal;
  const { http, waits } = testHttp();
  const pushed = await pushFiles({
    ...{
      lock,
      source: blobs,
      jobs: 2,
      progress: silentProgress,
      signal,
      dryRun,
      target: new WebDavTarget(http, url, signal),
    },
    open: (extents) => streamExtents(extents),
    async hash(extents, algorithm) {
      const hash = createHash(algorithm);
      for await (const piece of readExtents(extents)) hash.update(piece);
      return hash.digest("hex");
    },
  });
  return { ...pushed, waits };
}
const names = (server: Server): string[] => [...server.held.keys()].sort();
const whole = ["/a/k8s/SHA256SUMS", "/a/k8s/dl.k8s.io/v1/bin/kubelet", "/a/k8s/get.helm.sh/helm.tgz"];

test("beside first, then moved; directories are made, those above the address too, each once", async () => {
  const server = await start();
  const { failed, arrived } = await push(`${server.url}/a/k8s/`);
  expect(failed).toEqual([]);
  expect(arrived.map(({ target }) => target)).toEqual([
    `${server.url}/a/k8s/dl.k8s.io/v1/bin/kubelet`,
    `${server.url}/a/k8s/get.helm.sh/helm.tgz`,
  ]);
  expect(names(server)).toEqual(whole);
  expect(server.held.get(whole[1] as string)).toEqual(large);
  expect(server.log.filter((line) => /^PUT .*kubelet \d/.test(line))).toEqual([]);
  const made = server.log.filter((line) => /^MKCOL .* 201/.test(line));
  expect(new Set(made).size).toBe(made.length);
  const before = server.log.length;
  expect((await push(`${server.url}/a/k8s`)).sent.items).toBe(0);
  expect(server.log.slice(before).every((line) => /^(HEAD|GET)/.test(line))).toBeTrue();
});

test.each<[string, Store]>([
  ["does not move", { directories: true }],
  ["makes directories by itself", { moves: true }],
  ["takes PUT alone", {}],
])("a server that %s", async (_, store) => {
  const server = await start(store);
  expect((await push(`${server.url}/a/k8s`)).failed).toEqual([]);
  expect(names(server)).toEqual(whole);
});

test("a dry run writes nothing", async () => {
  const server = await start();
  const { arrived, sent } = await push(`${server.url}/a/k8s`, files, true);
  expect([arrived.map(({ state }) => state), sent.items]).toEqual([["missing", "missing"], 2]);
  expect(names(server)).toEqual([]);
});

test("other bytes of the same size are noticed by the list of sums, or by the server's own word", async () => {
  for (const digests of [false, true]) {
    const server = await start({ digests });
    await push(`${server.url}/a/k8s`);
    const other = sample(3000, 99);
    const changed = await push(`${server.url}/a/k8s`, [
      files[0] as (typeof files)[number],
      ["get.helm.sh/helm.tgz", other],
    ]);
    expect([changed.failed, changed.sent.items]).toEqual([[], 1]);
    expect(server.held.get(whole[2] as string)).toEqual(other);
    // What somebody else put there since.
    server.held.set(whole[2] as string, sample(3000, 55));
    expect((await push(`${server.url}/a/k8s`, [["get.helm.sh/helm.tgz", other]])).sent.items).toBe(digests ? 1 : 0);
    const sums = new TextDecoder().decode(server.held.get(whole[0] as string));
    expect(sums.trim().split("\n").sort()).toEqual(
      [`${sha(large).slice(7)}  dl.k8s.io/v1/bin/kubelet`, `${sha(other).slice(7)}  get.helm.sh/helm.tgz`].sort(),
    );
  }
});

test("trouble that passes, and a file that was cut under its own name", async () => {
  const server = await start();
  server.fault(/^PUT .*kubelet/, { status: 503 }, { cut: 100_000 }, { status: 429 });
  server.fault(/^MOVE .*kubelet/, { status: 502 });
  server.fault(/^HEAD .*helm/, { status: 500 });
  const { failed, waits } = await push(`${server.url}/a/k8s`);
  expect([failed, waits.length]).toEqual([[], 5]);
  server.held.set(whole[1] as string, large.slice(0, 1000));
  expect((await push(`${server.url}/a/k8s`)).sent.items).toBe(1);
  expect(server.held.get(whole[1] as string)).toEqual(large);
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
  server.fault(/^HEAD .*helm/, "fine", { act: () => server.held.delete(whole[2] as string) });
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

test("a server that may be read and not written", async () => {
  const server = await start();
  server.fault(/^(PUT|MKCOL)/, ...Array.from({ length: 50 }, () => ({ status: 403 })));
  const { failed, waits } = await push(`${server.url}/a/k8s`);
  expect(failed.map(({ cause }) => cause)).toEqual(["403 Forbidden", "403 Forbidden"]);
  expect([waits.length, names(server)]).toEqual([0, []]);
});
