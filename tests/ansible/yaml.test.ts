// YAML against what PyYAML, which Ansible reads with, makes of it (tests/golden/yaml.json).
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repr } from "../../src/ansible/jinja/text.ts";
import { type Dict, UnsafeText, VaultEncrypted } from "../../src/ansible/jinja/values.ts";
import { readYaml } from "../../src/ansible/yaml.ts";
import { KsoError } from "../../src/core/errors.ts";
import { golden } from "../support/paths.ts";

interface Golden {
  readonly results: readonly { readonly yaml: string; readonly python?: string; readonly error?: true }[];
}

const { results } = JSON.parse(readFileSync(join(golden, "yaml.json"), "utf8")) as Golden;
// PyYAML makes a date of it; printed, as templates do, it is the text it was.
const dates = new Set(["a: 2001-12-14"]);

test.each(results.filter(({ yaml }) => !dates.has(yaml)))("$yaml", ({ yaml, python }) => {
  if (python === undefined) expect(() => readYaml(yaml, "file.yml")).toThrow(KsoError);
  else expect(repr(readYaml(yaml, "file.yml"))).toBe(python);
});

const at = (yaml: string): unknown => (readYaml(yaml, "file.yml") as Dict).get("a");

test("Ansible's own tags", () => {
  expect(at('a: !unsafe "{{ x }}"')).toEqual(new UnsafeText("{{ x }}"));
  expect(at("a: !unsafe [x]")).toEqual([new UnsafeText("x")]);
  expect(at("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n")).toBeInstanceOf(VaultEncrypted);
  expect(readYaml("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "file.yml")).toBeInstanceOf(VaultEncrypted);
});

test.each([
  ["a: !!python/object:os.system x", "unknown scalar tag"],
  ["a: &a [*a]", "recursive alias"],
  [`a: ${"[".repeat(200)}`, "nesting"],
  [`x: &x [1]\na: [${"*x,".repeat(2000)}]`, "alias"],
  ["? [1]\n: b", "unhashable"],
])("%s is refused with the place", (yaml, word) => {
  expect(() => readYaml(yaml, "file.yml")).toThrow(word);
  expect(() => readYaml(yaml, "file.yml")).toThrow("Cannot read file.yml: ");
});

test("many lines that are not indented cost bounded time", () => {
  const long = `a: [\n${"x,\n".repeat(5000)}]\n`;
  expect(() => readYaml(long, "file.yml")).toThrow("Cannot read file.yml: deficient indentation");
});
