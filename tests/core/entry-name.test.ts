// Names in archives: what may stand there, and how a name that may not is quoted.
import { expect, test } from "bun:test";
import { nameFault } from "../../src/core/entry-name.ts";

test.each([
  "a",
  "a/b.c",
  "..a/b..",
  "straße/名前",
  "x".repeat(255),
  `${"x".repeat(255)}/${"y".repeat(255)}`,
  Array.from({ length: 16 }, () => "z".repeat(255)).join("/"),
])("a name may be %p", (name) => expect(nameFault(name)).toBeUndefined());

test.each<[string, string]>([
  ["", "is empty"],
  ["\ud800", "not Unicode"],
  [`${"x/".repeat(2048)}y`, "longer than 4096 bytes"],
  ["a\u0085b", "a control character"],
  ["a\\b", "a backslash"],
  ["/a", "is absolute"],
  ["a/../b", "climbs"],
  ["a//b", "an empty part"],
  ["./a", 'or "."'],
  ["é".repeat(128), "a part of the name is longer than 255 bytes"],
])("a name may not be %p", (name, fault) => expect(nameFault(name)).toContain(fault));
