// Questions to a server that counts them: validators, limits, tokens, mirrors.
import { expect, test } from "bun:test";
import type { CachedResponse, ResponseCache } from "../../../src/release-data/update/response-cache.ts";
import { UpstreamClient } from "../../../src/release-data/update/upstream-client.ts";
import { rejection, testHttp } from "../../support/http.ts";
import { type Publisher, startPublisher } from "../../support/publisher.ts";

function memoryCache(): ResponseCache & { readonly responses: Map<string, CachedResponse> } {
  const responses = new Map<string, CachedResponse>();
  return {
    responses,
    read: (url) => responses.get(url),
    write: async (url, response) => void responses.set(url, response),
  };
}

/** The network, where every host is the stand-in; `seen` are the Authorization headers that each got. */
function network(publisher: Publisher): {
  http: ReturnType<typeof testHttp>["http"];
  seen: Record<string, string | null>;
} {
  const seen: Record<string, string | null> = {};
  const through = (url: string, init: RequestInit): Promise<Response> => {
    const { host, pathname, search } = new URL(url);
    seen[host] = new Headers(init.headers).get("authorization");
    return fetch(host.startsWith("127.") ? url : `${publisher.url}/${host}${pathname}${search}`, init);
  };
  return { http: testHttp({ transport: () => ({ fetch: through }) }).http, seen };
}

const list = "https://api.github.com/repos/x/y/releases?per_page=30";
const path = "api.github.com/repos/x/y/releases?per_page=30";

test("a response that did not change is not sent again", async () => {
  using publisher = startPublisher();
  const cache = memoryCache();
  const ask = (): Promise<string> =>
    new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache }).readChanging(list);
  publisher.files.set(path, "one");
  expect([await ask(), await ask()]).toEqual(["one", "one"]);
  publisher.files.set(path, "two");
  expect(await ask()).toBe("two");
  expect(publisher.requests().map((line) => line.slice(-3))).toEqual(["200", "304", "200"]);
});

test("Last-Modified is used where there is no ETag; without validators the whole response is requested", async () => {
  using publisher = startPublisher();
  const cache = memoryCache();
  const since: (string | null)[] = [];
  const date = "Mon, 02 Nov 2026 10:00:00 GMT";
  publisher.intercept = (_, request) => {
    since.push(request.headers.get("if-modified-since"));
    return since.at(-1) === date
      ? new Response(null, { status: 304 })
      : new Response("dated", { headers: { "last-modified": date } });
  };
  const client = new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache });
  expect([await client.readChanging(list), await client.readChanging(list)]).toEqual(["dated", "dated"]);
  expect(since).toEqual([null, date]);
  publisher.intercept = () => new Response("bare");
  expect(
    await new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache: memoryCache() }).readChanging(
      list,
    ),
  ).toBe("bare");
});

test("a 304 to a request without a validator is an error, not an empty list", async () => {
  using publisher = startPublisher();
  publisher.intercept = () => new Response(null, { status: 304 });
  const client = new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache: memoryCache() });
  expect((await rejection(client.readChanging(list))).message).toContain("304 Not Modified");
});

test.each([403, 429])(
  "after %d with nothing left, nobody asks that host again until the server's own hour",
  async (status) => {
    using publisher = startPublisher();
    publisher.intercept = (at) =>
      at.startsWith("api.github.com")
        ? new Response("rate limit exceeded", {
            status,
            headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1793700000" },
          })
        : undefined;
    publisher.files.set("dl.k8s.io/release/stable-1.35.txt", "v1.35.5");
    const client = new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache: memoryCache() });
    const words =
      "the server takes no more requests until 2026-11-03T10:00:00Z (rate limit); GITHUB_TOKEN raises GitHub's limit";
    expect((await rejection(client.readChanging(list))).message).toBe(
      `Cannot fetch ${list.replace("30", "…")}: ${words}`,
    );
    expect((await rejection(client.readChanging(list.replace("/x/", "/z/")))).message).toContain(words);
    expect(await client.readChanging("https://dl.k8s.io/release/stable-1.35.txt")).toBe("v1.35.5");
    expect(publisher.requests()).toEqual([`GET ${path} ${status}`, "GET dl.k8s.io/release/stable-1.35.txt 200"]);
  },
);

test("the last request that is allowed counts, and none is sent after it", async () => {
  using publisher = startPublisher();
  publisher.intercept = () =>
    new Response("last", { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1793700000" } });
  const client = new UpstreamClient({
    http: network(publisher).http,
    mirrors: new Map(),
    cache: memoryCache(),
    token: "t",
  });
  expect(await client.readChanging(list)).toBe("last");
  const { message } = await rejection(client.readChanging(list));
  expect(message).toContain("until 2026-11-03T10:00:00Z");
  expect(message).not.toContain("GITHUB_TOKEN");
  expect(publisher.requests()).toHaveLength(1);
});

test("a short Retry-After is waited for; a long one, or a third, is not", async () => {
  using publisher = startPublisher();
  const waits: number[] = [];
  let busy = 2;
  let after = "7";
  publisher.intercept = () => {
    const headers = { "retry-after": after, date: "Tue, 03 Nov 2026 09:00:00 GMT" };
    return busy-- > 0 ? new Response("slow down", { status: 403, headers }) : undefined;
  };
  publisher.files.set(path, "list");
  const open = (): UpstreamClient =>
    new UpstreamClient({
      http: network(publisher).http,
      mirrors: new Map(),
      cache: memoryCache(),
      wait: async (ms) => void waits.push(ms),
    });
  expect(await open().readChanging(list)).toBe("list");
  expect(waits).toEqual([7000, 7000]);
  busy = 9;
  expect((await rejection(open().readChanging(list))).message).toContain("until 2026-11-03T09:00:07Z");
  waits.length = 0;
  after = "3600";
  expect((await rejection(open().readChanging(list))).message).toContain("until 2026-11-03T10:00:00Z");
  expect(waits).toEqual([]);
});

test("403 without a limit is an error at once", async () => {
  using publisher = startPublisher();
  publisher.intercept = () => new Response("no", { status: 403 });
  const client = new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache: memoryCache() });
  expect((await rejection(client.readChanging(list))).message).toContain("403 Forbidden");
});

test("the token is sent to api.github.com alone, and a refused one is named", async () => {
  using publisher = startPublisher();
  publisher.files.set(path, "list");
  publisher.files.set("dl.k8s.io/x", "x");
  publisher.files.set("github.com/x", "x");
  const { http, seen } = network(publisher);
  const client = new UpstreamClient({ http, mirrors: new Map(), cache: memoryCache(), token: "secret" });
  await client.readChanging(list);
  await client.readChanging("https://dl.k8s.io/x");
  await client.readFixed("https://github.com/x");
  const host = new URL(publisher.url).host;
  await new UpstreamClient({
    http,
    cache: memoryCache(),
    token: "secret",
    mirrors: new Map([["api.github.com", [`${publisher.url}/api.github.com`]]]),
  }).readChanging(list);
  expect(seen).toEqual({ "api.github.com": "Bearer secret", "dl.k8s.io": null, "github.com": null, [host]: null });
  publisher.intercept = () =>
    new Response("Bad credentials", { status: 401, headers: { "www-authenticate": "Basic realm=GitHub" } });
  const { message } = await rejection(
    new UpstreamClient({ http, mirrors: new Map(), cache: memoryCache(), token: "secret" }).readChanging(list),
  );
  expect(message).toContain("401 Unauthorized, with credentials");
  expect(message).not.toContain("secret");
});

test("mirrors are tried in order; a file that is missing is undefined, and requested once", async () => {
  using publisher = startPublisher();
  publisher.files.set("second/x.sha256", "sum");
  publisher.intercept = (at) => (at.startsWith("first/") ? new Response("no", { status: 410 }) : undefined);
  const mirrors = new Map([["dl.k8s.io", [`${publisher.url}/first`, `${publisher.url}/second`]]]);
  const client = new UpstreamClient({ http: network(publisher).http, mirrors, cache: memoryCache() });
  expect(
    await Promise.all([client.readFixed("https://dl.k8s.io/x.sha256"), client.readFixed("https://dl.k8s.io/x.sha256")]),
  ).toEqual(["sum", "sum"]);
  expect(await client.readFixed("https://github.com/nothing")).toBeUndefined();
  expect(publisher.requests()).toEqual([
    "GET first/x.sha256 410",
    "GET second/x.sha256 200",
    "GET github.com/nothing 404",
  ]);
});

test("an endless list is cut off", async () => {
  using publisher = startPublisher();
  const chunk = new Uint8Array(1 << 20);
  publisher.intercept = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }, { highWaterMark: 0 }));
  const client = new UpstreamClient({ http: network(publisher).http, mirrors: new Map(), cache: memoryCache() });
  expect((await rejection(client.readChanging(list))).message).toContain("longer than 33554432 bytes");
  expect((await rejection(client.readFixed("https://github.com/sums"))).message).toContain("longer than 1048576 bytes");
});
