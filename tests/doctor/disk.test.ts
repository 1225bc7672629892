// Where a store may be, or may not.
import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskFindings } from "../../src/doctor/disk.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());

test("the store's place is tried, and left as it was", () => {
  const store = join(folder.path, "not/yet/there");
  const before = readdirSync(folder.path);
  expect(diskFindings(store)[0]).toEqual({ check: "store", state: "ok", message: `${store} can be made` });
  expect(existsSync(store)).toBe(false);
  expect(readdirSync(folder.path)).toEqual(before);
  writeFileSync(join(folder.path, "file"), "");
  expect(diskFindings(join(folder.path, "file/store"))).toEqual([
    {
      check: "store",
      state: "fail",
      message: expect.stringContaining("cannot be written: a part of the path is a file"),
    },
  ]);
});
