// What was and what is, paired.
import { expect, test } from "bun:test";
import { pairUp } from "../../src/core/pairs.ts";

const pairs = (before: string, after: string): string[] =>
  pairUp([...before], [...after], (a, b) => a.toLowerCase() === b.toLowerCase()).map(
    ({ from = "-", to = "-" }) => from + to,
  );

test.each([
  ["abc", "CBA", ["cC", "bB", "aA"]],
  ["ab", "Ax", ["aA", "bx"]],
  ["a", "xyA", ["aA", "-x", "-y"]],
  ["abc", "C", ["cC", "a-", "b-"]],
  ["ab", "xyz", ["ax", "by", "-z"]],
  ["aa", "A", ["aA", "a-"]],
  ["", "", []],
])("%s and %s", (before, after, expected) => {
  expect(pairs(before, after)).toEqual(expected);
});

test("a side that is missing is no key", () => {
  expect(pairUp<number>([], [1], Object.is)).toStrictEqual([{ to: 1 }]);
  expect(pairUp<number>([1], [], Object.is)).toStrictEqual([{ from: 1 }]);
});
