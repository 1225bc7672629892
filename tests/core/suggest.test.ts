// The nearest of the names that there are, for whoever mistyped one.
import { expect, test } from "bun:test";
import { didYouMean, nearestOrAll } from "../../src/core/suggest.ts";

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

test("what a longer name begins with is that name; of several the first", () => {
  expect(nearestOrAll("2.29", ["2.31.0", "2.29.1", "2.29.0"])).toBe(': did you mean "2.29.1"?');
  expect(didYouMean("aws-ebs", ["alb-ingress", "aws-ebs-csi"])).toBe(': did you mean "aws-ebs-csi"?');
});

test("a near name stands alone; where none is near, all are listed, each once", () => {
  expect(nearestOrAll("calcio", names)).toBe(': did you mean "calico"?');
  expect(nearestOrAll("xyzzy", [...names, "calico"])).toBe("; there are: calico, cilium, containerd");
  expect(nearestOrAll("xyzzy", names, ["one"])).toBe("; there are: one");
});

test("without candidates there is no suggestion", () => {
  expect(didYouMean("calcio", [])).toBe("");
});
