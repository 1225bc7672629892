// Every filter, comparison and serialisation spends the same budget: aliases make a few hundred characters of YAML billions of values.
import { expect, test } from "bun:test";
import { EvaluationBudget } from "../../../src/ansible/jinja/budget.ts";
import { TemplateFailure } from "../../../src/ansible/jinja/failure.ts";
import { Templar } from "../../../src/ansible/jinja/templar.ts";
import { Dict } from "../../../src/ansible/jinja/values.ts";
import { readYaml } from "../../../src/ansible/yaml.ts";

/** A list of nine lists of nine lists …: nine levels, by aliases. */
function nestedLists(): string {
  const level = (index: number): string =>
    `a${index}: &a${index} [${Array(9)
      .fill(index === 0 ? "x" : `*a${index - 1}`)
      .join(", ")}]`;
  return Array.from({ length: 9 }, (_, index) => level(index)).join("\n");
}

/** A dictionary that has the same dictionary twice, thirty levels down. */
function nestedDictionaries(): string {
  const level = (index: number): string =>
    index === 0 ? "d0: &d0 {k: x}" : `d${index}: &d${index} {k: *d${index - 1}, l: *d${index - 1}}`;
  return Array.from({ length: 30 }, (_, index) => level(index)).join("\n");
}

function evaluate(template: string): unknown {
  // Read twice, so that what is compared is equal and not the same.
  const files = ["one", "other"].map((where) => readYaml(`${nestedLists()}\n${nestedDictionaries()}`, where) as Dict);
  const variables = new Dict([
    ["list", files[0]?.get("a8") ?? null],
    ["alike", files[1]?.get("a8") ?? null],
    ["dict", files[0]?.get("d29") ?? null],
    ["likewise", files[1]?.get("d29") ?? null],
    ["long", "x".repeat(100_000)],
  ]);
  return new Templar((name) => variables.get(name), new EvaluationBudget()).template(template);
}

test.each([
  "{{ list == alike }}",
  "{{ list != alike }}",
  "{{ list < alike }}",
  "{{ list >= alike }}",
  "{{ list in [alike] }}",
  "{{ [list] | difference([alike]) }}",
  "{{ [list] | union([alike]) }}",
  "{{ [list] | intersect([alike]) }}",
  "{{ [list] | symmetric_difference([alike]) }}",
  "{{ [list, alike] | unique }}",
  "{{ [list, alike] | sort }}",
  "{{ [list, alike] | max }}",
  "{{ [list].index(alike) }}",
  "{{ [list].count(alike) }}",
  "{{ list is eq(alike) }}",
  "{{ list is lt(alike) }}",
  "{{ list is in([alike]) }}",
  "{{ [list] is contains(alike) }}",
  "{{ list | string }}",
  "{{ list | to_json }}",
  "{{ list | to_nice_json }}",
  "{{ list | tojson }}",
  "{{ list | flatten }}",
  "{{ list | ipaddr }}",
  "{{ list | join(',') }}",
  "{{ dict == likewise }}",
  "{{ dict in [likewise] }}",
  "{{ {'a': dict} | combine({'a': likewise}, recursive=true) }}",
  "{{ dict | string }}",
  "{{ dict | to_json }}",
  "{{ ([[long] * 100] * 100) | string }}",
  "{{ ([[long] * 100] * 100) | to_json }}",
  "{{ ('ab' * 200000 ~ 'ba') in ('ab' * 400000) }}",
])("%s ends at a limit", (template) => {
  try {
    evaluate(template);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(TemplateFailure);
    expect((thrown as TemplateFailure).kind).toBe("limit");
    return;
  }
  throw new Error("it has a value");
});

test("a comparison of texts is that of code points, whatever follows", () => {
  expect(evaluate("{{ ['\u{1f600}', '\ufffd', 'a', 'ab'] | sort }}")).toEqual(["a", "ab", "\ufffd", "\u{1f600}"]);
  expect(evaluate("{{ ['\u{1f601}', '\u{1f600}'] | sort }}")).toEqual(["\u{1f600}", "\u{1f601}"]);
});
