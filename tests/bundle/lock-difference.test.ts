// What changed from one lock to another, item by item, and the bytes that would travel.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { compareLocks } from "../../src/bundle/lock-difference.ts";
import type { Lock } from "../../src/core/lock.ts";
import { type Sample, sampleLock } from "../support/bundle.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const bytes = { old: noise("old", 300), same: noise("same", 200), fresh: noise("fresh", 500) };

function sample(folder: string, files: Readonly<Record<string, Uint8Array>>, images: readonly string[] = []): Sample {
  return sampleLock(join(folder, "blobs"), {
    files: Object.entries(files),
    images: images.map((image) => [image, image] as const),
  });
}

/** The lock with every file named as an item of a component. */
const named = (lock: Lock, names: Readonly<Record<string, string>>, version = "1"): Lock => ({
  ...lock,
  files: lock.files.map((file) => ({ ...file, component: "tools", version, name: names[file.path] ?? file.name })),
});

test("a lock compared with itself has no difference", () => {
  using folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const none = { blobs: 0, bytes: 0 };
  expect(compareLocks(lock, lock)).toEqual({ changes: [], transfer: none, freed: none });
});

test("added and removed items have one side, sorted by component and name; blobs that both have are not transferred", () => {
  using folder = temporary();
  const names = { "a.example/z": "z", "a.example/m": "m", "a.example/a": "a" };
  const before = named(sample(folder.path, { "a.example/z": bytes.old, "a.example/m": bytes.same }).lock, names);
  const after = named(sample(folder.path, { "a.example/m": bytes.same, "a.example/a": bytes.fresh }).lock, names);
  const { changes, transfer, freed } = compareLocks(before, after);
  expect(changes.map(({ change, kind, name }) => [change, kind, name])).toEqual([
    ["added", "file", "a"],
    ["removed", "file", "z"],
  ]);
  expect(changes[0]?.to).toEqual({ version: "1", digest: sha(bytes.fresh), item: "a.example/a" });
  expect(changes[1]?.from).toEqual({ version: "1", digest: sha(bytes.old), item: "a.example/z" });
  expect(changes.map((change) => ["from" in change, "to" in change])).toEqual([
    [false, true],
    [true, false],
  ]);
  expect([transfer, freed]).toEqual([
    { blobs: 1, bytes: 500 },
    { blobs: 1, bytes: 300 },
  ]);
});

test("another version or name is `changed`; other bytes under the same are `digest`", () => {
  using folder = temporary();
  const names = { "a.example/one": "tool", "a.example/two": "tool" };
  const one = (content: Uint8Array): Lock => sample(folder.path, { "a.example/one": content }).lock;
  const before = named(one(bytes.old), names);
  const changeTo = (after: Lock): unknown[] =>
    compareLocks(before, after).changes.map(({ change, from, to }) => [change, from?.item, to?.item, to?.version]);
  expect(changeTo(named(one(bytes.old), names, "2"))).toEqual([["changed", "a.example/one", "a.example/one", "2"]]);
  expect(changeTo(named(sample(folder.path, { "a.example/two": bytes.old }).lock, names))).toEqual([
    ["changed", "a.example/one", "a.example/two", "1"],
  ]);
  expect(changeTo(named(one(bytes.fresh), names))).toEqual([["digest", "a.example/one", "a.example/one", "1"]]);
});

test("an image is told by its root, and its blobs are counted once", () => {
  using folder = temporary();
  const before = sample(folder.path, {}, ["quay.io/a/b:1"]).lock;
  const after = sample(folder.path, {}, ["quay.io/a/b:1", "quay.io/a/c:1"]).lock;
  const { changes, freed } = compareLocks(before, after);
  expect(changes.map(({ change, kind, to }) => [change, kind, to?.item])).toEqual([
    ["added", "image", "quay.io/a/c:1"],
  ]);
  expect(freed).toEqual({ blobs: 0, bytes: 0 });
});
