import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home, version } from "../../src/runtime/build.ts";
import { root } from "../support/paths.ts";

test("version and home are package.json's", () => {
  const pack = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(version).toBe(pack.version);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(pack.repository.url).toBe(`git+${home}.git`);
  expect(home).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/);
});
