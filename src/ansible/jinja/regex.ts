// Python's regular expressions, as inventories have them. They run in a matcher of our own, because every engine at hand either
// lacks what Python's have (look-around, back-references, its `$`) or goes on for as long as a pattern wants.
import type { EvaluationBudget } from "./budget.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { compileRegex, type Program } from "./regex/compile.ts";
import { Matcher } from "./regex/match.ts";
import { parseRegex } from "./regex/parse.ts";

/** Characters of the longest pattern. */
const maxLength = 1000;
/** Patterns that the cache holds. */
const maxEntries = 500;

/** How a pattern matches. */
export interface PatternFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

/** A match: the texts of its groups, the whole as number 0; undefined for a group that took no part. */
export interface PatternMatch {
  /** In characters, as Python counts them. */
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly names: ReadonlyMap<string, number>;
}

/** A pattern that can be looked for. */
export class Pattern {
  readonly #program: Program;
  readonly #names: ReadonlyMap<string, number>;
  /** @throws TemplateFailure for what is not a regular expression. */
  constructor(source: string, flags: ReadonlySet<string>) {
    const parsed = parseRegex(source, flags);
    this.#names = parsed.names;
    this.#program = compileRegex(parsed);
  }

  /** The matches in a text, one behind the other. @throws TemplateFailure `limit` where finding them takes too many steps. */
  *matches(text: string, budget: EvaluationBudget): Iterable<PatternMatch> {
    const { matcher, matchOf } = this.#over(text, budget);
    let registers = matcher.search(0);
    while (registers) {
      const [start = 0, end = 0] = registers;
      yield matchOf(registers);
      registers = matcher.search(end, start === end);
    }
  }

  /** The first match; undefined where there is none. @throws TemplateFailure `limit` */
  first(text: string, budget: EvaluationBudget): PatternMatch | undefined {
    const { matcher, matchOf } = this.#over(text, budget);
    const registers = matcher.search(0);
    return registers && matchOf(registers);
  }

  /** Whether a match begins where the text does. @throws TemplateFailure `limit` */
  isAtStart(text: string, budget: EvaluationBudget): boolean {
    return this.#over(text, budget).matcher.matchAt(0) !== undefined;
  }

  #over(
    text: string,
    budget: EvaluationBudget,
  ): { matcher: Matcher; matchOf(registers: readonly number[]): PatternMatch } {
    budget.allocate(text.length);
    const characters = [...text];
    const codes = characters.map((character) => character.codePointAt(0) as number);
    // Most texts are of characters of one unit each.
    const cut = (start: number, end: number): string =>
      characters.length === text.length ? text.slice(start, end) : characters.slice(start, end).join("");
    const matchOf = (registers: readonly number[]): PatternMatch => {
      budget.spend(this.#program.groups);
      const partOf = (index: number): string | undefined => {
        const [start = -1, end = -1] = registers.slice(index * 2, index * 2 + 2);
        return start < 0 || end < 0 ? undefined : cut(start, end);
      };
      const groups = Array.from({ length: this.#program.groups }, (_, index) => partOf(index));
      return { start: registers[0] ?? 0, end: registers[1] ?? 0, groups, names: this.#names };
    };
    return { matcher: new Matcher(this.#program, codes, budget), matchOf };
  }
}

const cache = new Map<string, Pattern>();

/** Python's pattern. @throws TemplateFailure for what is not a regular expression, or is too long. */
export function compilePattern(source: string, { ignoreCase = false, multiline = false }: PatternFlags = {}): Pattern {
  if (source.length > maxLength)
    throw new TemplateFailure("limit", `a regular expression of more than ${maxLength} characters`);
  const flags = `${ignoreCase ? "i" : ""}${multiline ? "m" : ""}`;
  const key = `${flags}/${source}`;
  const known = cache.get(key);
  if (known) return known;
  const pattern = new Pattern(source, new Set(flags));
  if (cache.size >= maxEntries) cache.clear();
  cache.set(key, pattern);
  return pattern;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["\\", "\\"],
  ["0", "\0"],
]);

/** Python's replacement text (`\1`, `\g<1>`, `\g<name>`, `\n`) for one match. */
export function expandReplacement(replacement: string, { groups, names }: PatternMatch): string {
  return replacement.replace(
    /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
    (whole, name?: string, index?: string, character?: string) => {
      if (name !== undefined) return groups[/^\d+$/.test(name) ? Number(name) : (names.get(name) ?? -1)] ?? "";
      if (index === undefined) return escapes.get(character ?? "") ?? whole;
      if (Number(index) >= groups.length) return invalid(`invalid group reference ${index}`);
      return groups[Number(index)] ?? "";
    },
  );
}
