// What a store has is hashed before it is used, where it was changed: damage is fetched again, or named.
import { describe, expect, test } from "bun:test";
import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../src/core/digest.ts";
import { formatLock } from "../../src/core/lock.ts";
import { type Bench, bench, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { overwrite } from "../support/store.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);
const published = digestOf(two, "sha512");
const plan = planOf(file("b/one", digestOf(one)), file("a/two", published), pulled("team/app:1"));
const layer = multi.platforms["linux/amd64"]?.layers[0]?.digest as Digest;
const manifest = multi.platforms["linux/arm64"]?.manifest.digest as Digest;

async function filled(): Promise<Bench & { lock: string }> {
  const lab = await bench({ "b/one": one, "a/two": two });
  lab.registry.add("team/app", multi, "1");
  const lock = formatLock(lockOf(await lab.fetch(plan)));
  return { ...lab, lock };
}

const pathIn = (lab: Bench, digest: Digest): string => join(lab.store.path, "blobs/sha256", digest.slice(7));
const flip = (lab: Bench, digest: Digest): void => {
  const size = lab.store.sizeOf(digest) ?? 0;
  overwrite(pathIn(lab, digest), new Uint8Array(size));
};

const wanted: [what: string, digest: Digest, owner: string][] = [
  ["a file", digestOf(one), "files.test/b/one"],
  ["a file with a published sha512", digestOf(two), "files.test/a/two"],
  ["a layer", layer, "images.test/team/app:1"],
  ["an image manifest", manifest, "images.test/team/app:1"],
  ["an index", multi.root.digest, "images.test/team/app:1"],
];

describe.each(wanted)("%s", (_, digest, owner) => {
  test.each(["flipped", "cut"])("%s: fetched again, and the lock is what it was", async (how) => {
    await using lab = await filled();
    for (const withLock of [true, false]) {
      if (how === "flipped") flip(lab, digest);
      else truncateSync(pathIn(lab, digest), 100);
      const outcome = await lab.fetch(plan, withLock ? { lock: JSON.parse(lab.lock) } : {});
      expect(formatLock(lockOf(outcome))).toBe(lab.lock);
      expect(lab.store.sizeOf(digest)).toBeGreaterThan(100);
      expect(lab.notes.at(-1)).toBe(`${owner}: what the store has as ${digest} is damaged; it is fetched again`);
      if (!withLock) continue; // what an index leads to is found on the way
      expect(lab.notes[0]).toMatch(/^1 blob of the store \(.+\) changed since they were hashed/);
      expect(lab.notes).toHaveLength(2);
    }
  });

  test("damaged, and upstream is gone: named with its digest, nothing else is", async () => {
    await using lab = await filled();
    flip(lab, digest);
    const mirrors = new Map([
      ["files.test", [`${lab.upstream.url}/gone`]],
      ["images.test", [`${lab.upstream.url}/gone`]],
    ]);
    const { lock, failures } = await lab.fetch(plan, { lock: JSON.parse(lab.lock), mirrors });
    expect(lock).toBeUndefined();
    expect(failures.map(({ artifact }) => artifact)).toEqual([owner]);
    expect(failures[0]?.cause).toEndWith(`; what the store has as ${digest} is damaged`);
  });
});

test("a store that is intact is not hashed, and one without records is, in one go", async () => {
  await using lab = await filled();
  const before = lab.upstream.requests.filter(({ method }) => method === "GET").length;
  await lab.fetch(plan, { lock: JSON.parse(lab.lock) });
  expect(lab.notes).toEqual([]);
  rmSync(join(lab.store.path, "hashed.txt"));
  await lab.fetch(plan, { lock: JSON.parse(lab.lock) });
  expect(lab.upstream.requests.filter(({ method }) => method === "GET").length).toBe(before);
});

test("a lock that says another size than the bytes of its digest have is refused by name", async () => {
  await using lab = await filled();
  const lock = JSON.parse(lab.lock);
  lock.files[1].size = 12;
  const { lock: written, failures } = await lab.fetch(plan, { lock });
  expect(written).toBeUndefined();
  expect(failures.map(({ artifact, cause }) => `${artifact}: ${cause}`)).toEqual([
    `files.test/b/one: the lock says that it has 12 bytes, and ${digestOf(one)} has 70000; take the lock from where it is intact`,
  ]);
});
