// Which components require which, in which release.
import { expect, test } from "bun:test";
import { requirementsFor } from "../../src/plan/requires.ts";

test("requirements hold for the releases they name, and a circle is named with its path", () => {
  const of = (requires: Record<string, Record<string, string>>) => (name: string) => requires[name] ?? {};
  expect(requirementsFor("2.27.0", ["a", "b"], of({ a: { b: "<2.27.0" } })).get("a")).toEqual([]);
  expect(requirementsFor("2.26.1", ["a", "b"], of({ a: { b: "<2.27.0" } })).get("a")).toEqual(["b"]);
  expect(() => requirementsFor("2.27.0", ["a", "b", "c"], of({ a: { b: "*" }, b: { c: "*" }, c: { b: "*" } }))).toThrow(
    "in a circle: b → c → b",
  );
  expect(() => requirementsFor("2.27.0", ["a"], of({ a: { x: "*" } }))).toThrow(
    '"a" requires "x", which no plugin describes',
  );
});
