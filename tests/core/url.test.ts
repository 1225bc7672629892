import { expect, test } from "bun:test";
import { withoutEnds, withoutTrailing } from "../../src/core/url.ts";

test("a character is taken off the end, or off both, and nowhere else", () => {
  expect(["a//", "/a/b/", "//", "", "a"].map((text) => withoutTrailing(text, "/"))).toEqual(["a", "/a/b", "", "", "a"]);
  expect(["//a//b//", "//", "", "a"].map((text) => withoutEnds(text, "/"))).toEqual(["a//b", "", "", "a"]);
});
