// Noise in YAML, templates, inventories and whole checkouts: a value or a clear error, within bounds that are counted, not timed.
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
import { anyHostTemplar } from "../../src/kubespray/any-host.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { evaluateItems } from "../../src/kubespray/items.ts";
import { modern, plant } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

/** Anything may be refused, and only so. */
function orRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof KsoError && thrown.code === "unresolvable" && thrown.message.length > 10) return undefined;
    throw thrown;
  }
}

/** Texts out of the pieces that a grammar is made of: they get further than noise does. */
const made = (pieces: readonly string[], most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: most })
    .map((parts) => parts.join(""));

const jinja = made(
  [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    " ",
    "|",
    ".",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "'",
    '"',
    "\\",
    "\n",
    "~",
    "+",
    "*",
    "**",
    "//",
    "%",
    "==",
    "<",
    " in ",
    " not ",
    " is ",
    " and ",
    " or ",
    " if ",
    " else ",
    "for x in ",
    "endfor",
    "if ",
    "endif",
    "set y = ",
    "raw",
    "endraw",
    "macro m()",
    "endmacro",
    "a",
    "b",
    "d",
    "l",
    "1",
    "9999999999",
    "1.5",
    "none",
    "range(99)",
    "lookup('vars', 'a')",
    "default('x')",
    "version('1.2', '<')",
    "regex_replace('(a+)+', 'b')",
    "select('version', '1', '<')",
    "map('upper')",
    "dict2items",
    "combine({'k': 1})",
    "['a']",
    "[::2]",
    ".split('.')",
    ".items()",
    "defined",
    "loop.index",
  ],
  25,
);
const yaml = made(
  [
    "a",
    "b",
    ": ",
    "- ",
    "\n",
    "  ",
    "    ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&x ",
    "*x",
    "<<: ",
    "!vault ",
    "!unsafe ",
    "!!int ",
    "!!str ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "? ",
    "~",
    "yes",
    "0x1f",
    "1:30",
    "1.5",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "\t",
    "downloads",
    "{{ a }}",
  ],
  30,
);
const ini = made(
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
    fc.property(made(pieces, 20), (text) => void literal(text, new EvaluationBudget(20_000))),
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

test("regular expressions: matches or a reason, and never more steps than were given", () => {
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
      made(pieces, 12),
      fc.constantFrom("a".repeat(40), "ab".repeat(20), `${"a".repeat(39)}c`, "v1.30.4"),
      (source, text) => {
        orRefused(() => [...compilePattern(source).matches(text, new EvaluationBudget(20_000))]);
      },
    ),
    runs,
  );
});

test("checkouts whose files are cut, doubled or filled with noise: items or a reason", () => {
  const paths = Object.keys(modern);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.nat(), fc.oneof(yaml, jinja, fc.constant("")), (path, at, noise) => {
      using folder = temporary();
      const text = modern[path] ?? "";
      const cut = at % (text.length + 1);
      plant(folder.path, { ...modern, [path]: `${text.slice(0, cut)}${noise}${text.slice(cut + (at % 7))}` });
      try {
        const checkout = openCheckout(folder.path);
        evaluateItems(checkout, anyHostTemplar(checkout, "x86_64"));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(KsoError);
      }
    }),
    { numRuns: 150 },
  );
});
