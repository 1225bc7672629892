// Filters and tests on addresses against what the collection ansible.utils makes of them (tests/golden/network.json).
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EvaluationBudget } from "../../../../src/ansible/jinja/budget.ts";
import { TemplateFailure } from "../../../../src/ansible/jinja/failure.ts";
import { Templar } from "../../../../src/ansible/jinja/templar.ts";
import { repr } from "../../../../src/ansible/jinja/text.ts";
import { type PythonValue, UnknownFact } from "../../../../src/ansible/jinja/values.ts";
import { golden } from "../../../support/paths.ts";

interface Golden {
  readonly results: readonly { readonly template: string; readonly python?: string; readonly error?: true }[];
}

const { results } = JSON.parse(readFileSync(join(golden, "network.json"), "utf8")) as Golden;

function evaluate(template: string, variables: Readonly<Record<string, PythonValue>> = {}): PythonValue {
  return new Templar((name) => variables[name], new EvaluationBudget()).template(template);
}

test.each(results)("$template", ({ template, python }) => {
  if (python === undefined) expect(() => evaluate(template)).toThrow(TemplateFailure);
  else expect(repr(evaluate(template))).toBe(python);
});

test("the golden file has every filter and test on addresses", () => {
  const names = new Set(
    results.map(({ template }) => /(?:\||is) (?:ansible\.utils\.)?(\w+)[^|]*$/.exec(template)?.[1]),
  );
  expect([...names].sort()).toEqual(
    [
      ["cidr_merge", "hwaddr", "in_network", "ip", "ip4_hex", "ip_address", "ipaddr", "ipmath", "ipsubnet", "ipv4"],
      ["ipv4_address", "ipv6", "ipv6_address", "ipwrap", "mac", "macaddr", "network_in_network", "network_in_usable"],
      ["next_nth_usable", "nthhost", "previous_nth_usable", "reduce_on_network", "subnet_of", "supernet_of"],
    ].flat(),
  );
});

test("the collections' older name is taken as well", () => {
  expect(evaluate("{{ '10.0.0.9/24' | ansible.netcommon.ipaddr('network') }}")).toBe("10.0.0.0");
});

test("an address that only a running host has is unknown and not false", () => {
  const variables = { ip: new UnknownFact("ip is a fact", true) };
  expect(() => evaluate("{{ ip | ipaddr }}", variables)).toThrow("ip is a fact");
});

test("all of IPv6 costs no more than one address", () => {
  expect(evaluate("{{ '::/0' | ipaddr(-1) }}")).toBe("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0");
  expect(evaluate("{{ ['::/1', '8000::/1'] | cidr_merge | first }}")).toBe("::/0");
  expect(evaluate("{{ '::/0' | ipsubnet(128) }}")).toBe(String(2n ** 128n));
});
