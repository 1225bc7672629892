import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EvaluationBudget } from "../../../src/ansible/jinja/budget.ts";
import { TemplateFailure } from "../../../src/ansible/jinja/failure.ts";
import { compilePattern, expandReplacement } from "../../../src/ansible/jinja/regex.ts";
import { golden } from "../../support/paths.ts";

type Found = readonly [start: number, end: number, groups: readonly (string | null)[]];
/** What `re.finditer` of Python 3.11 gives for patterns made at random; null where `re.compile` refuses them. */
const cases: readonly (readonly [pattern: string, text: string, found: readonly Found[] | null])[] = JSON.parse(
  readFileSync(join(golden, "python-regular-expressions.json"), "utf8"),
);

const found = (pattern: string, text: string): Found[] =>
  [...compilePattern(pattern).matches(text, new EvaluationBudget())].map(({ start, end, groups }) => [
    start,
    end,
    groups.map((group) => group ?? null),
  ]);

describe("as Python has it", () => {
  test.each(cases)("%j on %j", (pattern, text, expected) => {
    if (expected === null) expect(() => compilePattern(pattern)).toThrow("is no regular expression");
    else expect(found(pattern, text)).toEqual(expected as Found[]);
  });

  test("the golden file has patterns that match, that do not and that are none", () => {
    expect(cases.length).toBe(500);
    expect(cases.filter(([, , expected]) => expected === null).length).toBe(100);
    expect(cases.filter(([, , expected]) => expected?.length === 0).length).toBeGreaterThan(5);
  });

  // https://docs.python.org/3/library/re.html, where random patterns seldom come.
  test.each<[pattern: string, text: string, found: readonly string[]]>([
    ["(?>a+)b", "aab", ["aab"]],
    ["(?>a+)ab", "aab", []],
    ["a++b", "aab", ["aab"]],
    ["a++ab", "aab", []],
    ["(?<=ab|cd)e", "abe cde ae", ["e", "e"]],
    ["(?<!\\d)\\d{2}(?!\\d)", "12 345 67", ["12", "67"]],
    ["(?P<q>['\"]).*?(?P=q)", `'a' "b"`, ["'a'", '"b"']],
    ["(?i:A)b", "ab aB AB", ["ab"]],
    ["(?i)É", "é", ["é"]],
    ["[\\w-]+", "a-b_c d", ["a-b_c", "d"]],
    ["\\x41\\u0042\\103", "ABC", ["ABC"]],
    ["[\\b]", "\b", ["\b"]],
    ["\\d+", "٣4", ["٣4"]],
    ["x{,2}y", "xxxy", ["xxy"]],
    ["{x}", "{x}", ["{x}"]],
    ["$", "a\n", ["", ""]],
    ["(a)|b(?!\\1)", "b", ["b"]],
  ])("%s on %s", (pattern, text, expected) => {
    expect(found(pattern, text).map(([, , [whole]]) => whole as string)).toEqual([...expected]);
  });

  test.each(["(?<=a+)b", "(?<n>a)", "\\q", "(?P<n>a)(?P<n>b)", "[b-a]", "(a", "a)", "\\2(a)", "(?x)a", "a{99999}"])(
    "%s is refused",
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow(TemplateFailure);
    },
  );
});

describe("a pattern that takes too long ends with a reason, and never with an answer that is wrong", () => {
  test.each([
    ["(a+)+b", "a".repeat(5000)],
    ["[^](a+)+$]|(a+)+b", "a".repeat(60)],
    ["a*a*a*a*a*b", "a".repeat(1000)],
    ["(a|a)*b", "a".repeat(60)],
    ["(a|a)*b", "a".repeat(900_000)],
    ["((a*)*)*b", "a".repeat(3000)],
    ["(?:(?=(a+))a)*b", "a".repeat(3000)],
    ["(?:a?){900}b", "a".repeat(500)],
    ["(.*)(.*)(.*)\\1\\2\\3x", "ab".repeat(500)],
  ])("%s", (pattern, text) => {
    const failure = ((): unknown => {
      try {
        return compilePattern(pattern).first(text, new EvaluationBudget(50_000));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(failure).toBeInstanceOf(TemplateFailure);
    expect((failure as TemplateFailure).kind).toBe("limit");
  });

  test("and one that only looks so is answered", () => {
    expect(found("(a+)+$", "a".repeat(60)).length).toBe(1);
    expect(found("[^](a+)+$]", "a".repeat(60))).toEqual([]);
  });

  test("a large program is refused before it is made", () => {
    expect(() => compilePattern("((((ab){99}){99}){99}){99}")).toThrow("repeats too much");
    expect(() => compilePattern("a".repeat(1001))).toThrow("more than 1000 characters");
  });
});

test("a match is paid for by what it looks at, so twice the text costs about twice", () => {
  const cost = (size: number): number => {
    const budget = new EvaluationBudget();
    for (const _ of compilePattern("([a-z]+)-(\\d+)").matches("abc-12 ".repeat(size), budget));
    return budget.spent;
  };
  expect(cost(2000) / cost(1000)).toBeWithin(1.8, 2.2);
});

test("a replacement names groups by number, and by name", () => {
  const match = compilePattern("(?P<n>a)(b)?").first("xab", new EvaluationBudget());
  if (!match) throw new Error("it does not match");
  expect(expandReplacement("[\\1\\g<n>\\g<2>\\\\\\n]", match)).toBe("[aab\\\n]");
  expect(() => expandReplacement("\\7", match)).toThrow("invalid group reference 7");
});
