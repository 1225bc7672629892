// Python's classes of characters, by code point.
import type { CharacterTest } from "./node.ts";

const digit = /^\p{Nd}$/u;
const word = /^[\p{L}\p{N}_]$/u;
const space = /^[\s\x85]$/u;

/** A test that asks the engine's tables beyond ASCII only. */
function classOf(ascii: string, beyond: RegExp): CharacterTest {
  const table = new Set([...ascii].map((character) => character.codePointAt(0) as number));
  return (code) => (code < 128 ? table.has(code) : code !== 0xfeff && beyond.test(String.fromCodePoint(code)));
}

const digits = "0123456789";
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** `\w`. */
export const isWord: CharacterTest = classOf(`${digits}${letters}_`, word);
const isDigit = classOf(digits, digit);
const isSpace = classOf(" \t\n\r\f\v\u001c\u001d\u001e\u001f", space);

const inverted =
  (test: CharacterTest): CharacterTest =>
  (code) =>
    !test(code);

/** `\d`, `\W` and their like, by letter. */
export const classes: ReadonlyMap<string, CharacterTest> = new Map([
  ["d", isDigit],
  ["D", inverted(isDigit)],
  ["w", isWord],
  ["W", inverted(isWord)],
  ["s", isSpace],
  ["S", inverted(isSpace)],
]);

/** `.`, without and with newlines. */
export const anyCharacter: Readonly<Record<"line" | "all", CharacterTest>> = {
  line: (code) => code !== 10,
  all: () => true,
};

/** One code point in lower case. */
export function lowerCased(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  const lower = String.fromCodePoint(code).toLowerCase();
  return lower.codePointAt(0) as number;
}

function upperCased(code: number): number {
  return String.fromCodePoint(code).toUpperCase().codePointAt(0) as number;
}

/** The test for a character, or for either case of it. */
export function exactly(code: number, ignoreCase: boolean): CharacterTest {
  if (!ignoreCase) return (candidate) => candidate === code;
  const lower = lowerCased(code);
  return (candidate) => lowerCased(candidate) === lower;
}

/** A test that holds where it holds for either case. */
export function inEitherCase(test: CharacterTest): CharacterTest {
  return (code) => test(code) || test(lowerCased(code)) || test(upperCased(code));
}
