// The nearest of the names that there are, for whoever mistyped one.
import { expect, test } from "bun:test";
import { didYouMean } from "../../src/core/suggest.ts";

const names = ["calico", "cilium", "containerd"];

test.each([
  ["calcio", ': did you mean "calico"?'],
  ["contained", ': did you mean "containerd"?'],
  ["xyzzy", ""],
  ["clicium", ': did you mean "cilium"?'],
  // The same word, and one of which half is another.
  ["calico", ""],
  ["cali", ""],
  ["", ""],
])("%p%s", (word, text) => {
  expect(didYouMean(word, names)).toBe(text);
});

test("without candidates there is no suggestion", () => {
  expect(didYouMean("calcio", [])).toBe("");
});
