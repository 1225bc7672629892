// No regular expression of kso's own takes more than linear time, whatever text somebody else gives it: each is run by the matcher
// that counts its steps, on texts made of what the expression itself is made of, and twice the text may cost about twice the steps.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { EvaluationBudget } from "../src/ansible/jinja/budget.ts";
import { Pattern } from "../src/ansible/jinja/regex.ts";
import { root } from "./support/paths.ts";

interface Found {
  /** `src/http/netrc.ts: /…/`. */
  readonly name: string;
  readonly source: string;
  readonly flags: string;
}

/** Expressions of texts that are short whatever anybody does, with the bound. */
const bounded: Readonly<Record<string, string>> = {
  "src/ansible/inventory/host-pattern.ts: /(?:[^\\s:[\\]]|\\[[^\\]]{0,200}\\])+/g": "200 characters at each bracket",
};

const literal =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[=(,:[!&|?{};]\s*|=>\s*|return\s+)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+)\/([a-z]*)/g;

const expressions: readonly Found[] = globSync(["src/**/*.ts", "plugins/*.ts"], { cwd: root })
  .sort()
  .flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(literal)].flatMap(([whole, source, flags = ""]) =>
      source === undefined ? [] : [{ name: `${path}: ${whole}`, source, flags }],
    ),
  );

const categories: Readonly<Record<string, string>> = {
  Cc: "\\x00-\\x1f\\x7f-\\x9f",
  Cf: "\\xad\\u200b-\\u200f\\u202a-\\u202e",
  Zl: "\\u2028",
  Zp: "\\u2029",
  Cs: "\\ud800-\\udfff",
  L: "a-zA-Z",
  N: "0-9",
  Nd: "0-9",
  Lu: "A-Z",
};

/** JavaScript's expression in Python's words. */
function pythonOf({ source, flags }: Found): Pattern {
  const translated = source
    .replaceAll("[^]", "[\\s\\S]")
    .replace(/\(\?<(\w+)>/g, "(?P<$1>")
    .replace(/\\k<(\w+)>/g, "(?P=$1)")
    .replace(/\\u\{([0-9a-f]+)\}/gi, (_, hex: string) => `\\U${hex.padStart(8, "0")}`)
    .replace(/\[\^?(?:\\.|[^\]\\])*\]|\\p\{(\w+)\}|\\P\{(\w+)\}/g, (part, inside?: string, outside?: string) => {
      if (inside !== undefined) return `[${categories[inside]}]`;
      if (outside !== undefined) return `[^${categories[outside]}]`;
      return part.replace(/\\p\{(\w+)\}/g, (_, category: string) => categories[category] ?? "");
    });
  return new Pattern(translated, new Set([...flags].filter((flag) => "ims".includes(flag))));
}

/** Characters that the expression names or stands for, and some that it may not. */
function alphabetOf({ source }: Found): string[] {
  const named = source.replace(/\\[a-zA-Z]\{?[\w]*\}?|[()|^$?*+{}]/g, "").replace(/[\\[\]]/g, "");
  return [...new Set([...named, "a", "A", "0", " ", "\n", "-", "[", "]", '"', "\\"])].slice(0, 24);
}

/** Steps, of all matches or of the first one, as the expression is used. */
function stepsOf(pattern: Pattern, text: string, flags: string): number {
  const budget = new EvaluationBudget(100_000);
  try {
    if (flags.includes("g")) for (const _ of pattern.matches(text, budget));
    else if (flags.includes("y")) pattern.isAtStart(text, budget);
    else pattern.first(text, budget);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  return budget.spent;
}

const length = 120;
/** Without a repetition that has no bound the work at each place is bounded. */
const repeats = /[*+]|\{\d+,\}/;

/** A text on which the steps grow faster than the text; undefined where none was found. */
function slowText(found: Found): string | undefined {
  const pattern = pythonOf(found);
  const alphabet = alphabetOf(found);
  const units = [...alphabet, ...alphabet.slice(0, 5).flatMap((a) => alphabet.slice(0, 5).map((b) => a + b))];
  // Before the run what the expression may begin with, behind it what it may not end with.
  const starts = ["", ...alphabet.slice(0, 3)];
  for (const unit of units)
    for (const start of starts)
      for (const end of ["\u0001"]) {
        const [once, twice] = [length, length * 2].map((size) =>
          stepsOf(pattern, start + unit.repeat(size / unit.length) + end, found.flags),
        ) as [number, number];
        if (twice === Number.POSITIVE_INFINITY || (twice > 60 && twice / once > 2.7))
          return `${JSON.stringify(`${start}${unit}…${end}`)}: ${once}, ${twice}`;
      }
  return undefined;
}

test("the expressions are found", () => {
  expect(expressions.length).toBeGreaterThan(300);
  expect(expressions.map(({ name }) => name)).toContain("src/http/netrc.ts: /\\r?\\n[ \\t]*\\r?\\n|$/g");
});

const repeating = expressions.filter(({ name, source }) => repeats.test(source) && !Object.hasOwn(bounded, name));

test.each(repeating.map((found) => [found.name, found] as const))(
  "%s",
  (_, found) => {
    expect(slowText(found)).toBeUndefined();
  },
  60_000,
);

test("what is said to be short is an expression that is there", () => {
  const names = expressions.map(({ name }) => name);
  expect(Object.keys(bounded).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(["(a+)+$", "\\n+$", "^(.*)*x", "\\s*,\\s*$", '^".*"$|a*a*b'])("%s would be found", (source) => {
  expect(slowText({ name: "", source, flags: "" })).toBeDefined();
});
