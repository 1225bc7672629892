// The store's one promise: what is under a digest is that digest, whoever wrote, died or shared.
import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../src/core/digest.ts";
import { silentProgress } from "../../src/core/progress.ts";
import { isAlive, ownerTag } from "../../src/files/owner.ts";
import { startHashing } from "../../src/store/hashing.ts";
import type { Ingest } from "../../src/store/ingest.ts";
import { checkStore, pruneStore } from "../../src/store/maintenance.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha = (text: string, algorithm: "sha256" | "sha512" = "sha256"): Digest =>
  `${algorithm}:${createHash(algorithm).update(text).digest("hex")}`;
const hex = (text: string): string => sha(text).slice(7);
const blob = (text: string) => ({ mediaType: "x/y", digest: sha(text), size: text.length });
const content = (store: Store, text: string): string =>
  readFileSync(store.locate(sha(text))?.[0]?.path ?? "nowhere", "utf8");

/** An ingest that must be free. */
function ingest(store: Store, key: string, algorithm: "sha256" | "sha512" = "sha256"): Ingest {
  const started = store.ingest(key, algorithm);
  if (!started) throw new Error("it is busy");
  return started;
}

describe("a blob arrives", () => {
  test("in pieces, and is under its digest only when it is kept", async () => {
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

  test("with the wrong digest: nothing is kept, and the next try starts from nothing", async () => {
    using folder = temporary();
    const store = openStore(folder.path, hashing);
    const partial = ingest(store, hex("good"));
    partial.restart(undefined);
    partial.write(bytes("evil"));
    expect(await partial.commit([sha("good")])).toEqual({ committed: false, found: [sha("evil")], size: 4 });
    expect(partial.size).toBe(0);
    expect(store.sizeOf(sha("good"))).toBeUndefined();
    expect(store.sizeOf(sha("evil"))).toBeUndefined();
    partial.write(bytes("good"));
    expect(await partial.commit([sha("good")])).toMatchObject({ committed: true });
  });

  test("known by its sha512, and found by it afterwards", async () => {
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

  test("small, at once; bytes that are not what they should be are refused", async () => {
    using folder = temporary();
    const store = openStore(folder.path, hashing);
    await Promise.all([store.put(blob("{}"), bytes("{}")), store.put(blob("{}"), bytes("{}"))]);
    expect(content(store, "{}")).toBe("{}");
    await expect(store.put(blob("good"), bytes("evil"))).rejects.toThrow(`${sha("good")} (4 bytes) is ${sha("evil")}`);
    await expect(store.put({ ...blob("{}"), size: 3 }, bytes("{}"))).rejects.toThrow("(3 bytes) is");
    expect(readdirSync(join(folder.path, "partial"))).toEqual([]);
  });
});

describe("work that was cut off", () => {
  test("goes on in the same process, with the server's version", () => {
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

  test("goes on in another process once its owner is dead, and hashes what was there", async () => {
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

  test("is left alone while its owner lives; an owner nobody can see counts as alive until it is silent for long", () => {
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

  test("is not begun twice in one process", async () => {
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

  test("bytes without their note are not gone on with blindly", () => {
    using folder = temporary();
    const store = openStore(folder.path, hashing);
    writeFileSync(join(folder.path, "partial", `k.${ownerTag()}`), "hel");
    writeFileSync(join(folder.path, "partial", `k.${ownerTag()}.json`), '{"valida');
    const partial = ingest(store, "k");
    expect([partial.size, partial.validator]).toEqual([3, undefined]);
    partial.release();
  });
});

describe("looking after it", () => {
  test("check finds a flipped bit and a cut tail, removes both, and leaves the rest", async () => {
    using folder = temporary();
    const store = openStore(folder.path, hashing);
    for (const text of ["one", "two", "three"]) await store.put(blob(text), bytes(text));
    writeFileSync(store.locate(sha("one"))?.[0]?.path ?? "", "onf");
    truncateSync(store.locate(sha("two"))?.[0]?.path ?? "", 2);
    const { removed } = await checkStore(store, hashing, silentProgress, undefined);
    expect(removed).toEqual([sha("one"), sha("two")].sort());
    expect(["one", "two", "three"].map((text) => store.sizeOf(sha(text)))).toEqual([undefined, undefined, 5]);
    expect((await checkStore(store, hashing, silentProgress, undefined)).removed).toEqual([]);
  });

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
    expect(pruneStore(store, { needed: new Set([sha("three")]), dry: true })).toMatchObject({ blobs: 2, kept: 1 });
    expect(store.sizeOf(sha("one"))).toBe(3);
    const freed = pruneStore(store, { needed: new Set([sha("three")]), dry: false });
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
    expect(pruneStore(store, { needed: new Set(), dry: false }).blobs).toBe(0);
    expect(readdirSync(join(folder.path, "users"))).toEqual([ownerTag()]);
    writeFileSync(join(folder.path, "users", `${like}-1-${startOfInit()}`), "");
    expect(() => pruneStore(store, { needed: new Set(), dry: false })).toThrow("Another kso is at work");
    store.close();
    expect(existsSync(join(folder.path, "users", ownerTag()))).toBeFalse();
  });
});

test("hashing says what it could not read", async () => {
  using folder = temporary();
  const path = join(folder.path, "a");
  writeFileSync(path, "abc");
  expect(await hashing.digest([{ path, offset: 1, length: 2 }])).toBe(sha("bc"));
  // Awaited by hand: the matcher's own waiting does not hear from other threads.
  const refusal = (from: string): Promise<string> =>
    hashing.digest([{ path: from, offset: 0, length: 4 }]).catch(({ message }) => message);
  expect(await refusal(path)).toContain("it ends at byte 3 of 4");
  expect(await refusal(`${path}-none`)).toContain("ENOENT");
});

/** The start of process 1, which lives as long as the machine. */
function startOfInit(): string {
  const stat = readFileSync("/proc/1/stat", "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
