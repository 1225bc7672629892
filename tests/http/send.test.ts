// Answers that are worth having: what may pass is tried again, redirects are followed, credentials stay with their host.
import { expect, test } from "bun:test";
import { HttpError } from "../../src/http/error.ts";
import { HostLimit } from "../../src/http/host-limit.ts";
import { rejection, testHttp } from "../support/http.ts";
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

test("a body that is cut while it is read is asked for anew; one that is too long is refused", async () => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", { fault: "hold", until: Promise.resolve() }, { fault: "cut", after: 0 });
  const { http } = testHttp();
  const url = `${upstream.url}/a`;
  await (await http.send({ url })).bytes(5);
  upstream.script("/a", { fault: "cut", after: 2 });
  expect(await (await http.send({ url })).bytes(5)).toEqual(text);
  expect((await rejection((await http.send({ url })).bytes(4))).message).toContain("longer than 4 bytes");
  upstream.script("/a", { fault: "endless" });
  expect((await rejection((await http.send({ url })).bytes(100_000))).message).toContain("longer than 100000 bytes");
});

test("HEAD has headers and no body, and gives its connection back by itself", async () => {
  await using upstream = await serveFiles(files);
  const { http } = testHttp({ connections: 1 });
  for (let time = 0; time < 3; time++) {
    const { status: code, headers } = await http.send({ url: `${upstream.url}/a`, method: "HEAD" });
    expect([code, headers.get("content-length")]).toEqual([200, "5"]);
  }
  expect(upstream.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "HEAD"]);
});

test("redirects are followed ten times, not in a circle, and not to another scheme", async () => {
  await using upstream = await serveFiles(files);
  const { http } = testHttp();
  const { url } = upstream;
  const chain = (length: number, name: string): void => {
    for (let at = 0; at < length; at++)
      upstream.script(`/${name}${at}`, { fault: "redirect", to: at + 1 < length ? `${name}${at + 1}` : "/a" });
  };
  chain(10, "ten");
  const answer = await http.send({ url: `${url}/ten0` });
  expect([answer.url, await answer.bytes(5)]).toEqual([`${url}/a`, text]);
  chain(11, "eleven");
  expect((await rejection(http.send({ url: `${url}/eleven0` }))).message).toContain("more than 10 redirects");
  upstream.script("/x", { fault: "redirect", to: "/y", status: 307 });
  upstream.script("/y", { fault: "redirect", to: "/x", status: 308 });
  expect((await rejection(http.send({ url: `${url}/x` }))).message).toContain(`in a circle, back to ${url}/x`);
  upstream.script("/f", { fault: "redirect", to: "file:///etc/passwd" });
  expect((await rejection(http.send({ url: `${url}/f` }))).message).toContain('another scheme, "file"');
  upstream.script("/l", status(302));
  expect((await rejection(http.send({ url: `${url}/l` }))).message).toContain("302 Found");
});

test("credentials never go to another host; the range does", async () => {
  await using other = await serveFiles(files);
  await using upstream = await serveFiles(files);
  upstream.script("/r", { fault: "redirect", to: `${other.url.replace("//", "//evil:word@")}/a` });
  const asked: string[] = [];
  const answer = await testHttp({ netrc: "machine 127.0.0.1 login n password n" }).http.send({
    url: `${upstream.url}/r`,
    headers: { Cookie: "c", range: "bytes=1-2" },
    authorize: async (url) => {
      asked.push(url.href);
      return "Bearer secret";
    },
  });
  expect(new TextDecoder().decode(await answer.bytes(5))).toBe("el");
  expect(asked).toEqual([`${upstream.url}/r`]);
  expect(upstream.requests[0]?.headers).toMatchObject({ authorization: "Bearer secret", cookie: "c" });
  const { authorization, cookie, range } = other.requests[0]?.headers ?? {};
  expect([authorization, cookie, range]).toEqual([undefined, undefined, "bytes=1-2"]);
  // To the same host they go on.
  upstream.script("/s", { fault: "redirect", to: "/a" });
  await (await testHttp().http.send({ url: `${upstream.url.replace("//", "//u:p@")}/s` })).cancel();
  expect(upstream.requests.slice(-2).map(({ headers }) => headers["authorization"])).toEqual([
    "Basic dTpw",
    "Basic dTpw",
  ]);
});

test("401 shows the challenge once; what is refused then is final and says so", async () => {
  await using upstream = await serveFiles(files);
  const challenge = 'Bearer realm="x"';
  const denied = status(401, { "www-authenticate": challenge });
  const url = `${upstream.url}/a`;
  const challenges: (string | undefined)[] = [];
  const authorize = async (_: URL, problem?: string): Promise<string | undefined> => {
    challenges.push(problem);
    return problem && "Bearer token";
  };
  const { http, waits } = testHttp();
  upstream.script("/a", denied);
  expect(await (await http.send({ url, authorize })).bytes(5)).toEqual(text);
  expect(challenges).toEqual([undefined, challenge]);
  expect(upstream.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined, "Bearer token"]);

  upstream.script("/a", denied, denied);
  const second = await rejection(http.send({ url, authorize }));
  expect(second.message).toBe(`Cannot fetch ${url}: 401 Unauthorized, with credentials`);
  upstream.script("/a", denied, denied);
  const none = await rejection(http.send({ url, authorize: async () => undefined }));
  expect(none.message).toBe(`Cannot fetch ${url}: 401 Unauthorized, without credentials`);
  expect(waits).toEqual([]);
});

test("no secret of a URL is ever shown", async () => {
  await using upstream = await serveFiles(files);
  const secret = `${upstream.url.replace("//", "//user:hidden@")}/none?X-Signature=hidden&b=hidden#hidden`;
  const failure = await rejection(testHttp().http.send({ url: secret }));
  expect(failure.message).toBe(`Cannot fetch ${upstream.url}/none?X-Signature=…&b=…: 404 Not Found`);
  upstream.script("/r", { fault: "redirect", to: secret });
  const redirected = await rejection(testHttp().http.send({ url: `${upstream.url}/r` }));
  expect(redirected.message).toContain("404 Not Found from http://127.0.0.1");
  for (const message of [failure, redirected].map(String)) expect(message).not.toContain("hidden");
  for (const url of ["http://u:hidden@:::/", "u:hidden@host/path?k=hidden", "ftp://u:hidden@host/", "nonsense"]) {
    const { message } = await rejection(testHttp().http.send({ url }));
    expect(message).toStartWith("Cannot fetch ");
    expect(message).not.toContain("hidden");
  }
});

test("no more connections to one host than said, in the order of asking, and other hosts do not wait", async () => {
  await using other = await serveFiles(files);
  await using upstream = await serveFiles(Object.fromEntries([..."abcdef"].map((name) => [`/${name}`, text])));
  const open = Promise.withResolvers<void>();
  for (const name of "abcdef") upstream.script(`/${name}`, { fault: "hold", until: open.promise });
  const { http } = testHttp({ connections: 2 });
  const all = [..."abcdef"].map(async (name) => await (await http.send({ url: `${upstream.url}/${name}` })).bytes(5));
  await upstream.seen(2);
  expect(await (await http.send({ url: `${other.url}/a` })).bytes(5)).toEqual(text);
  expect(upstream.requests).toHaveLength(2);
  open.resolve();
  expect(await Promise.all(all)).toHaveLength(6);
  expect(upstream.peak).toBe(2);
  expect(upstream.requests.map(({ path }) => path.slice(1)).sort()).toEqual([..."abcdef"]);

  // An answer that is not read yet holds its connection; one that is let go of does not.
  const held = await Promise.all(["a", "b"].map((name) => http.send({ url: `${upstream.url}/${name}` })));
  const third = http.send({ url: `${upstream.url}/c` });
  await (await http.send({ url: `${other.url}/a` })).bytes(5);
  expect(upstream.requests).toHaveLength(8);
  await held[0]?.cancel();
  expect((await third).status).toBe(200);
});

test("the queue for a host is first come, first served, and can be left", async () => {
  const hostLimit = new HostLimit(1);
  const never = new AbortController().signal;
  const order: string[] = [];
  const free = await hostLimit.acquire("host", never);
  const leaving = new AbortController();
  const wait = async (name: string, signal: AbortSignal): Promise<void> => {
    const next = await hostLimit.acquire("host", signal);
    order.push(name);
    next();
    next();
  };
  const all = [wait("first", never), rejection(wait("left", leaving.signal)), wait("second", never)];
  leaving.abort(new Error("left"));
  free();
  await Promise.all([...all, wait("third", never)]);
  expect(order).toEqual(["first", "second", "third"]);
});
