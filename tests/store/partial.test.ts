// A download that was cut off goes on, in this process or another, and has one owner at a time.
import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, ownerTag } from "../../src/files/owner.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { openStore } from "../../src/store/store.ts";
import { bytes, hex, ingest, sha, startOfInit } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

test("a partial download is resumed in the same process, with the server's version", () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const first = ingest(store, "k");
  first.restart('"v1"');
  first.write(bytes("hel"));
  first.release();
  const second = ingest(store, "k");
  expect([second.size, second.validator]).toEqual([3, '"v1"']);
  second.release();
});

test("a partial download is resumed by another process once its owner is dead, and its bytes are hashed", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const first = ingest(store, hex("hello"));
  first.restart('"v1"');
  first.write(bytes("hel"));
  first.release();
  const own = ownerTag();
  const dead = `${own.split("-").slice(0, 2).join("-")}-999999999-1`;
  expect([isAlive(own), isAlive(dead)]).toEqual([true, false]);
  for (const end of ["", ".json"])
    renameSync(
      join(folder.path, "partial", `${hex("hello")}.${own}${end}`),
      join(folder.path, "partial", `${hex("hello")}.${dead}${end}`),
    );
  const second = ingest(store, hex("hello"));
  expect([second.size, second.validator]).toEqual([3, '"v1"']);
  second.write(bytes("lo"));
  expect(await second.commit([sha("hello")])).toMatchObject({ committed: true });
  expect(readdirSync(join(folder.path, "partial"))).toEqual([]);
});

test("a partial download is left alone while its owner lives; an owner that cannot be seen counts as alive until it is silent for long", () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const partialOf = (owner: string): string => join(folder.path, "partial", `k.${owner}`);
  const parent = `${ownerTag().split("-").slice(0, 2).join("-")}-1-${startOfInit()}`;
  expect(isAlive(parent)).toBeTrue();
  // Another machine's processes cannot be seen, whatever their numbers; this one's of before a reboot are dead.
  expect(isAlive(`${parent}-0badhost`)).toBeUndefined();
  const [, where, ...rest] = ownerTag().split("-");
  expect(isAlive(["aaaaaaaa", where, ...rest].join("-"))).toBeFalse();
  writeFileSync(partialOf(parent), "hel");
  expect(store.ingest("k", "sha256")).toBeUndefined();
  renameSync(partialOf(parent), partialOf("aaaaaaaa-1-1-1"));
  expect(isAlive("aaaaaaaa-1-1-1")).toBeUndefined();
  expect(store.ingest("k", "sha256")).toBeUndefined();
  utimesSync(partialOf("aaaaaaaa-1-1-1"), 0, 0);
  const partial = ingest(store, "k");
  expect(existsSync(partialOf("aaaaaaaa-1-1-1"))).toBeFalse();
  partial.release();
});

test("a partial download is not begun twice in one process", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const first = ingest(store, hex("hello"));
  expect(store.ingest(hex("hello"), "sha256")).toBeUndefined();
  first.restart(undefined);
  first.write(bytes("hel"));
  first.release();
  const again = ingest(store, hex("hello"));
  expect(again.size).toBe(3);
  again.restart(undefined);
  again.write(bytes("hello"));
  expect(await again.commit([sha("hello")])).toMatchObject({ committed: true });
  ingest(store, hex("hello")).release();
});

test("a partial file without its note is not resumed", () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  writeFileSync(join(folder.path, "partial", `k.${ownerTag()}`), "hel");
  writeFileSync(join(folder.path, "partial", `k.${ownerTag()}.json`), '{"valida');
  const partial = ingest(store, "k");
  expect([partial.size, partial.validator]).toEqual([3, undefined]);
  partial.release();
});
