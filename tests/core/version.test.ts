// Versions are strings, compared by their numbers.
import { expect, test } from "bun:test";
import { compare, newestOfEachMinor, withoutV } from "../../src/core/version.ts";

test("1.30 is newer than 1.3, and a leading v is no part of a version", () => {
  expect(compare("1.30.0", "1.3.0")).toBeGreaterThan(0);
  expect(compare("v1.30.0", "1.30.0")).toBe(0);
  expect([withoutV("v2.31.0"), withoutV("2.31.0"), withoutV("vanilla")]).toEqual(["2.31.0", "2.31.0", "vanilla"]);
});

test("the newest of each minor version is the first that the list names", () => {
  expect(newestOfEachMinor(["1.31.2", "1.31.0", "1.30.9", "1.30.1", "1.3.0"])).toEqual(["1.31.2", "1.30.9", "1.3.0"]);
  expect(newestOfEachMinor([])).toEqual([]);
});
