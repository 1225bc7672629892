// Reads Python's regular expressions (https://docs.python.org/3/library/re.html).
import { invalid } from "../failure.ts";
import { anyCharacter, classes, exactly } from "./characters.ts";
import { readClass, readEscape } from "./class.ts";
import type { ParsedRegex, RegexNode } from "./node.ts";
import { type PatternReader, readerOf } from "./reader.ts";

/** What changes how a pattern matches: `i`, `m`, `s`. */
export type RegexFlags = ReadonlySet<string>;

/** Times that a part may be repeated by number. */
const maxCount = 65_535;

/** Braces around nothing are text. */
const quantifierAhead = /[*+?]|\{(?:\d+|\d*,\d*)\}/y;

/** Parses a pattern. @throws TemplateFailure for what is no regular expression. */
export function parseRegex(source: string, flags: RegexFlags): ParsedRegex {
  return new Parser(readerOf(source)).parse(flags);
}

class Parser {
  readonly #reader: PatternReader;
  readonly #names = new Map<string, number>();
  readonly #closed = new Set<number>();
  #groups = 1;
  constructor(reader: PatternReader) {
    this.#reader = reader;
  }

  parse(flags: RegexFlags): ParsedRegex {
    let all = flags;
    for (let found = this.#globalFlags(); found; found = this.#globalFlags()) all = this.#withFlags(all, found);
    const root = this.#choice(all);
    if (!this.#reader.atEnd) this.#reader.fault("unbalanced parenthesis");
    return { root, groups: this.#groups, names: this.#names };
  }

  /** `(?im)` at the start. */
  #globalFlags(): string | undefined {
    this.#skipComments();
    return this.#reader.match(/\(\?([a-z]+)\)/y)?.[1];
  }

  #withFlags(flags: RegexFlags, letters: string, removed = ""): RegexFlags {
    const known = new Set(flags);
    for (const letter of letters) {
      // Texts are Unicode anyway.
      if (!"imsu".includes(letter)) this.#reader.fault(`the flag "${letter}" is not supported`);
      known.add(letter);
    }
    for (const letter of removed) known.delete(letter);
    return known;
  }

  #choice(flags: RegexFlags): RegexNode {
    const parts = [this.#sequence(flags)];
    while (this.#reader.take("|")) parts.push(this.#sequence(flags));
    return parts.length === 1 ? (parts[0] as RegexNode) : { kind: "choice", parts };
  }

  #sequence(flags: RegexFlags): RegexNode {
    const parts: RegexNode[] = [];
    while (!this.#isSequenceOver()) parts.push(this.#repeated(this.#atom(flags)));
    return { kind: "parts", parts };
  }

  #isSequenceOver(): boolean {
    this.#skipComments();
    return this.#reader.atEnd || this.#reader.next === "|" || this.#reader.next === ")";
  }

  /** The part with what stands behind it: `*`, `{2,3}?`, `++`. */
  #repeated(body: RegexNode): RegexNode {
    this.#skipComments();
    const [quantifier] = this.#reader.match(quantifierAhead) ?? [];
    if (quantifier === undefined) return body;
    if (body.kind === "place") this.#reader.fault("nothing to repeat");
    const [from, to] = boundsOf(quantifier);
    if (from > to || Math.max(from, to === Number.POSITIVE_INFINITY ? 0 : to) > maxCount)
      this.#reader.fault(`${quantifier} repeats too often, or the less is more than the most`);
    const lazy = this.#reader.take("?");
    const possessive = !lazy && this.#reader.take("+");
    if (this.#reader.match(quantifierAhead)) this.#reader.fault("multiple repeat");
    const repeat: RegexNode = { kind: "repeat", body, min: from, max: to, lazy };
    return possessive ? { kind: "atomic", body: repeat } : repeat;
  }

  #atom(flags: RegexFlags): RegexNode {
    const reader = this.#reader;
    if (reader.next === "(") return this.#group(flags);
    if (reader.match(quantifierAhead)) reader.fault("nothing to repeat");
    const character = reader.read();
    if (character === "[") return { kind: "character", test: readClass(reader, flags.has("i")) };
    if (character === "\\") return this.#escape(flags);
    if (character === ".") return { kind: "character", test: anyCharacter[flags.has("s") ? "all" : "line"] };
    if (character === "^") return { kind: "place", place: flags.has("m") ? "lineStart" : "start" };
    if (character === "$") return { kind: "place", place: flags.has("m") ? "lineEnd" : "lastLineEnd" };
    return { kind: "character", test: exactly(character.codePointAt(0) as number, flags.has("i")) };
  }

  #escape(flags: RegexFlags): RegexNode {
    const reader = this.#reader;
    const places = { A: "start", Z: "end", b: "wordEdge", B: "noWordEdge" } as const;
    const [letter] = reader.match(/[AZbB]/y) ?? [];
    if (letter !== undefined) return { kind: "place", place: places[letter as keyof typeof places] };
    // Three octal digits, or one that begins with 0, are a character.
    const [reference] = reader.match(/(?![0-3][0-7]{2})[1-9]\d?/y) ?? [];
    if (reference !== undefined) return this.#reference(Number(reference), flags);
    const escaped = readEscape(reader);
    const test = typeof escaped === "number" ? exactly(escaped, flags.has("i")) : classes.get(escaped);
    return { kind: "character", test: test ?? invalid("an escape that means nothing") };
  }

  #reference(index: number, flags: RegexFlags): RegexNode {
    if (!this.#closed.has(index)) this.#reader.fault(`invalid group reference ${index}`);
    return { kind: "reference", index, ignoreCase: flags.has("i") };
  }

  #skipComments(): void {
    while (this.#reader.match(/\(\?#[^)]*\)/y));
  }

  #group(flags: RegexFlags): RegexNode {
    const reader = this.#reader;
    reader.read();
    const [, name] = reader.match(/\?P=(\w+)\)/y) ?? [];
    if (name !== undefined)
      return this.#reference(this.#names.get(name) ?? reader.fault(`unknown group name "${name}"`), flags);
    const [opening] = reader.match(/\?(?:P<\w+>|[=!>]|<[=!]|[a-z]*(?:-[a-z]+)?:)/y) ?? [];
    if (opening === undefined) {
      if (reader.next === "?") reader.fault("an extension that is not supported");
      return this.#captured(flags);
    }
    if (opening.startsWith("?P<")) return this.#captured(flags, opening.slice(3, -1));
    if (opening.endsWith(":")) {
      const [on = "", off = ""] = opening.slice(1, -1).split("-");
      return this.#closing(this.#choice(this.#withFlags(flags, on, off)));
    }
    const body = this.#closing(this.#choice(flags));
    if (opening === "?>") return { kind: "atomic", body };
    return { kind: "look", body, behind: opening.includes("<"), negated: opening.endsWith("!") };
  }

  #captured(flags: RegexFlags, name?: string): RegexNode {
    const index = this.#groups++;
    if (name !== undefined) {
      if (this.#names.has(name)) this.#reader.fault(`two groups named "${name}"`);
      this.#names.set(name, index);
    }
    const body = this.#closing(this.#choice(flags));
    this.#closed.add(index);
    return { kind: "group", index, body };
  }

  #closing(body: RegexNode): RegexNode {
    if (!this.#reader.take(")")) this.#reader.fault("missing ), unterminated subpattern");
    return body;
  }
}

function boundsOf(quantifier: string): [min: number, max: number] {
  if (quantifier === "*") return [0, Number.POSITIVE_INFINITY];
  if (quantifier === "+") return [1, Number.POSITIVE_INFINITY];
  if (quantifier === "?") return [0, 1];
  const [min = "", max = min] = quantifier.slice(1, -1).split(",");
  return [Number(min || 0), max === "" ? Number.POSITIVE_INFINITY : Number(max)];
}
