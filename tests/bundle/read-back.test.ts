// What kso writes is read back before it gets its name: a lock that no reader takes is never sealed, and a fault in the archive is seen.
import { expect, test } from "bun:test";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { checkedLock, readBack } from "../../src/bundle/read-back.ts";
import type { Lock, LockedFile } from "../../src/core/lock.ts";
import { sampleLock } from "../support/bundle.ts";
import { altered, sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

test("a lock that no reader takes is named by its field, and nothing is written", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const [first] = sample.lock.files as [LockedFile];
  const lock: Lock = { ...sample.lock, files: [{ ...first, version: "" }] };
  const message = /^Cannot write .*: it could not be read again: .*files\.0\.version: must not be empty$/;
  expect(() => checkedLock(lock, "kso.lock.json")).toThrow(message);
  await expect(sealed(folder.path, "bundle.tar", { sample: { ...sample, lock } })).rejects.toThrow(message);
  expect(readdirSync(folder.path)).toEqual(["blobs"]);
});

test("an archive is read back under whatever name: whole, and with all that its lock names", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const parts = (name: string): { path: string; size: number }[] => [{ path: name, size: statSync(name).size }];
  readBack("later.tar", parts(path));
  const lacking = altered(path, join(folder.path, "lacking.tar"), (pieces) =>
    pieces.filter(({ name }) => !name.startsWith("files/get.helm.sh/empty")),
  );
  expect(() => readBack("later.tar", parts(lacking))).toThrow(
    "Cannot write later.tar: it could not be read again: it lacks get.helm.sh/empty",
  );
  truncateSync(path, statSync(path).size - 4096);
  expect(() => readBack("later.tar", parts(path))).toThrow("Cannot write later.tar: it could not be read again: ");
});
