// `kso serve` on the wire: every range out of every form of a bundle on either runtime, clients that go away, do not read or lie,
// and bundles that change under it. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, openSync, renameSync, rmSync, truncateSync, writeSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { type Sample, sampleLock, sampleOptions } from "../support/bundle.ts";
import { must } from "../support/containers.ts";
import { hand, headed } from "../support/hand.ts";
import { sealed } from "../support/sealed.ts";
import { noise } from "../support/seed.ts";
import { type Service, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
/** Larger than what a connection's buffers hold. */
const large = Buffer.alloc(24 << 20, noise("large", 1 << 20));
const middle = noise("middle", 3_000_000);
const small = noise("small", 1_000);
const contents: Readonly<Record<string, Buffer>> = {
  "a.example/large": large,
  "a.example/middle": middle,
  "a.example/small": small,
  "a.example/empty": Buffer.alloc(0),
};
let sample: Sample;

beforeAll(async () => {
  const { images } = sampleOptions();
  sample = sampleLock(at("blobs"), { images, files: Object.entries(contents) });
  await sealed(folder.path, "whole.tar", { sample });
  await sealed(folder.path, "split.tar", { sample, split: 1 << 20 });
  mkdirSync(at("tree"));
  await must("tar", ["xf", at("whole.tar"), "-C", at("tree")]);
  const first = sampleLock(at("first-blobs"), { images: [], files: [["a.example/middle", middle]] });
  await sealed(folder.path, "first.tar", { sample: first });
  await sealed(folder.path, "delta.tar", { sample, base: openBundle([at("first.tar")]) });
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

const forms: Readonly<Record<string, readonly string[]>> = {
  archive: ["whole.tar"],
  volumes: ["split.tar.003"],
  tree: ["tree"],
  "delta over its base": ["delta.tar", "first.tar"],
};

const start = (
  paths: readonly string[],
  flags: readonly string[] = [],
  way: "binary" | "deno" = "binary",
): Promise<Service> => startService(folder.path, [...paths.map((path) => at(path)), ...flags], {}, way);

describe.each(["binary", "deno"] as const)("%s", (way) => {
  test.each(Object.keys(forms))(
    "%s: whole, HEAD, every edge of a range, conditions",
    async (form) => {
      await using service = await start(forms[form] ?? [], [], way);
      for (const [path, bytes] of Object.entries(contents)) {
        const url = `${service.files}/k8s/${path}`;
        const size = bytes.length;
        const whole = await fetch(url);
        expect([path, whole.status, whole.headers.get("content-range")]).toEqual([path, 200, null]);
        expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBeTrue();
        const head = await fetch(url, { method: "HEAD" });
        expect([head.status, head.headers.get("content-length"), head.headers.get("etag")]).toEqual([
          ...[200, String(size)],
          whole.headers.get("etag"),
        ]);
        const tag = String(whole.headers.get("etag"));
        expect((await fetch(url, { headers: { "if-none-match": tag } })).status).toBe(304);
        const edges = [
          [0, 0],
          [0, 1],
          [0, size - 1],
          [0, size + 5],
          [1, size - 1],
          [size - 1, size - 1],
          [size - 1, size + 99],
        ];
        // Around where volumes are cut, and the limit of what is kept in memory.
        for (const near of [65_535, 65_536, 1 << 20, 2 << 20])
          edges.push([near - 1, near], [near, near + 70_000], [0, near]);
        for (const [from = 0, to = 0] of edges.filter(([first = 0, last = 0]) => first >= 0 && last >= first)) {
          const range = `bytes=${from}-${to}`;
          const part = await fetch(url, { headers: { range, "if-range": tag } });
          const body = Buffer.from(await part.arrayBuffer());
          if (from >= size) {
            expect([path, range, part.status, part.headers.get("content-range")]).toEqual([
              path,
              range,
              416,
              `bytes */${size}`,
            ]);
            continue;
          }
          const last = Math.min(to, size - 1);
          const seen = [path, range, part.status, part.headers.get("content-range"), body.length];
          expect(seen).toEqual([path, range, 206, `bytes ${from}-${last}/${size}`, last - from + 1]);
          expect(body.equals(bytes.subarray(from, last + 1))).toBeTrue();
        }
        for (const [range, from] of [
          ["bytes=-1", size - 1],
          ["bytes=-70000", size - 70_000],
          [`bytes=${size - 1}-`, size - 1],
        ] as const) {
          if (size === 0) continue;
          const part = await fetch(url, { headers: { range } });
          expect([range, part.status]).toEqual([range, 206]);
          expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(Math.max(0, from)))).toBeTrue();
        }
        const thousand = Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(",");
        for (const range of ["bytes=9-5", `bytes=${thousand}`, `bytes=0-${size},0-${size}`]) {
          if (size === 0) continue;
          const all = await fetch(url, { headers: { range } });
          expect([range.slice(0, 20), all.status, (await all.arrayBuffer()).byteLength]).toEqual([
            ...[range.slice(0, 20), 200, size],
          ] as never);
        }
      }
      const parts = await fetch(`${service.files}/a.example/middle`, {
        headers: { range: "bytes=0-9,1048570-1048580,-3" },
      });
      expect(parts.status).toBe(206);
      const text = Buffer.from(await parts.arrayBuffer()).toString("latin1");
      for (const [from, to] of [
        [0, 10],
        [1_048_570, 1_048_581],
        [2_999_997, 3_000_000],
      ])
        expect(text).toContain(middle.subarray(from, to).toString("latin1"));
      for (const { root, blobs } of sample.lock.images)
        for (const { digest, size } of [root, ...blobs]) {
          const blob = await fetch(`${service.registry}/v2/pause/blobs/${digest}`);
          const body = new Uint8Array(await blob.arrayBuffer());
          expect([digest, body.length, new Bun.CryptoHasher("sha256").update(body).digest("hex")]).toEqual([
            ...[digest, size, digest.slice(7)],
          ] as never);
        }
      expect(await service.stop()).toBe(0);
    },
    60_000,
  );
});

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

test("hundreds of slow readers take no memory, and others are served; who goes away leaves nothing behind", async () => {
  for (const form of ["whole.tar", "split.tar.001"]) {
    await using service = await start([form]);
    const before = service.memory().now;
    const slow = Array.from({ length: 300 }, () =>
      hand(service.files, get("/a.example/large", "Connection: close\r\n")),
    );
    // The first bytes have come, the rest stands still.
    for (const one of slow) expect(await one.read(headed)).toStartWith("HTTP/1.1 200 OK");
    for (const [path, bytes] of Object.entries(contents)) {
      const answer = await fetch(`${service.files}/${path}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBeTrue();
    }
    expect((service.memory().now - before) / 2 ** 20).toBeLessThan(150);
    expect(service.memory().peak / 2 ** 20).toBeLessThan(250);
    // Some read to the end after all.
    for (const one of slow.splice(0, 3)) expect((await one.rest()).bytes).toBeGreaterThan(large.length);
    for (const one of slow) one[Symbol.dispose]();
    expect((await fetch(`${service.files}/health`)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  }
}, 120_000);

test("what is no request, or two in one, is refused and never answered as another", async () => {
  await using service = await start(["whole.tar"]);
  const second = get("/a.example/small");
  const ambiguous: Readonly<Record<string, string>> = {
    "length and chunks": `${get("/health", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")}0\r\n\r\n${second}`,
    "two lengths": `${get("/health", "Content-Length: 4\r\nContent-Length: 5\r\n")}abcde${second}`,
    "a length that is none": `${get("/health", "Content-Length: 4x\r\n")}abcd${second}`,
    "an unknown coding": `${get("/health", "Transfer-Encoding: xchunked\r\n")}0\r\n\r\n${second}`,
    "a space before the colon": `${get("/health", "Transfer-Encoding : chunked\r\n")}0\r\n\r\n${second}`,
    "no host": `GET /health HTTP/1.1\r\n\r\n${second}`,
    "a TLS hello": "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a header of 100 kB": get("/health", `X: ${"a".repeat(100_000)}\r\n`),
    "ten thousand headers": get("/health", Array.from({ length: 10_000 }, (_, n) => `X${n}: a\r\n`).join("")),
  };
  for (const [what, request] of Object.entries(ambiguous)) {
    using one = hand(service.files, request);
    const { text } = await one.rest();
    expect([what, /^HTTP\/1\.1 (4\d\d|505) /.test(text), text.split("HTTP/1.1 ").length - 1]).toEqual([what, true, 1]);
    expect([what, text.includes(small.toString("latin1", 0, 20))]).toEqual([what, false]);
  }
  // A body that a GET has is skipped; what follows is a request of its own.
  using body = hand(
    service.files,
    `${get("/health", "Content-Length: 5\r\n")}abcde${get("/a.example/empty", "Connection: close\r\n")}`,
  );
  expect((await body.rest()).text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  for (const path of [
    "/../../../../etc/passwd",
    "/k8s/../../etc/passwd",
    "/k8s/%2e%2e/%2e%2e/etc/passwd",
    "/k8s/a.example/..%2f..%2fkso%2flock.json",
    "//etc/passwd",
    "/k8s//etc//passwd",
    "/proc/self/environ",
  ]) {
    using one = hand(service.files, get(path, "Connection: close\r\n"));
    expect([path, (await one.rest()).text.slice(0, 13)]).toEqual([path, "HTTP/1.1 404 "]);
  }
  using push = hand(
    service.registry,
    "POST /v2/pause/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  );
  expect((await push.rest()).text).toMatch(/^HTTP\/1\.1 405 [\s\S]*"code":"UNSUPPORTED"/);
  expect((await fetch(`${service.files}/health`)).status).toBe(200);
}, 60_000);

test.each(["binary", "deno"] as const)(
  "%s: cut while it is served: the connection ends early, and nothing after is given as if it were whole",
  async (way) => {
    cpSync(at("whole.tar"), at("cut.tar"));
    await using service = await start(["cut.tar"], [], way);
    using one = hand(service.files, get("/a.example/large"));
    expect(await one.read(headed)).toContain(`content-length: ${large.length}\r\n`);
    truncateSync(at("cut.tar"), 5_000_000);
    expect((await one.rest()).bytes).toBeLessThan(large.length);
    await service.line(/cut\.tar.*(had \d+ bytes and has 5000000|ends at byte)/);
    await service.line(/had \d+ bytes and has 5000000; running answers were cut/);
    expect((await fetch(`${service.files}/a.example/large`)).status).toBe(503);
    const health = await fetch(`${service.files}/health`);
    expect([health.status, await health.text()]).toEqual([503, expect.stringContaining("has 5000000")]);
    expect(await service.stop()).toBe(0);
  },
  60_000,
);

test.each(["binary", "deno"] as const)(
  "%s: written into while it is served: running answers are cut, and the server says so",
  async (way) => {
    cpSync(at("whole.tar"), at("written.tar"));
    await using service = await start(["written.tar"], [], way);
    using one = hand(service.files, get("/a.example/large"));
    await one.read(headed);
    const file = openSync(at("written.tar"), "r+");
    writeSync(file, "other bytes", 20_000_000);
    await service.line(/written\.tar: it was written to; running answers were cut/);
    expect((await one.rest()).bytes).toBeLessThan(large.length);
    expect((await fetch(`${service.files}/a.example/middle`)).status).toBe(503);
  },
  60_000,
);

test("replaced by renaming, or removed: the bundle that was opened is served to the end", async () => {
  cpSync(at("whole.tar"), at("old.tar"));
  await using service = await start(["old.tar"]);
  using one = hand(service.files, get("/a.example/large", "Connection: close\r\n"));
  await one.read(headed);
  cpSync(at("first.tar"), at("new.tar"));
  renameSync(at("new.tar"), at("old.tar"));
  const { bytes, text } = await one.rest();
  expect(bytes).toBe(large.length + text.indexOf("\r\n\r\n") + 4);
  rmSync(at("old.tar"));
  for (const [path, wanted] of Object.entries(contents))
    expect(Buffer.from(await (await fetch(`${service.files}/${path}`)).arrayBuffer()).equals(wanted)).toBeTrue();
}, 60_000);

test("asked to stop, it takes nobody new and finishes what runs; SIGTERM is success, Ctrl-C is not", async () => {
  for (const [signal, code] of [
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const) {
    const service = await start(["whole.tar"]);
    using one = hand(service.files, get("/a.example/large"));
    await one.read(headed);
    service.signal(signal);
    await service.line(/^Stopping/);
    expect(fetch(`${service.files}/health`)).rejects.toThrow();
    const { bytes, text } = await one.rest();
    expect(bytes).toBe(large.length + text.indexOf("\r\n\r\n") + 4);
    expect(await service.ended).toBe(code);
  }
}, 60_000);

test.each(["binary", "deno"] as const)(
  "%s: a client that does not read is given up when the time is over, and at once when asked twice",
  async (way) => {
    for (const [grace, again] of [
      ["0", false],
      ["600", true],
    ] as const) {
      const service = await start(["whole.tar"], ["--grace", grace], way);
      using one = hand(service.files, get("/a.example/large"));
      await one.read(headed);
      service.signal("SIGTERM");
      await service.line(/^Stopping/);
      if (again) service.signal("SIGTERM");
      expect(await service.ended).toBe(0);
    }
  },
  60_000,
);

test("both on one port; an address that is taken, that is none, and a bundle that is none", async () => {
  const { port } = await new Promise<{ port: number; server: net.Server }>((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve({ port, server }));
    });
  });
  const address = `127.0.0.1:${port}`;
  await using service = await start(["whole.tar"], ["--files", address, "--registry", address]);
  expect([service.files, service.registry]).toEqual([`http://${address}`, `http://${address}`]);
  expect((await fetch(`http://${address}/v2/pause/tags/list`)).status).toBe(200);
  expect((await fetch(`http://${address}/k8s/a.example/small`)).status).toBe(200);
  const fails = (...flags: string[]): Promise<string> =>
    start(["whole.tar"], flags).then(
      () => "it runs",
      (error) => String(error),
    );
  expect(await fails("--files", address)).toMatch(
    /ended with 6: .*Cannot listen on 127\.0\.0\.1:\d+: another program listens there already/s,
  );
  expect(await fails("--files", "nonsense")).toMatch(/ended with 2: .*--files wants an address/s);
  expect(await fails("--files", "off", "--registry", "off")).toMatch(/ended with 2: .*both off/s);
  await Bun.write(at("no.tar"), "not a tar");
  expect(await start(["no.tar"]).catch(String)).toMatch(/ended with 5: .*no\.tar/s);
  expect(await start(["absent.tar"]).catch(String)).toMatch(/ended with 2: .*absent\.tar/s);
}, 60_000);
