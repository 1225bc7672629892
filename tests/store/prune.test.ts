// What is needed stays, all else goes, and nothing goes while another process is at work.
import { afterAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownerTag } from "../../src/files/owner.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { pruneStore } from "../../src/store/prune.ts";
import { openStore } from "../../src/store/store.ts";
import { blob, bytes, sha, startOfInit } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

test("prune keeps what is needed and frees the rest, leftovers too", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  for (const text of ["one", "two", "three"]) await store.put(blob(text), bytes(text));
  writeFileSync(join(folder.path, "partial", "k.aaaaaaaa-1-1-1"), "1234");
  store.annotate("machine-code", sha("one"), []);
  store.annotate("machine-code", sha("three"), []);
  const long = (text: string) => `sha512:${createHash("sha512").update(text).digest("hex")}` as const;
  for (const text of ["one", "three"]) {
    store.annotate("machine-code-deep", sha(text), []);
    store.annotate("alias", long(text), sha(text));
  }
  expect(pruneStore(store, { needed: new Set([sha("three")]), dryRun: true })).toMatchObject({ blobs: 2, kept: 1 });
  expect(store.sizeOf(sha("one"))).toBe(3);
  const freed = pruneStore(store, { needed: new Set([sha("three")]), dryRun: false });
  // Two annotations are "[]", the third is a digest in quotes.
  expect(freed).toEqual({ blobs: 2, bytes: 3 + 3 + 4 + 2 + 2 + 73, kept: 1 });
  expect(readdirSync(join(folder.path, "annotations"))).toHaveLength(3);
  expect([store.alias(long("one")), store.alias(long("three"))]).toEqual([undefined, sha("three")]);
  expect(["one", "two", "three"].map((text) => store.sizeOf(sha(text)))).toEqual([undefined, undefined, 5]);
  expect(readdirSync(join(folder.path, "partial"))).toEqual([]);
  expect([store.annotation("machine-code", sha("one")), store.annotation("machine-code", sha("three"))]).toEqual([
    undefined,
    [],
  ]);
});

test("prune leaves a store alone that another process uses, and forgets users that died", () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const like = ownerTag().split("-").slice(0, 2).join("-");
  writeFileSync(join(folder.path, "users", `${like}-999999999-1`), "");
  expect(pruneStore(store, { needed: new Set(), dryRun: false }).blobs).toBe(0);
  expect(readdirSync(join(folder.path, "users"))).toEqual([ownerTag()]);
  writeFileSync(join(folder.path, "users", `${like}-1-${startOfInit()}`), "");
  expect(() => pruneStore(store, { needed: new Set(), dryRun: false })).toThrow("Another kso is at work");
  store.close();
  expect(existsSync(join(folder.path, "users", ownerTag()))).toBeFalse();
});
