// The store's one promise: what is under a digest is that digest, whoever wrote, died or shared.
import { afterAll, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownerTag } from "../../src/files/owner.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { openStore } from "../../src/store/store.ts";
import { blob, bytes, content, hex, ingest, sha } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

test("a download is written in pieces, and is under its digest only after the commit", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const partial = ingest(store, hex("hello world"));
  partial.restart('"v1"');
  partial.write(bytes("hello "));
  partial.write(bytes("world"));
  expect(store.has(blob("hello world"))).toBeFalse();
  expect(await partial.commit([sha("hello world")])).toEqual({
    committed: true,
    digest: sha("hello world"),
    size: 11,
  });
  expect(store.has(blob("hello world"))).toBeTrue();
  expect(store.has({ ...blob("hello world"), size: 12 })).toBeFalse();
  expect(content(store, "hello world")).toBe("hello world");
  expect(readdirSync(join(folder.path, "partial"))).toEqual([]);
});

test("a download with the wrong digest is not kept, and the next try starts with an empty file", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const partial = ingest(store, hex("good"));
  partial.restart(undefined);
  partial.write(bytes("evil"));
  expect(await partial.commit([sha("good")])).toEqual({ committed: false, digests: [sha("evil")], size: 4 });
  expect(partial.size).toBe(0);
  expect(store.sizeOf(sha("good"))).toBeUndefined();
  expect(store.sizeOf(sha("evil"))).toBeUndefined();
  partial.write(bytes("good"));
  expect(await partial.commit([sha("good")])).toMatchObject({ committed: true });
});

test("a blob downloaded by its sha512 is found by it afterwards", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const wanted = sha("gvisor", "sha512");
  expect(store.alias(wanted)).toBeUndefined();
  const partial = ingest(store, "x", "sha512");
  partial.restart(undefined);
  partial.write(bytes("gvisor"));
  expect(await partial.commit([wanted])).toMatchObject({ committed: true, digest: sha("gvisor") });
  expect(openStore(folder.path, hashing).alias(wanted)).toBe(sha("gvisor"));
});

test("a small blob is put at once; bytes with another digest are refused", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  await Promise.all([store.put(blob("{}"), bytes("{}")), store.put(blob("{}"), bytes("{}"))]);
  expect(content(store, "{}")).toBe("{}");
  await expect(store.put(blob("good"), bytes("evil"))).rejects.toThrow(`${sha("good")} (4 bytes) is ${sha("evil")}`);
  await expect(store.put({ ...blob("{}"), size: 3 }, bytes("{}"))).rejects.toThrow("(3 bytes) is");
  expect(readdirSync(join(folder.path, "partial"))).toEqual([]);
});

test("what tells of users that are gone is removed, and nothing of those that may be there", () => {
  using folder = temporary();
  openStore(folder.path, hashing).close();
  const users = join(folder.path, "users");
  const own = ownerTag();
  const dead = own.split("-").with(3, "1").join("-");
  const elsewhere = own.replace(/-[^-]*$/, "-ffffffff");
  for (const user of [dead, elsewhere]) writeFileSync(join(users, user), "");
  openStore(folder.path, hashing);
  expect(readdirSync(users).sort()).toEqual([own, elsewhere].sort());
});
