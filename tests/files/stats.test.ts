// What lies at a path that somebody named.
import { expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../../src/core/errors.ts";
import { statsAt } from "../../src/files/stats.ts";
import { temporary } from "../support/temp.ts";

test("nothing lies below a file, and a loop of links is refused in words", () => {
  using root = temporary();
  writeFileSync(join(root.path, "file"), "text");
  expect(statsAt(join(root.path, "file"))?.size).toBe(4);
  expect(statsAt(join(root.path, "file/below"))).toBeUndefined();
  expect(statsAt(join(root.path, "nothing"))).toBeUndefined();
  symlinkSync("loop", join(root.path, "loop"));
  expect(() => statsAt(join(root.path, "loop"))).toThrow(KsoError);
});
