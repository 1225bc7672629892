// What lies under a digest is trusted while its file is the one that was hashed, and by nothing else.
import { afterAll, expect, test } from "bun:test";
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../src/core/digest.ts";
import { type Hashing, startHashing } from "../../src/store/hashing.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { blob, bytes, content, hex, ingest, overwrite, sha } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

/** A store with a blob that was put and one that was downloaded, opened anew as the next run does. */
async function filled(folder: string): Promise<Store> {
  const store = openStore(folder, hashing);
  await store.put(blob("small"), bytes("small"));
  const download = ingest(store, hex("large"));
  download.restart(undefined);
  download.write(bytes("large"));
  await download.commit([sha("large")]);
  return openStore(folder, hashing);
}

const pathIn = (folder: string, text: string): string => join(folder, "blobs", "sha256", hex(text));

/** A store whose threads say what they hash. */
function watched(folder: string): { store: Store; hashed: Digest[] } {
  const hashed: Digest[] = [];
  const watching: Hashing = {
    follow: (...args) => hashing.follow(...args),
    close: () => hashing.close(),
    async digest(extents) {
      const digest = await hashing.digest(extents);
      hashed.push(digest);
      return digest;
    },
  };
  return { store: openStore(folder, watching), hashed };
}

const changes: [what: string, change: (path: string) => void][] = [
  ["one byte is flipped, and the time set back", (path) => overwrite(path, "lbrge")],
  ["it is cut", (path) => truncateSync(path, 3)],
  ["it is longer", (path) => appendFileSync(path, "r")],
  [
    "another file takes its place",
    (path) => {
      writeFileSync(`${path}.new`, "lbrge");
      renameSync(`${path}.new`, path);
    },
  ],
  [
    "a link to other bytes takes its place",
    (path) => {
      rmSync(path);
      writeFileSync(`${path}.new`, "lbrge");
      symlinkSync(`${path}.new`, path);
    },
  ],
  [
    "a hard link to it is written to",
    (path) => {
      linkSync(path, `${path}.link`);
      overwrite(`${path}.link`, "lbrge");
    },
  ],
  [
    "a pipe takes its place",
    (path) => {
      rmSync(path);
      Bun.spawnSync(["mkfifo", path]);
    },
  ],
];

test.each(changes)("a blob counts as not there when %s, and can be had again", async (_, change) => {
  using folder = temporary();
  const store = await filled(folder.path);
  expect(store.isUnhashed(sha("large"))).toBeFalse();
  expect(store.has(blob("large"))).toBeTrue();
  change(pathIn(folder.path, "large"));
  for (const other of [store, openStore(folder.path, hashing)]) {
    expect(other.has(blob("large"))).toBeFalse();
    expect(other.sizeOf(sha("large"))).toBeUndefined();
    expect(other.locate(sha("large"))).toBeUndefined();
    expect(other.link(sha("large"), join(folder.path, "further"))).toBeFalse();
  }
  const again = ingest(store, hex("large"));
  again.restart(undefined);
  again.write(bytes("large"));
  expect(await again.commit([sha("large")])).toMatchObject({ committed: true });
  expect(content(openStore(folder.path, hashing), "large")).toBe("large");
  expect(content(openStore(folder.path, hashing), "small")).toBe("small");
});

test("damage that was there before is named when the blob is asked for", async () => {
  using folder = temporary();
  const store = await filled(folder.path);
  overwrite(pathIn(folder.path, "small"), "smell");
  expect(store.isUnhashed(sha("small"))).toBeTrue();
  expect(await store.verify(sha("small"))).toBeFalse();
  expect(store.isUnhashed(sha("small"))).toBeFalse();
  expect(store.damaged).toEqual([sha("small")]);
  expect(await store.verify(sha("nothing"))).toBeUndefined();
});

test("a store that is copied is hashed once", async () => {
  using folder = temporary();
  await filled(join(folder.path, "one"));
  cpSync(join(folder.path, "one"), join(folder.path, "two"), { recursive: true, preserveTimestamps: true });
  const { store, hashed } = watched(join(folder.path, "two"));
  const both = [sha("small"), sha("large")];
  for (const digest of both) {
    expect(store.isUnhashed(digest)).toBeTrue();
    expect(await store.verify(digest)).toBeTrue();
  }
  expect(hashed).toEqual(both);
  const later = watched(join(folder.path, "two"));
  for (const digest of both) expect(later.store.isUnhashed(digest)).toBeFalse();
  expect(later.store.has(blob("large"))).toBeTrue();
  expect(later.hashed).toEqual([]);
});

test("blobs without a record, of a store of before or with a lost one, are hashed and used", async () => {
  using folder = temporary();
  await filled(folder.path);
  rmSync(join(folder.path, "hashed.txt"));
  const store = openStore(folder.path, hashing);
  expect(store.isUnhashed(sha("large"))).toBeTrue();
  expect(store.has(blob("large"))).toBeTrue();
  expect(openStore(folder.path, hashing).isUnhashed(sha("large"))).toBeFalse();
});

test("a blob that gets a further name needs no second hashing, and its bytes count under both", async () => {
  using folder = temporary();
  const store = await filled(folder.path);
  expect(store.link(sha("large"), join(folder.path, "further"))).toBeTrue();
  expect(readFileSync(join(folder.path, "further"), "utf8")).toBe("large");
  expect(openStore(folder.path, hashing).isUnhashed(sha("large"))).toBeFalse();
  expect(store.link(sha("large"), join(folder.path, "no", "such", "folder"))).toBeFalse();
});

test("a download that another program writes to while it is hashed is not on record", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  const download = ingest(store, hex("large"));
  download.restart(undefined);
  download.write(bytes("large"));
  const [partial] = [...new Bun.Glob(`${hex("large")}.*`).scanSync(join(folder.path, "partial"))].filter(
    (name) => !name.endsWith(".json"),
  );
  const committing = download.commit([sha("large")]);
  overwrite(join(folder.path, "partial", partial ?? ""), "lbrge");
  await committing;
  expect(openStore(folder.path, hashing).has(blob("large"))).toBeFalse();
});

test("a folder in a blob's place is named, and nothing else is done to it", async () => {
  using folder = temporary();
  const store = await filled(folder.path);
  const path = pathIn(folder.path, "large");
  rmSync(path);
  mkdirSync(path);
  expect(() => store.has(blob("large"))).toThrow(`Cannot use the blob ${path} of the store: it is a folder`);
  await expect(store.verify(sha("large"))).rejects.toMatchObject({ code: "usage" });
  expect(store.remove(sha("large"))).toBeFalse();
});
