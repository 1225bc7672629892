// Whatever others write, nothing of it moves a cursor, turns a line around or begins a line of its own.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { printable, printableLines, printableMessage, quotedName } from "../../src/core/quote.ts";
import { hostileTexts, unprintable } from "../support/unprintable.ts";

test("a quoted name has no control character and an end", () => {
  expect(quotedName('a"\u001b[31m\u009b')).toBe('"a\\"\\u001b[31m\\u009b"');
  expect(quotedName("x".repeat(200))).toBe(`"${"x".repeat(200)}"`);
  expect(quotedName("x".repeat(201))).toBe(`"${"x".repeat(200)}…"`);
});

test("what a terminal would obey is seen instead", () => {
  expect(printable("v1\u001b]0;x\u0007\u202e\nkso: done")).toBe("v1\\u001b]0;x\\u0007\\u202e\\nkso: done");
  expect(printable("größe → 大 \u{1f600}")).toBe("größe → 大 \u{1f600}");
  expect(printable("\u{e0041}")).toBe("\\udb40\\udc41");
  expect(printableMessage("one\nkso: two\n  three\n")).toBe("one\n  kso: two\n  three\n");
  expect(printableMessage("one\r\nkso: two")).toBe("one\\r\n  kso: two");
});

test("nothing of any text comes out raw, and JSON stays the same value", () => {
  fc.assert(
    fc.property(hostileTexts, (text) => {
      for (const shown of [printable(text), quotedName(text)]) expect(shown).not.toMatch(unprintable);
      expect(printable(text)).not.toMatch(/[\n\t]/);
      for (const shown of [printableLines(text), printableMessage(text)]) expect(shown).not.toMatch(unprintable);
      for (const line of printableMessage(text).split("\n").slice(1)) expect(line).toMatch(/^( |$)/);
      const json = JSON.stringify({ [text]: text });
      expect(JSON.parse(printableLines(json))).toEqual({ [text]: text });
    }),
  );
});
