import { expect, test } from "bun:test";
import { nameList } from "../../src/core/name-list.ts";

test("a few names are all listed, of many the first ones, with how many more there are", () => {
  expect(nameList([])).toBe("");
  expect(nameList(["a", "b", "c", "d", "e"])).toBe("a, b, c, d, e");
  expect(nameList(["a", "b", "c", "d", "e", "f"])).toBe("a, b, c, d, e and 1 more");
  expect(nameList(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
});
