import { expect, test } from "bun:test";
import { openRegistry, registryBase } from "../../src/oci/registry.ts";
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
