import { describe, expect, test } from "bun:test";
import { EvaluationBudget } from "../../../src/ansible/jinja/budget.ts";
import { TemplateFailure } from "../../../src/ansible/jinja/failure.ts";
import { Templar } from "../../../src/ansible/jinja/templar.ts";
import { Dict, type PythonValue } from "../../../src/ansible/jinja/values.ts";
import { readYaml } from "../../../src/ansible/yaml.ts";

/** Lists of lists by aliases, eight deep: sixteen million elements in a few lines. */
const nest = (names: string): string =>
  `${names[0]}: &${names[0]} [x, x, x, x, x, x, x, x]
${[...names.slice(1)].map((name, index) => `${name}: &${name} [${Array(8).fill(`*${names[index]}`).join(", ")}]`).join("\n")}
`;
// The second is equal to the first, and shares nothing with it.
const aliases = `${nest("abcdefgh")}k: *h\n${nest("ABCDEFGH")}K: *H\n`;
const nested = new Map((readYaml(aliases, "vars.yml") as Dict).entries() as [string, PythonValue][]);

function templarOf(size: number, budget: EvaluationBudget): Templar {
  const made: Record<string, PythonValue> = {
    s: "x".repeat(size * 50),
    newlines: `${"\n".repeat(size * 50)}x`,
    list: Array.from({ length: size }, (_, index) => `h${index}`),
    table: new Dict(Array.from({ length: size }, (_, index) => [`k${index}`, BigInt(index)])),
    floats: Array.from({ length: size }, (_, index) => index + 0.5),
  };
  return new Templar((name) => made[name] ?? nested.get(name), budget);
}

function failureOf(template: string): unknown {
  try {
    return templarOf(2000, new EvaluationBudget(200_000)).template(template);
  } catch (thrown) {
    return thrown;
  }
}

describe("what is far larger than its text ends at a limit", () => {
  const deep = (name: string, inner: string): string =>
    `{% set ns = namespace(x=${name}, y=${name}) %}{% for i in range(20000) %}{% set ns.x = ${inner} %}{% set ns.y = ${inner.replaceAll("ns.x", "ns.y")} %}{% endfor %}`;
  test.each([
    ["{{ k | to_json }}"],
    ["{{ k | to_nice_json }}"],
    ["{{ k | string }}"],
    ["{{ k }}"],
    ["{{ k ~ '' }}"],
    ["{{ k == K }}"],
    ["{{ [k] | difference([K]) }}"],
    ["{{ [k, K] | unique }}"],
    ["{{ [k] | union([K]) }}"],
    ["{{ k in [K] }}"],
    ["{{ k < K }}"],
    ["{{ k | flatten | length }}"],
    ["{{ k | map('flatten') | list | length }}"],
    ["{{ '%s' | format(k) }}"],
    ["{{ '{}'.format(k) }}"],
    ["{{ k | join }}"],
    [`{% set a = ('x', 'x') %}${"{% set a = (a, a) %}".repeat(40)}{{ {a: 1} }}`],
    [`${deep("[1]", "[ns.x]")}{{ ns.x == ns.y }}`],
    [`${deep("[1]", "[ns.x]")}{{ ns.x < ns.y }}`],
    [`${deep("[1]", "[ns.x]")}{{ ns.x }}`],
    [`${deep("[1]", "[ns.x]")}{{ ns.x | to_json }}`],
    [`${deep("{'a': 1}", "{'a': ns.x}")}{{ ns.x | combine(ns.y, recursive=true) }}`],
    [`{{ ${"[".repeat(20_000)}${"]".repeat(20_000)} }}`],
    ["{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}"],
  ])("%s", (template) => {
    const failure = failureOf(template);
    expect(failure).toBeInstanceOf(TemplateFailure);
    expect((failure as TemplateFailure).kind).toBe("limit");
    expect((failure as Error).message).not.toContain("call stack");
  });
});

/** Steps of an expression over operands of a size. */
function costOf(expression: string, size: number): number {
  const budget = new EvaluationBudget();
  templarOf(size, budget).template(`{% if ${expression} %}{% endif %}`);
  return budget.spent;
}

// Each looks at all of its operand, however little it gives back.
test.each([
  "s | length",
  "s is lower",
  "s | upper",
  "s.startswith(s)",
  "s.isalpha()",
  "s.isdigit()",
  "s.strip()",
  "s.capitalize()",
  "s.removesuffix('y')",
  "s[0]",
  "s | bool",
  "s | quote",
  "s | basename",
  "s | urlencode",
  "s | b64encode",
  "s is match('y')",
  "s == s ~ ''",
  "s.find('y')",
  "s.count('y')",
  "s | replace('y', '')",
  "table | dict2items",
  "table | length",
  "table.keys()",
  "table.items()",
  "dict(table)",
  "namespace(table)",
  "list is all",
  "list | first",
  "list | length",
  "list.copy()",
  "list + list",
  "list | zip(list)",
  "list | sort",
  "list[::-1]",
  "list is subset(['a'])",
])("%s costs about twice as much for twice as much", (expression) => {
  const [none, once, twice] = [costOf(expression, 10), costOf(expression, 1010), costOf(expression, 2010)];
  expect((twice - none) / (once - none)).toBeWithin(1.7, 2.5);
});

test("newlines at the end of a text are counted from the end", () => {
  const template = "{{ newlines }}";
  expect(templarOf(18_000, new EvaluationBudget()).template(template)).toHaveLength(900_001);
});

test("a precision that the engine does not have is refused", () => {
  expect(() => templarOf(1, new EvaluationBudget()).template("{{ '%.999f' | format(1) }}")).toThrow(
    "a precision of more than 100",
  );
});

test("a long number in any base", () => {
  const templar = templarOf(1, new EvaluationBudget());
  expect(templar.template("{{ 'zz9' | int(base=36) }}")).toBe(String(Number.parseInt("zz9", 36)));
  expect(templar.template("{{ '12345678901234567890x' | int(base=7) }}")).toBe("0");
  expect(templar.template("{{ '12345601234560123456' | int(base=7) }}")).toBe(
    String([..."12345601234560123456"].reduce((sum, digit) => sum * 7n + BigInt(digit), 0n)),
  );
});
