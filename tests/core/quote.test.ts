import { expect, test } from "bun:test";
import { quotedName } from "../../src/core/quote.ts";

test("a quoted name has no control character and an end", () => {
  expect(quotedName('a"\u001b[31m\u009b')).toBe('"a\\"\\u001b[31m?"');
  expect(quotedName("x".repeat(200))).toBe(`"${"x".repeat(200)}"`);
  expect(quotedName("x".repeat(201))).toBe(`"${"x".repeat(200)}…"`);
});
