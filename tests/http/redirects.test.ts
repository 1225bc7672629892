// Redirects are followed, and credentials stay with their host.
import { expect, test } from "bun:test";
import { rejection, testHttp } from "../support/http.ts";
import { type Fault, serveFiles } from "../support/upstream.ts";

const text = new TextEncoder().encode("hello");
const files = { "/a": text };
const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  fault: "status",
  status: code,
  headers,
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
