import { expect, test } from "bun:test";
import { openRegistry, type Registry, registryBase } from "../../src/oci/registry.ts";
import { rejection, testHttp } from "../support/http.ts";
import { anonymous, connect, readerOf, seeded, seededRegistries } from "../support/registry-client.ts";

const start = seededRegistries();

test("the rate limit as last seen", async () => {
  const registry = await start({ rateLimit: { limit: 100, remaining: 76 } });
  const hub = connect(registry);
  expect(hub.rateLimit()).toBeUndefined();
  await hub.reader("team/app").head("1");
  expect(hub.rateLimit()).toEqual({ remaining: 76, limit: 100, window: 21_600 });
  await hub.reader("team/app").manifest("1");
  expect(hub.rateLimit()?.remaining).toBe(75);
  registry.always(/./, { answer: { "ratelimit-remaining": "none", "ratelimit-limit": "" } });
  await hub.reader("team/app").head("1");
  expect(hub.rateLimit()?.remaining).toBe(75);
});

test("a mirror with a path puts it before the repository, for tokens too", async () => {
  const registry = await start({ auth: { kind: "token" } });
  registry.add("registry.k8s.io/pause", seeded, "3.10");
  const mirror = openRegistry({
    http: testHttp().http,
    credentials: anonymous,
    base: `${registry.url}/registry.k8s.io/`,
    host: registry.host,
  });
  expect(await mirror.reader("pause").head("3.10")).toEqual(seeded.root);
});

test("plain HTTP that a server with TLS does not understand is answered with what to write", async () => {
  let status = 400;
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status }) });
  const { host } = server.url;
  const open = (): Registry =>
    openRegistry({ http: testHttp().http, credentials: anonymous, base: `http://${host}`, host });
  const registry = open();
  const advice = `400 Bad Request; if ${host} speaks TLS, write https://${host}`;
  for (const attempt of [registry.ping(), registry.reader("app").head("1")])
    expect((await rejection(attempt)).message).toEndWith(advice);
  // Once something was understood, 400 means something else.
  status = 200;
  await registry.ping();
  status = 400;
  expect((await rejection(registry.ping())).message).toEndWith(": 400 Bad Request");
  status = 404;
  expect((await rejection(open().ping())).message).toEndWith(": 404 Not Found");
  await server.stop(true);
});

test("names that would leave the repository", async () => {
  const registry = await start();
  expect(() => connect(registry).reader("../app")).toThrow("not the name of a repository");
  expect(await rejection(readerOf(registry).head("../../x"))).toMatchObject({ code: "usage" });
  expect(() =>
    openRegistry({ http: testHttp().http, credentials: anonymous, base: "quay.io", host: "quay.io" }),
  ).toThrow("https://HOST");
});

test.each([
  ["docker.io", "https://registry-1.docker.io"],
  ["index.docker.io", "https://registry-1.docker.io"],
  ["quay.io", "https://quay.io"],
  ["10.0.0.5:5000", "https://10.0.0.5:5000"],
  ["localhost:5000", "http://localhost:5000"],
  ["127.0.0.1", "http://127.0.0.1"],
  ["[::1]:5000", "http://[::1]:5000"],
  ["localhost.example.com", "https://localhost.example.com"],
])("%s is reached at %s", (host, base) => {
  expect(registryBase(host)).toBe(base);
});
