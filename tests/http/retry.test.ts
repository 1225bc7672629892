// What may pass is tried again; what cannot, is not.
import { expect, test } from "bun:test";
import { setTimeout as pause } from "node:timers/promises";
import { HttpError } from "../../src/http/error.ts";
import { memoryTarget, rejection, sample, testHttp } from "../support/http.ts";
import { type Fault, serveFiles } from "../support/upstream.ts";

const text = new TextEncoder().encode("hello");
const files = { "/a": text };
const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  fault: "status",
  status: code,
  headers,
});

test.each([500, 502, 503, 504, 408, 425, 429])("%d is tried again, waiting longer each time", async (code) => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", status(code), status(code), status(code));
  const { http, waits } = testHttp();
  const answer = await http.send({ url: `${upstream.url}/a` });
  expect(await answer.bytes(100)).toEqual(text);
  expect(waits).toEqual([500, 1000, 2000]);
});

test("jitter is full, and the wait has a ceiling", async () => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", ...Array.from({ length: 9 }, () => status(503)));
  const { http, waits } = testHttp({ random: () => 0.5, attempts: 10 });
  await (await http.send({ url: `${upstream.url}/a` })).cancel();
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("after five tries it is over, and the failure says what a report needs", async () => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", ...Array.from({ length: 5 }, () => status(503)));
  const url = `${upstream.url}/a`;
  const failure = await rejection(testHttp().http.send({ url }));
  expect(failure).toBeInstanceOf(HttpError);
  expect(failure).toMatchObject({
    message: `Cannot fetch ${url}: 503 Service Unavailable (5 attempts)`,
    code: "fetch",
    status: 503,
    attempts: 5,
    url,
  });
});

test.each([400, 403, 404, 410, 416, 451])("%d is final at once", async (code) => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", status(code));
  const { http, waits } = testHttp();
  expect(await rejection(http.send({ url: `${upstream.url}/a` }))).toMatchObject({ status: code, attempts: 1 });
  expect([waits, upstream.requests.length]).toEqual([[], 1]);
});

test("a status that the caller can use is handed over", async () => {
  await using upstream = await serveFiles({});
  const answer = await testHttp().http.send({ url: `${upstream.url}/a` }, [404]);
  expect([answer.status, new TextDecoder().decode(await answer.bytes(100))]).toEqual([404, "not here"]);
});

test("Retry-After is the shortest wait; above five minutes it is final and says when to come back", async () => {
  await using upstream = await serveFiles(files);
  const soon = new Date(Date.now() + 60_000).toUTCString();
  upstream.script("/a", status(429, { "retry-after": "7" }), status(503, { "retry-after": soon }));
  const { http, waits } = testHttp();
  await (await http.send({ url: `${upstream.url}/a` })).cancel();
  expect(waits[0]).toBe(7000);
  expect(waits[1]).toBeGreaterThan(55_000);
  expect(waits[1]).toBeLessThanOrEqual(60_000);

  for (const value of ["301", "9".repeat(400)]) {
    upstream.script("/a", status(429, { "retry-after": value }));
    const failure = await rejection(http.send({ url: `${upstream.url}/a` }));
    expect(failure.message).toMatch(/429 Too Many Requests; the server asks (to come back after 20\d\d-|not to)/);
    expect(failure).toMatchObject({ attempts: 1 });
  }
});

test("a dropped connection and a refused one are tried again", async () => {
  const upstream = await serveFiles(files);
  upstream.script("/a", { fault: "drop" });
  const { http, waits } = testHttp();
  const url = `${upstream.url}/a`;
  expect(await (await http.send({ url })).bytes(5)).toEqual(text);
  await upstream.close();
  const refused = await rejection(http.send({ url }));
  expect(refused.message).toBe(`Cannot fetch ${url}: connection refused (5 attempts)`);
  expect(waits.slice(-4)).toEqual([500, 1000, 2000, 4000]);
});

test("429 for ever, with a wait each time: the waits together have an end", async () => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", ...Array.from({ length: 9 }, () => status(429, { "retry-after": "120" })));
  const { http, waits } = testHttp();
  const failure = await rejection(http.send({ url: `${upstream.url}/a` }));
  expect(failure.message).toMatch(/429 Too Many Requests; the server asks to come back after 20/);
  expect([waits, upstream.requests.length]).toEqual([[120_000, 120_000], 3]);
});

test("a body that drips is cut, and what came of it is no progress: the tries end", async () => {
  await using upstream = await serveFiles({ "/a": sample(50_000) });
  const pace = (): Promise<void> => pause(10);
  upstream.script("/a", ...Array.from({ length: 9 }, (): Fault => ({ fault: "drip", size: 1, pace })));
  const { http } = testHttp({ idleTimeout: 200, attempts: 3 });
  const target = memoryTarget();
  const failure = await rejection(http.download({ url: `${upstream.url}/a` }, target, {}));
  expect(failure.message).toMatch(/: only \d+ bytes in 0\.4 s \(3 attempts\)$/);
  expect(target.size).toBeGreaterThan(0);
  expect(upstream.requests).toHaveLength(3);
  upstream.script("/a", { fault: "drip", size: 1, pace });
  const dripping = await testHttp({ idleTimeout: 200, attempts: 1 }).http.send({ url: `${upstream.url}/a` });
  const document = await rejection(dripping.bytes(60_000));
  expect(document.message).toMatch(/: only \d+ bytes in 0\.4 s$/);
});
