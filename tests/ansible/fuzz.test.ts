// Noise in YAML, templates and inventories: a value or a clear error, within bounds that are counted, not timed.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { InventoryGraph } from "../../src/ansible/inventory/graph.ts";
import { readIniInventory } from "../../src/ansible/inventory/ini.ts";
import { readYamlInventory } from "../../src/ansible/inventory/yaml.ts";
import { EvaluationBudget } from "../../src/ansible/jinja/budget.ts";
import { literal } from "../../src/ansible/jinja/literal.ts";
import { compilePattern } from "../../src/ansible/jinja/regex.ts";
import { Templar } from "../../src/ansible/jinja/templar.ts";
import { Dict, type PythonValue } from "../../src/ansible/jinja/values.ts";
import { readYaml } from "../../src/ansible/yaml.ts";
import { KsoError } from "../../src/core/errors.ts";
import { jinja, noise, orRefused, yaml } from "../support/noise.ts";

const ini = noise(
  [
    "[",
    "]",
    "a",
    "b",
    ":vars",
    ":children",
    "\n",
    " ",
    "=",
    "'",
    '"',
    "#",
    ";",
    "\\",
    "[1:3]",
    "[a:c]",
    "[01:10:2]",
    "[1:99999]",
    ":22",
    "x=1",
    "y=[1, 2]",
    "z={'a': 1}",
    "all",
  ],
  30,
);
const runs = { numRuns: 1500 };

test("templates: a value or a reason, and never more steps than were given", () => {
  const variables: Readonly<Record<string, PythonValue>> = {
    a: "{{ b }}-{{ d.k }}",
    b: "v1.2.3",
    d: new Dict([
      ["k", "x"],
      ["1", 2n],
    ]),
    l: ["1.10", "1.9", null, 3n],
  };
  fc.assert(
    fc.property(jinja, (template) => {
      const templar = new Templar(
        (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
        new EvaluationBudget(20_000),
      );
      orRefused(() => templar.template(template));
      orRefused(() => templar.conditionHolds(template));
    }),
    runs,
  );
});

test("a template inside braces says the same as the text that it is made of, or is refused", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const templar = new Templar((name) => (name === "it" ? text : undefined), new EvaluationBudget(20_000));
      if (/\{[{%#]/.test(text)) return;
      const value = templar.template("{{ it }}");
      // Only what looks like a list, a dictionary or a boolean becomes one.
      if (!/^[[{]|^(?:True|False)$/.test(text)) expect(value).toBe(text);
    }),
    runs,
  );
});

test("YAML: a value or a reason with the file's name", () => {
  fc.assert(
    fc.property(yaml, (text) => {
      try {
        readYaml(text, "file.yml");
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(KsoError);
        expect((thrown as Error).message).toStartWith("Cannot read file.yml: ");
      }
    }),
    runs,
  );
});

test("literals: a value or none", () => {
  const pieces = [
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    "'",
    '"',
    "\\",
    "1",
    "-",
    "1.5",
    "e5",
    "True",
    "null",
    " ",
    "\n",
    "0x1",
    "_",
  ];
  fc.assert(
    fc.property(noise(pieces, 20), (text) => void literal(text, new EvaluationBudget(20_000))),
    runs,
  );
});

test("inventories: hosts or a reason", () => {
  fc.assert(
    fc.property(ini, (text) => void orRefused(() => readIniInventory(text, "hosts.ini", new InventoryGraph()))),
    runs,
  );
  fc.assert(
    fc.property(
      yaml,
      (text) => void orRefused(() => readYamlInventory(readYaml(text, "hosts.yml"), "hosts.yml", new InventoryGraph())),
    ),
    runs,
  );
});

test("regular expressions: what is let through takes no more than a moment on the text that it is for", () => {
  const pieces = [
    "a",
    "b",
    ".",
    "*",
    "+",
    "?",
    "(",
    ")",
    "(?:",
    "|",
    "[ab]",
    "[^a]",
    "{2}",
    "{1,3}",
    "^",
    "$",
    "\\d",
    "\\.",
    "(?=",
    "(?!",
    "\\1",
  ];
  fc.assert(
    fc.property(
      noise(pieces, 12),
      fc.constantFrom("a".repeat(40), "ab".repeat(20), `${"a".repeat(39)}c`, "v1.30.4"),
      (source, text) => {
        orRefused(() => text.replace(compilePattern(source, text), ""));
      },
    ),
    runs,
  );
});
