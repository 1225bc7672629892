// Downloads against a server that fails in every way that servers do.
import { expect, test } from "bun:test";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { HttpError } from "../../src/http/error.ts";
import { createHttp } from "../../src/http/http.ts";
import { transport } from "../../src/runtime/transport.ts";
import { type MemoryTarget, memoryTarget, rejection, sample, testHttp } from "../support/http.ts";
import { type Fault, serveFiles } from "../support/upstream.ts";

const file = sample(100_000);
const other = sample(100_000, 2);
const tag = '"v1"';
const versioned = { bytes: file, etag: tag };

/** So many bytes, and then a cut as soon as the target holds so many in all. */
const cutAt = (target: MemoryTarget, size: number, after = size): Fault => ({
  fault: "cut",
  after,
  when: target.reached(size),
});

test("a file arrives whole, in the bytes it has, and says how far it is", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const target = memoryTarget();
  let told = 0;
  const url = `${upstream.url}/a`;
  const done = await testHttp().http.download({ url }, target, { size: file.length, onBytes: (n) => (told += n) });
  expect(done).toEqual({ size: file.length });
  expect(target.bytes).toEqual(file);
  expect(target.validator).toBe(tag);
  expect(told).toBe(file.length);
  expect(upstream.requests[0]?.headers["accept-encoding"]).toBe("identity");
});

test("what is complete already is not asked for", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const { http } = testHttp();
  await http.download({ url: `${upstream.url}/a` }, memoryTarget(file), { size: file.length });
  await http.download({ url: `${upstream.url}/a` }, memoryTarget(), { size: 0 });
  expect(upstream.requests).toEqual([]);
});

test("after a cut it goes on where it was, with If-Range", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const target = memoryTarget();
  upstream.script("/a", cutAt(target, 30_000), cutAt(target, 50_000, 20_000));
  const causes: string[] = [];
  const asked = { url: `${upstream.url}/a`, onRetry: (cause: string) => causes.push(cause) };
  await testHttp().http.download(asked, target, {});
  expect(target.bytes).toEqual(file);
  expect(target.restarts).toEqual([tag]);
  expect(upstream.requests.map(({ headers }) => [headers["range"], headers["if-range"]])).toEqual([
    [undefined, undefined],
    ["bytes=30000-", tag],
    ["bytes=50000-", tag],
  ]);
  expect(upstream.requests.map(({ status }) => status)).toEqual([200, 206, 206]);
  expect(causes).toEqual(["the connection was cut", "the connection was cut"]);
});

test("what an earlier process left is resumed; without a validator it is not trusted", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const { http } = testHttp();
  const kept = memoryTarget(file.subarray(0, 40_000), tag);
  let told = 0;
  await http.download({ url: `${upstream.url}/a` }, kept, { size: file.length, onBytes: (n) => (told += n) });
  expect([kept.bytes, kept.restarts.length, told]).toEqual([file, 0, 60_000]);

  const unknown = memoryTarget(other.subarray(0, 40_000));
  told = 0;
  await http.download({ url: `${upstream.url}/a` }, unknown, { size: file.length, onBytes: (n) => (told += n) });
  expect([unknown.bytes, told]).toEqual([file, 60_000]);
  expect(upstream.requests.map(({ headers }) => headers["range"])).toEqual(["bytes=40000-", undefined]);
});

test("Last-Modified serves where there is no strong ETag", async () => {
  const lastModified = "Tue, 24 Nov 2026 03:44:32 GMT";
  await using upstream = await serveFiles({ "/a": { bytes: file, etag: 'W/"weak"', lastModified } });
  const target = memoryTarget();
  upstream.script("/a", cutAt(target, 10));
  await testHttp().http.download({ url: `${upstream.url}/a` }, target, {});
  expect(target.bytes).toEqual(file);
  expect(upstream.requests.map(({ headers }) => headers["if-range"])).toEqual([undefined, lastModified]);
});

const changed: Fault = { fault: "change", file: { bytes: other, etag: '"v2"' } };
const surprises: readonly (readonly [string, Fault, Uint8Array, readonly number[]])[] = [
  ["ignores Range", { fault: "ignore-range" }, file, [200, 200]],
  ["changed the file", changed, other, [200, 200]],
  ["answers 416", { fault: "status", status: 416, headers: { "content-range": "bytes */9" } }, file, [200, 416, 200]],
  ["answers another range", { fault: "content-range", says: "bytes 0-99999/100000" }, file, [200, 206, 200]],
  ["answers a shorter file", { fault: "content-range", says: "bytes 30000-39999/40000" }, file, [200, 206, 200]],
  ["answers a range it does not name", { fault: "content-range", says: "" }, file, [200, 206, 200]],
];
test.each(surprises)("a server that %s in the middle makes it start over", async (_, fault, wanted, statuses) => {
  await using upstream = await serveFiles({ "/a": versioned });
  const target = memoryTarget();
  upstream.script("/a", cutAt(target, 30_000), fault);
  let told = 0;
  const expected = { size: file.length, onBytes: (n: number) => (told += n) };
  await testHttp().http.download({ url: `${upstream.url}/a` }, target, expected);
  expect(target.bytes).toEqual(wanted);
  expect(told).toBe(file.length);
  expect(upstream.requests.map(({ status }) => status)).toEqual([...statuses]);
});

test.each(surprises)(
  "a server that %s is started over where the size was only announced, too",
  async (_, fault, wanted, statuses) => {
    await using upstream = await serveFiles({ "/a": versioned });
    const target = memoryTarget();
    upstream.script("/a", cutAt(target, 30_000), fault);
    await testHttp().http.download({ url: `${upstream.url}/a` }, target, { announced: file.length });
    expect(target.bytes).toEqual(wanted);
    expect(upstream.requests.map(({ status }) => status)).toEqual([...statuses]);
  },
);

test("what was announced is the most: less is taken where the response says so, more is refused and thrown away", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const { http } = testHttp();
  const url = `${upstream.url}/a`;
  const less = memoryTarget();
  await http.download({ url }, less, { announced: file.length + 5 });
  expect(less.bytes).toEqual(file);
  upstream.script("/a", { fault: "endless" }, { fault: "endless", says: 400_000 }, { fault: "endless", chunked: true });
  for (const sent of ["more", "400000", "more"]) {
    let told = 0;
    const target = memoryTarget();
    const expected = { announced: 300_000, onBytes: (bytes: number) => (told += bytes) };
    const failure = await rejection(http.download({ url }, target, expected));
    expect(failure.message).toBe(
      `Cannot fetch ${url}: the server sends ${sent} and not the 300000 bytes that are expected`,
    );
    expect([target.size, told]).toEqual([0, 0]);
  }
  upstream.script("/a", { fault: "endless", says: 400_000 });
  const limits = { told: 300_000, untold: 300_000 };
  expect((await rejection(http.download({ url }, memoryTarget(), { limits }))).message).toContain(
    "the server says that it has 400000 bytes, more than the 300000 that are taken here",
  );
});

test("416 for a file that is complete, though nobody said how long it is", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const target = memoryTarget(file, tag);
  expect(await testHttp().http.download({ url: `${upstream.url}/a` }, target, {})).toEqual({ size: file.length });
  expect(upstream.requests.map(({ status }) => status)).toEqual([416]);
});

test("more bytes than expected are refused at once, also without an end", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const { http, waits } = testHttp();
  const url = `${upstream.url}/a`;
  const short = memoryTarget();
  expect((await rejection(http.download({ url }, short, { size: 99_999 }))).message).toBe(
    `Cannot fetch ${url}: the server sends 100000 and not the 99999 bytes that are expected`,
  );
  expect(short.size).toBe(0);
  upstream.script("/a", { fault: "endless" });
  const endless = memoryTarget();
  expect((await rejection(http.download({ url }, endless, { size: 200_000 }))).message).toContain(
    "the server sends more and not the 200000 bytes",
  );
  expect(endless.size).toBeLessThanOrEqual(200_000);
  expect(waits).toEqual([]);
});

test("fewer bytes than promised are a cut, whoever promised", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  upstream.script("/a", { fault: "length", says: 60_000 }, { fault: "length", says: 30_000 });
  const bySize = memoryTarget();
  await testHttp().http.download({ url: `${upstream.url}/a` }, bySize, { size: file.length });
  expect(bySize.bytes).toEqual(file);
  upstream.script("/a", { fault: "length", says: 100_010 });
  const byLength = memoryTarget();
  await testHttp()
    .http.download({ url: `${upstream.url}/a` }, byLength, {})
    .catch(() => undefined);
  expect(byLength.bytes).toEqual(file);
  upstream.script("/a", { fault: "cut", after: 500, chunked: true });
  const chunked = memoryTarget();
  await testHttp().http.download({ url: `${upstream.url}/a` }, chunked, {});
  expect(chunked.bytes).toEqual(file);
});

test("a server that cuts for ever is given up, unless it brings something each time; one byte a try is not enough", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const url = `${upstream.url}/a`;
  const steady = memoryTarget();
  const cuts = Array.from({ length: 9 }, (_, at) => cutAt(steady, (at + 1) * 10_000, 10_000));
  upstream.script("/a", ...cuts);
  await testHttp().http.download({ url }, steady, {});
  expect(steady.bytes).toEqual(file);
  expect(upstream.requests).toHaveLength(10);

  upstream.script("/a", ...Array.from({ length: 5 }, (): Fault => ({ fault: "cut", after: 0 })));
  const none = await rejection(testHttp().http.download({ url }, memoryTarget(), {}));
  expect(none.message).toBe(`Cannot fetch ${url}: the connection was cut (5 attempts)`);

  const before = upstream.requests.length;
  const crumbs = memoryTarget();
  upstream.script("/a", ...Array.from({ length: 200 }, (_, at) => cutAt(crumbs, at + 1, 1)));
  const mean = await rejection(testHttp({ attempts: 2 }).http.download({ url }, crumbs, {}));
  expect(mean).toBeInstanceOf(HttpError);
  expect(upstream.requests.length - before).toBe(41);
});

test("a server that makes it start over again and again is given up", async () => {
  await using upstream = await serveFiles({ "/a": { bytes: file, etag: false } });
  const target = memoryTarget();
  const asked = { url: `${upstream.url}/a`, onRetry: () => upstream.script("/a", cutAt(target, 10_000)) };
  upstream.script("/a", cutAt(target, 10_000));
  const failure = await rejection(testHttp().http.download(asked, target, {}));
  expect(failure.message).toContain("start over 6 times");
  expect(upstream.requests).toHaveLength(6);
});

test("a stall is noticed before the answer and in the middle of it, and not while bytes come", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  upstream.script("/a", { fault: "stall", after: 30_000 }, { fault: "hang" });
  const causes: string[] = [];
  const target = memoryTarget();
  const asked = { url: `${upstream.url}/a`, onRetry: (cause: string) => causes.push(cause) };
  await testHttp({ idleTimeout: 40 }).http.download(asked, target, {});
  expect(target.bytes).toEqual(file);
  expect(causes).toEqual(["no byte for 0.04 s", "no byte for 0.04 s"]);
  expect(upstream.requests[1]?.headers["range"]).toBe("bytes=30000-");
});

test("a disk that blocks and a server that drips are no stall, however long the whole takes", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const memory = memoryTarget();
  const causes: string[] = [];
  const slow: MemoryTarget = Object.create(memory, {
    write: {
      value(chunk: Uint8Array) {
        // As a disk that is busy blocks the thread: once, and for longer than a stall.
        if (memory.size === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 180);
        memory.write(chunk);
      },
    },
  });
  // Eight parts, each a third of a stall after the one before.
  const pace = (): Promise<void> => pause(40);
  upstream.script("/a", { fault: "drip", size: 12_500, pace });
  const asked = { url: `${upstream.url}/a`, onRetry: (cause: string) => causes.push(cause) };
  await testHttp({ idleTimeout: 120 }).http.download(asked, slow, {});
  expect(causes).toEqual([]);
  expect(memory.bytes).toEqual(file);
});

test("a disk that is full ends it at once, in the disk's own words", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  const full = new Error("no space left");
  const target = memoryTarget();
  const { http, waits } = testHttp({ connections: 1 });
  const url = `${upstream.url}/a`;
  const broken = {
    ...target,
    size: 0,
    validator: undefined,
    write(): void {
      throw full;
    },
  };
  expect(await rejection(http.download({ url }, broken, {}))).toBe(full);
  expect(waits).toEqual([]);
  const stuck = {
    ...broken,
    restart(): void {
      throw full;
    },
  };
  expect(await rejection(http.download({ url }, stuck, {}))).toBe(full);
  // The connection was given back.
  await http.download({ url }, target, {});
  expect(target.bytes).toEqual(file);
});

test("an encoding on the way is refused, unless it is the file's own", async () => {
  const headers = { "content-encoding": "gzip" };
  const packed = { bytes: new Uint8Array(gzipSync(file)), headers };
  await using upstream = await serveFiles({ "/a": packed, "/a.tar.gz": packed });
  const { http } = testHttp();
  const refused = await rejection(http.download({ url: `${upstream.url}/a` }, memoryTarget(), {}));
  expect(refused.message).toContain('encoded as "gzip"');
  const target = memoryTarget();
  await http.download({ url: `${upstream.url}/a.tar.gz` }, target, {});
  expect(target.bytes).toEqual(packed.bytes);
});

test("Ctrl-C ends a download in the middle, a wait and a queue", async () => {
  await using upstream = await serveFiles({ "/a": versioned });
  upstream.script("/a", { fault: "stall", after: 10 });
  const controller = new AbortController();
  const reason = new Error("interrupted");
  const { http } = testHttp({ signal: controller.signal, connections: 1 });
  const target = memoryTarget();
  const url = `${upstream.url}/a`;
  const first = rejection(http.download({ url }, target, { onBytes: () => controller.abort(reason) }));
  const queued = rejection(http.download({ url }, memoryTarget(), {}));
  expect(await first).toBe(reason);
  expect(await queued).toBe(reason);
  expect(target.size).toBe(10);
  expect(upstream.requests).toHaveLength(1);

  const later = new AbortController();
  upstream.script("/a", { fault: "status", status: 503, headers: { "retry-after": "60" } });
  const slow = createHttp({ transport, env: {}, signal: later.signal, random: () => 1 });
  const waiting = slow.download({ url, onRetry: () => queueMicrotask(() => later.abort(reason)) }, target, {});
  expect(await rejection(waiting)).toBe(reason);
});
