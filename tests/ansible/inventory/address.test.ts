// Hosts with ports. The expected ones are what ansible-core 2.14's parse_address makes of the same texts.
import { expect, test } from "bun:test";
import { isHostAddress, withoutPort } from "../../../src/ansible/inventory/address.ts";

test.each([
  ["node1", "node1"],
  ["node1:2222", "node1"],
  ["node[1:3].example:22", "node[1:3].example"],
  ["10.0.0.1:22", "10.0.0.1"],
  ["10.0.0.[1:9]:22", "10.0.0.[1:9]"],
  ["fd00::1", "fd00::1"],
  ["fd00::1:22", "fd00::1:22"],
  ["[fd00::1]:22", "fd00::1"],
  ["[node1]:22", "node1"],
  ["fd00::[1:9]", "fd00::[1:9]"],
  ["-node:22", "-node:22"],
  ["knöten:22", "knöten"],
])("%s is %s", (text, host) => {
  expect(withoutPort(text)).toBe(host);
});

test("what is a host's address", () => {
  for (const text of ["a", "a.b-c", "1.2.3.4", "::1", "fd00::", "a[1:3]", "1:2:3:4:5:6:7:8"])
    expect([text, isHostAddress(text)]).toEqual([text, true]);
  for (const text of ["", "a:b", "a:&b", "*.x", "a b", "!a", "~a", "a_"])
    expect([text, isHostAddress(text)]).toEqual([text, false]);
});

test("a long name takes the time of its length", () => {
  const start = performance.now();
  for (const text of ["a-".repeat(5000), `${"a.".repeat(5000)}!`, `${":".repeat(5000)}x`])
    expect(isHostAddress(text)).toBeFalse();
  for (const text of ["a-".repeat(499), `${"a.".repeat(499)}!`, `${"1:".repeat(499)}x`])
    expect(isHostAddress(text)).toBeFalse();
  expect(performance.now() - start).toBeLessThan(1000);
});
