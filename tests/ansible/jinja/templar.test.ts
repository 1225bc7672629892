// Templates against what Ansible's own Templar makes of them (tests/golden/templates.json), and the limits that Ansible does not have.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EvaluationBudget } from "../../../src/ansible/jinja/budget.ts";
import { TemplateFailure } from "../../../src/ansible/jinja/failure.ts";
import { Templar } from "../../../src/ansible/jinja/templar.ts";
import { repr } from "../../../src/ansible/jinja/text.ts";
import { Dict, type PythonValue, VaultEncrypted } from "../../../src/ansible/jinja/values.ts";
import { readYaml } from "../../../src/ansible/yaml.ts";
import { golden } from "../../support/paths.ts";

interface Golden {
  readonly variables: string;
  readonly results: readonly { readonly template: string; readonly python?: string; readonly error?: true }[];
}

const expected = JSON.parse(readFileSync(join(golden, "templates.json"), "utf8")) as Golden;
const variables = readYaml(expected.variables, "variables");

function templar(further: Record<string, PythonValue> = {}, budget = new EvaluationBudget()): Templar {
  const values = new Map<string, PythonValue>([["omit", "__omit_place_holder__"], ...Object.entries(further)]);
  return new Templar((name) => values.get(name) ?? (variables as Dict).get(name), budget);
}

const failureOf = (template: string, further: Record<string, PythonValue> = {}): TemplateFailure => {
  try {
    templar(further).template(template);
  } catch (thrown) {
    if (thrown instanceof TemplateFailure) return thrown;
    throw thrown;
  }
  throw new Error(`${template} has a value`);
};

test.each(expected.results)("$template", ({ template, python }) => {
  if (python === undefined) expect(() => templar().template(template)).toThrow(TemplateFailure);
  else expect(repr(templar().template(template))).toBe(python);
});

test("the golden file has hundreds of templates", () => {
  expect(expected.results.length).toBeGreaterThan(300);
});

test("a chain of variables names itself where it breaks", () => {
  const { kind, message } = failureOf("{{ a }}", { a: "{{ b }}/x", b: "{{ missing_one }}" });
  expect(kind).toBe("undefined");
  expect(message).toBe("a: b: 'missing_one' is undefined");
});

test("a circle is named and not followed", () => {
  expect(failureOf("{{ a }}", { a: "{{ b }}", b: "{{ a }}" }).message).toContain("a → b → a");
});

test("an encrypted value is carried, and named by whoever needs it", () => {
  const secret = new VaultEncrypted("password (group_vars/all/secret.yml)");
  expect(templar({ secret }).template("{{ secret is defined }}")).toBeTrue();
  expect(failureOf("{{ secret ~ 'x' }}", { secret }).message).toContain("password (group_vars/all/secret.yml)");
});

// Each of these is code, or a file, to an engine that compiles templates or hands out its own objects.
test.each([
  "{{ ''.constructor.constructor('return process')() }}",
  "{{ [].constructor }}",
  "{{ ({}).__proto__.polluted }}",
  "{{ d.__class__.__mro__ }}",
  "{{ s.constructor }}",
  "{{ d['constructor'] }}",
  "{{ d.hasOwnProperty('a') }}",
  "{{ range.constructor('return 1')() }}",
  "{{ lookup('pipe', 'touch /tmp/kso-was-here') }}",
  "{{ lookup('file', '/etc/passwd') }}",
  "{{ lookup('env', 'HOME') }}",
  "{{ query('url', 'http://example.invalid') }}",
  "{% include '/etc/passwd' %}",
  "{% import 'os' as os %}",
  "{{ now() }}",
])("%s reaches nothing", (template) => {
  expect(() => templar().template(template)).toThrow(TemplateFailure);
});

test("a dictionary's own key wins over nothing of JavaScript's", () => {
  const d = new Dict([["constructor", "mine"]]);
  expect(templar({ d }).template("{{ d.constructor }}")).toBe("mine");
});

test.each([
  "{{ 'a' is match('b')[::2] }}",
  "{{ 'a' is match('b')[0] }}",
  "{{ ['a'] | first()[0] }}",
  "{{ ['a'] | first().b }}",
  "{{ ['a'] | first()() }}",
])("%s is no template of Jinja's", (template) => {
  expect(() => templar().template(template)).toThrow(TemplateFailure);
});

test.each<[string, string]>([
  ["a long text", "{{ 'a' * 1000000000 }}"],
  ["a long list", "{{ range(1000000000) | list }}"],
  ["a huge number", "{{ 9 ** 9 ** 9 ** 9 }}"],
  ["a long loop", "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}"],
  ["a wide indent", "{{ 'x' | indent(999999999) }}"],
  ["many zeros", "{{ 'x'.zfill(999999999) }}"],
  ["a pattern of many repetitions", "{{ ('a' * 1000) | regex_replace('a*a*a*a*a*b', '') }}"],
  ["a pattern that repeats a repetition", "{{ ('a' * 60) | regex_replace('(a+)+b', '') }}"],
  ["a pattern that repeats a choice", "{{ ('a' * 60) | regex_search('(a|a)*b') }}"],
  ["deep parentheses", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`],
  ["a long run of blanks", `{{ x${" ".repeat(50_000)} }}`],
  ["a long template", "{{ s }}".repeat(50_000)],
])("%s ends at a limit", (_, template) => {
  expect(() => templar().template(template)).toThrow(TemplateFailure);
});

test("variables that double one another end at a limit", () => {
  const further = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`v${at}`, at === 0 ? "xxxxxxxx" : `{{ v${at - 1} }}{{ v${at - 1} }}`]),
  );
  expect(failureOf("{{ v39 }}", further).kind).toBe("limit");
});
