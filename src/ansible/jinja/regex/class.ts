// `[…]` and what stands behind a backslash.
import { classes, inEitherCase } from "./characters.ts";
import type { CharacterTest } from "./node.ts";
import type { PatternReader } from "./reader.ts";

const controls: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
  ["\\", 92],
]);

/** What stands behind a backslash: a code point, or the letter of a class. */
export function readEscape(reader: PatternReader): number | string {
  const [, two, four, eight] = reader.match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y) ?? [];
  const hex = two ?? four ?? eight;
  if (hex !== undefined) {
    const code = Number.parseInt(hex, 16);
    return code > 0x10ffff ? reader.fault(`bad escape \\U${hex}`) : code;
  }
  const [octal] = reader.match(/0[0-7]{0,2}|[0-3][0-7]{2}/y) ?? [];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const character = reader.read();
  if (classes.has(character)) return character;
  const control = controls.get(character);
  if (control !== undefined) return control;
  if (/[A-Za-z0-9]/.test(character)) return reader.fault(`bad escape \\${character}`);
  return character.codePointAt(0) as number;
}

/** The rest of a class, whose bracket has been read. */
export function readClass(reader: PatternReader, ignoreCase: boolean): CharacterTest {
  const negated = reader.take("^");
  const tests: CharacterTest[] = [];
  for (let isFirst = true; isFirst || reader.next !== "]"; isFirst = false) tests.push(readMember(reader));
  reader.read();
  const some: CharacterTest = (code) => tests.some((test) => test(code));
  const test = ignoreCase ? inEitherCase(some) : some;
  return negated ? (code) => !test(code) : test;
}

/** A character, a class or a range. */
function readMember(reader: PatternReader): CharacterTest {
  const from = readEnd(reader);
  if (typeof from === "string") return classes.get(from) as CharacterTest;
  // A hyphen at the end is one.
  if (!reader.match(/-(?!\])/y)) return (code) => code === from;
  const to = readEnd(reader);
  if (typeof to === "string" || to < from) return reader.fault("bad character range");
  return (code) => from <= code && code <= to;
}

function readEnd(reader: PatternReader): number | string {
  const character = reader.read();
  if (character !== "\\") return character.codePointAt(0) as number;
  // In a class it is a backspace.
  return reader.take("b") ? 8 : readEscape(reader);
}
