import { expect, test } from "bun:test";
import type { Digest } from "../../src/core/digest.ts";
import { rejection } from "../support/http.ts";
import { artifact, indexOf } from "../support/images.ts";
import { connect, layer, readerOf, seeded, seededRegistries } from "../support/registry-client.ts";
import { sha } from "../support/seed.ts";

const start = seededRegistries();

const sboms = [1, 2, 3, 4, 5].map((content) => artifact({ content }, seeded.root));
const sorted = sboms.map(({ root }) => root).sort((a, b) => (a.digest < b.digest ? -1 : 1));

test("referrers, page by page", async () => {
  const registry = await start({ page: 2 });
  for (const sbom of sboms) registry.add("team/app", sbom);
  expect(await readerOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
  expect(registry.log).toHaveLength(3);
  expect(await readerOf(registry).referrers(sha(layer))).toEqual([]);
});

test("referrers by the fallback tag, and none at all", async () => {
  const registry = await start({ referrers: false });
  expect(await readerOf(registry).referrers(seeded.root.digest)).toEqual([]);
  registry.add("team/app", indexOf(...sorted), seeded.root.digest.replace(":", "-"));
  expect(await readerOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
  registry.fault(/referrers/, { status: 200, headers: { "content-type": "text/html" }, body: "<html>" });
  expect(await readerOf(registry).referrers(seeded.root.digest)).toEqual(sorted);
});

test("a registry without the referrers API is asked for it once", async () => {
  const registry = await start({ referrers: false });
  registry.add("team/other", seeded, "1");
  const connected = connect(registry);
  for (const name of ["team/app", "team/other"])
    expect(await connected.reader(name).referrers(seeded.root.digest)).toEqual([]);
  expect(registry.log.filter((line) => line.includes("/referrers/"))).toHaveLength(1);
  const tag = seeded.root.digest.replace(":", "-");
  expect(registry.log.filter((line) => line.includes(tag))).toEqual([
    `HEAD /v2/team/app/manifests/${tag} 404`,
    `HEAD /v2/team/other/manifests/${tag} 404`,
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ["go round in circles", { link: '</v2/team/app/referrers/x?n=1>; rel="next"' }, "more than 100 pages"],
  ["lead elsewhere", { link: '<http://127.0.0.1:1/x>; rel="next"' }, "another host"],
])("referrers that %s are refused", async (_, headers, why) => {
  const registry = await start();
  const type = "application/vnd.oci.image.index.v1+json";
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] });
  registry.always(/referrers/, { status: 200, headers: { "content-type": type, ...headers }, body });
  const cause = await rejection(readerOf(registry).referrers(seeded.root.digest as Digest));
  expect(cause.code).toBe("verify");
  expect(cause.message).toContain(why);
});
