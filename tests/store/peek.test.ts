// A store that is only looked at: what it says is what the store says, and the disk stays as it is.
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startHashing } from "../../src/store/hashing.ts";
import { peekStore } from "../../src/store/peek.ts";
import { openStore } from "../../src/store/store.ts";
import { digestOf } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { temporary } from "../support/temp.ts";

const described = (bytes: Uint8Array) => ({
  mediaType: "application/octet-stream",
  digest: digestOf(bytes),
  size: bytes.length,
});

test("a store that is not there is empty, and is not made", async () => {
  using folder = temporary();
  const path = join(folder.path, "none");
  const store = peekStore(path);
  const blob = described(sample(100));
  expect([store.has(blob), store.locate(blob.digest), store.alias(digestOf(sample(1), "sha512"))]).toEqual([
    false,
    undefined,
    undefined,
  ]);
  await store.put(blob, sample(100));
  store.annotate("alias", blob.digest, "x");
  // What it was given counts as there: a fetch would have it by then.
  expect([store.has(blob), store.sizeOf(blob.digest)]).toEqual([true, 100]);
  expect(existsSync(path)).toBeFalse();
});

test("what a store holds is seen, by either digest, and nothing is added", async () => {
  using folder = temporary();
  const hashing = startHashing(1);
  const store = openStore(folder.path, hashing);
  const blob = described(sample(300));
  const other = digestOf(sample(300), "sha512");
  await store.put(blob, sample(300));
  store.annotate("alias", other, blob.digest);
  store.close();
  await hashing.close();
  const before = readdirSync(folder.path, { recursive: true }).sort();
  const peeked = peekStore(folder.path);
  expect([peeked.has(blob), peeked.has({ ...blob, size: 1 }), peeked.alias(other)]).toEqual([true, false, blob.digest]);
  expect(peeked.locate(blob.digest)).toMatchObject([{ offset: 0, length: 300 }]);
  await peeked.put(described(sample(9)), sample(9));
  expect(peeked.ingest("key", "sha256")).toBeUndefined();
  expect(readdirSync(folder.path, { recursive: true }).sort()).toEqual(before);
});
