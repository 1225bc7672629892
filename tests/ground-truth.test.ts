// What is committed of the ground truth is a part of it, unchanged.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { golden, groundTruth } from "./support/paths.ts";

const committed = globSync(["facts/*", "pins/*", "downloads/*/*", "lists/*/*"], { cwd: golden }).sort();

test("two releases are committed", () => {
  expect(committed.filter((path) => path.startsWith("facts/"))).toHaveLength(2);
  expect(committed.length).toBeGreaterThan(30);
});

if (existsSync(groundTruth))
  test.each(committed)("%s is as Ansible wrote it", (path) => {
    expect(readFileSync(join(golden, path), "utf8")).toBe(readFileSync(join(groundTruth, path), "utf8"));
  });
else test.skip("what is committed is as Ansible wrote it: needs the ground truth", () => undefined);
