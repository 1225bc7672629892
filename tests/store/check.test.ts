// Damage on the disk is found.
import { afterAll, expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { silentProgress } from "../../src/core/progress.ts";
import { checkStore } from "../../src/store/check.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { openStore } from "../../src/store/store.ts";
import { blob, bytes, sha } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

test("check finds a flipped bit and a cut tail, removes both, and leaves the rest", async () => {
  using folder = temporary();
  const store = openStore(folder.path, hashing);
  for (const text of ["one", "two", "three"]) await store.put(blob(text), bytes(text));
  writeFileSync(store.locate(sha("one"))?.[0]?.path ?? "", "onf");
  truncateSync(store.locate(sha("two"))?.[0]?.path ?? "", 2);
  const { removed } = await checkStore(store, { progress: silentProgress });
  expect(removed).toEqual([sha("one"), sha("two")].sort());
  expect(["one", "two", "three"].map((text) => store.sizeOf(sha(text)))).toEqual([undefined, undefined, 5]);
  expect((await checkStore(store, { progress: silentProgress })).removed).toEqual([]);
});
