// Versions are strings, compared by their numbers.
import { expect, test } from "bun:test";
import { compare, inRange, isVersion, minor, newestOfEachMinor, since, withoutV } from "../../src/core/version.ts";

test("1.30 is newer than 1.3, and a leading v is no part of a version", () => {
  expect(compare("1.30.0", "1.3.0")).toBeGreaterThan(0);
  expect(compare("v1.30.0", "1.30.0")).toBe(0);
  expect([withoutV("v2.31.0"), withoutV("2.31.0"), withoutV("vanilla")]).toEqual(["2.31.0", "2.31.0", "vanilla"]);
});

test("the newest of each minor version is the first that the list names", () => {
  expect(newestOfEachMinor(["1.31.2", "1.31.0", "1.30.9", "1.30.1", "1.3.0"])).toEqual(["1.31.2", "1.30.9", "1.3.0"]);
  expect(newestOfEachMinor([])).toEqual([]);
});

test("a version is since itself; a range may have two ends", () => {
  expect([since("2.22.0", "2.22.0"), since("2.21.9", "2.22.0"), since("v2.30.0", "2.4.0")]).toEqual([
    true,
    false,
    true,
  ]);
  const versions = ["2.26.9", "2.27.0", "2.28.3", "2.29.0"];
  expect(versions.filter((version) => inRange(version, ">=2.27.0 <2.29.0"))).toEqual(["2.27.0", "2.28.3"]);
  expect(versions.every((version) => inRange(version, "*"))).toBeTrue();
});

test("a version is numbers between dots; the first two are its minor version", () => {
  expect(["1.35.4", "v1.35", "20260323.0", "latest", ""].map(isVersion)).toEqual([true, true, true, false, false]);
  expect([minor("v1.35.4"), minor("1.30")]).toEqual(["1.35", "1.30"]);
});

test("what is no version, and what is no range, is refused by its name", () => {
  expect(() => compare("9.1enabled:.0", "2.31.0")).toThrow('"9.1enabled:.0" is no version that can be compared');
  expect(() => since("2.31.0", "new\n")).toThrow('"new\\n" is no version');
  expect(() => inRange("x", "<2.0.0")).toThrow('"x" is no version');
  expect(() => inRange("2.0.0", "<> 3")).toThrow('"<> 3" is no range of versions');
});
