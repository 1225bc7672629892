// Digests are taken from cached responses: one that is not what the server sent is never used.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openResponseCache } from "../../../src/release-data/update/response-cache.ts";
import { temporary } from "../../support/temp.ts";

const url = "https://dl.example/SHA256SUMS";

test("a response is there in the next run, and is not once a byte of its body is another", async () => {
  using folder = temporary();
  await openResponseCache(folder.path).write(url, { etag: '"1"', body: "aa  etcd" });
  expect(openResponseCache(folder.path).read(url)).toEqual({ etag: '"1"', body: "aa  etcd" });
  const [name = ""] = readdirSync(folder.path);
  const path = join(folder.path, name);
  writeFileSync(path, readFileSync(path, "utf8").replace("aa  etcd", "ab  etcd"));
  expect(openResponseCache(folder.path).read(url)).toBeUndefined();
  writeFileSync(path, JSON.stringify({ etag: '"1"', body: "aa  etcd" }));
  expect(openResponseCache(folder.path).read(url)).toBeUndefined();
});
