// Text that moves a cursor, turns a line around or begins one: what tests put into names, reasons and answers.
import fc from "fast-check";

/** Terminal sequences, C0, DEL, C1, directions, separators, a tag, half a character. */
const sequences = [
  ...["\u0000", "\u0007", "\b", "\r", "\u001b[31m", "\u001b]0;title\u0007", "\u007f", "\u0085", "\u009b31m", "\u00ad"],
  ...["\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028", "\u2029", "\ufeff"],
  ...["\u{e0041}", "\ud800"],
];

/** What must never come out raw, apart from line feeds and tabs; written apart from the code that escapes it. */
export const unprintable: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/u;

/** All of it in one text, with a line that looks like a message of kso's. */
export const hostileText: string = `x${sequences.join("y")}\nkso: all is well\n`;

/** Texts that hold any of it. */
export const hostileTexts: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...sequences, "\n", "\nkso: ", "\t", '"', "\\"), fc.string({ unit: "binary" })))
  .map((parts) => parts.join(""));
