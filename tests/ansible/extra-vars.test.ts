// -e in each of its forms, and what sets nothing.
import { expect, test } from "bun:test";
import { extraVariables } from "../../src/ansible/extra-vars.ts";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import type { Dict, PythonValue } from "../../src/ansible/jinja/values.ts";
import { KsoError } from "../../src/core/errors.ts";
import { siteOf } from "../support/inventory.ts";

const valuesOf = (extraVars: readonly string[], mergesHashes = false): Record<string, PythonValue> =>
  Object.fromEntries(
    [...extraVariables({ ...noInventory, extraVars }, mergesHashes)].map(([name, { value }]) => [name, value]),
  );

test("pairs are text; JSON, YAML and files keep their types; of two values the later one wins", () => {
  using site = siteOf({ "vars.yml": "f: 3\na: file", "vars.json": '{"j": [1]}' });
  expect(
    valuesOf(["a=1 b=true", '{"c": true, "d": 1}', "{e: yes}", `@${site.at("vars.yml")}`, `@${site.at("vars.json")}`]),
  ).toEqual({
    a: "file",
    b: "true",
    c: true,
    d: 1n,
    e: true,
    f: 3n,
    j: [1n],
  });
});

test("with hash_behaviour = merge they are merged among themselves", () => {
  const keys = (merges: boolean): readonly PythonValue[] =>
    (valuesOf(["{x: {a: 1}}", "{x: {b: 2}}"], merges)["x"] as Dict).keys();
  expect(keys(true)).toEqual(["a", "b"]);
  expect(keys(false)).toEqual(["b"]);
});

test.each([
  ["word", '"word" is no key=value'],
  ["a=1 word", '"word" is no key=value'],
  ["   ", "it is no key=value"],
  ["a='b", "a quotation mark"],
  ["./vars.yml", "a file is named with @ before it"],
  ["/vars.yml", "a file is named with @ before it"],
  ["@/nowhere", "Cannot read /nowhere (--extra-vars): there is no such file"],
  ["@/dev/zero", "Cannot read /dev/zero (--extra-vars): it is no file but a device"],
  ["@", "there is no such file"],
  ["[a]", "it must be variables, and is a list"],
  ["{a: [", "unexpected end"],
])("%j is a usage error", (text, reason) => {
  expect(() => valuesOf([text])).toThrow(reason);
  expect(() => valuesOf([text])).toThrow(KsoError);
});
