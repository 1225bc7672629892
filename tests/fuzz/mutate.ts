// Changes good inputs into ones that nobody thought of: bytes, lines, words of the input's own language, and JSON as a tree.
import type { Random } from "./random.ts";

/** An input is never longer. Bytes. */
const maxLength = 400_000;

/** Numbers at which programs go wrong, as texts. */
const numbers: readonly string[] = [
  "0",
  "-1",
  "1",
  "00",
  "1e9",
  "0.5",
  "255",
  "65536",
  "2147483648",
  "4294967296",
  "9007199254740992",
  "18446744073709551616",
  "99999999999999999999999",
  "NaN",
];

/** Pieces of text that mean something somewhere. */
const pieces: readonly string[] = [
  "\0",
  "\n",
  "\r\n",
  "\t",
  "\u001b[31m",
  "\u202e",
  "\u2028",
  "\ufeff",
  "\ud83d\ude00",
  "é",
  "../",
  "/",
  "//",
  "%00",
  "%2e%2e",
  "{{",
  "}}",
  "{%",
  "%}",
  "[",
  "]",
  "{",
  "}",
  "'",
  '"',
  "\\",
  ":",
  ",",
  "=",
  "#",
  "&a ",
  "*a",
  "<<: ",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "true",
  "sha256:",
  "http://",
  "@",
  "?",
  "*",
  "+",
  " ",
];

/** Values that replace a node of JSON. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e300,
  9_007_199_254_740_992,
  "",
  "x",
  "../x",
  "\u001b]0;x\u0007",
  "a\nb",
  [],
  {},
  [[]],
  [null],
  { __proto__: null, constructor: 1 },
];

/** A changed copy. `words`: what the input's language is made of; `others`: further good inputs, of which parts are taken. */
export function mutated(
  input: Uint8Array,
  random: Random,
  { words = [], others = [] }: { readonly words?: readonly string[]; readonly others?: readonly Uint8Array[] } = {},
): Uint8Array {
  let bytes: Uint8Array = input;
  for (let times = 1 + random.below(random.oneIn(3) ? 8 : 2); times > 0; times--) {
    const tree = random.oneIn(2) ? changedTree(bytes, random) : undefined;
    bytes = tree ?? changedBytes(bytes, random, words, others);
  }
  return bytes.subarray(0, maxLength);
}

/** Replaces a part of the bytes. */
function splice(bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
}

function changedBytes(
  bytes: Uint8Array,
  random: Random,
  words: readonly string[],
  others: readonly Uint8Array[],
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.oneIn(4) ? bytes.length + 1 : 12));
  const text = (piece: string): Uint8Array => Buffer.from(piece);
  const kind = random.below(10);
  if (kind === 0) {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[at % copy.length] = random.below(256);
    return copy;
  }
  if (kind === 1) return splice(bytes, at, end, new Uint8Array());
  if (kind === 2) return splice(bytes, at, at, bytes.subarray(at, end));
  if (kind === 3) return splice(bytes, at, at, text(random.pick(words.length > 0 ? words : pieces)));
  if (kind === 4) return splice(bytes, at, random.oneIn(2) ? end : at, text(random.pick(pieces)));
  if (kind === 5) return changedNumber(bytes, random);
  if (kind === 6) return repeated(bytes, at, end, random);
  if (kind === 7) return changedLines(bytes, random);
  if (kind === 8 && others.length > 0) {
    const other = random.pick(others);
    const start = random.below(other.length + 1);
    return splice(bytes, at, end, other.subarray(start, start + random.below(400)));
  }
  return random.oneIn(3) ? bytes.subarray(0, at) : changedWord(bytes, random, words);
}

/** A part again and again: nested, long, or many. */
function repeated(bytes: Uint8Array, at: number, end: number, random: Random): Uint8Array {
  const part = bytes.subarray(at, Math.max(at + 1, Math.min(end, at + 200)));
  const times = random.pick([3, 40, 1000, 20_000]);
  const most = Math.max(1, Math.floor(60_000 / Math.max(1, part.length)));
  return splice(
    bytes,
    at,
    at,
    Buffer.from(Buffer.from(part).toString("latin1").repeat(Math.min(times, most)), "latin1"),
  );
}

function changedNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const found = [...text.matchAll(/\d+/g)];
  if (found.length === 0) return bytes;
  const match = random.pick(found);
  const to = random.oneIn(2) ? random.pick(numbers) : String(Number(match[0]) + random.pick([-1, 1, 10]));
  return splice(bytes, match.index, match.index + match[0].length, Buffer.from(to));
}

function changedLines(bytes: Uint8Array, random: Random): Uint8Array {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const [from, to] = [random.below(lines.length), random.below(lines.length)];
  const [line = ""] = random.oneIn(2) ? lines.splice(from, 1) : [lines[from]];
  lines.splice(to, random.below(2), random.oneIn(3) ? `  ${line}` : line);
  return Buffer.from(lines.join("\n"), "latin1");
}

function changedWord(bytes: Uint8Array, random: Random, words: readonly string[]): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const found = [...text.matchAll(/[\w.-]+/g)];
  if (found.length === 0) return bytes;
  const match = random.pick(found);
  const to = random.pick([...words, ...pieces, random.pick(found)[0]]);
  return splice(bytes, match.index, match.index + match[0].length, Buffer.from(to));
}

/** JSON with one node replaced, removed, doubled or nested; undefined where the input is no JSON. */
function changedTree(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  if (bytes[0] !== 0x7b && bytes[0] !== 0x5b) return undefined;
  let root: unknown;
  try {
    root = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  if (places.length === 0) return undefined;
  const [holder, key] = random.pick(places);
  const [other, from] = random.pick(places);
  const kind = random.below(6);
  if (kind === 0) delete holder[key];
  else if (kind === 1) holder[key] = structuredClone(other[from]);
  else if (kind === 2) holder[from] = structuredClone(holder[key]);
  else if (kind === 3 && Array.isArray(holder)) holder.push(...Array(random.pick([1, 2000])).fill(holder[Number(key)]));
  else if (kind === 4 && typeof holder[key] === "string")
    holder[key] = Buffer.from(changedBytes(Buffer.from(holder[key]), random, [], [])).toString("utf8");
  else holder[key] = random.pick(values);
  return Buffer.from(JSON.stringify(root));
}
