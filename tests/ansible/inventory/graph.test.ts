// Hostile inventories: groups in groups, and names of hosts, cost bounded time.
import { expect, test } from "bun:test";
import { InventoryGraph } from "../../../src/ansible/inventory/graph.ts";
import { hostsOfParts, partsOf } from "../../../src/ansible/inventory/host-pattern.ts";
import { resolveHosts } from "../../../src/ansible/inventory/hosts.ts";
import { expandHostPattern } from "../../../src/ansible/inventory/patterns.ts";
import { VariableFiles } from "../../../src/ansible/inventory/variable-files.ts";
import { KsoError } from "../../../src/core/errors.ts";

/** A graph with a host in the last group. */
function nested(depth: number, edges: (level: number) => readonly (readonly [string, string])[]): InventoryGraph {
  const graph = new InventoryGraph();
  for (let level = 0; level < depth; level++) for (const [parent, child] of edges(level)) graph.addChild(parent, child);
  graph.addHost("h", `a${depth}`, new Map());
  return graph;
}

const chain = (level: number): readonly (readonly [string, string])[] => [[`a${level}`, `a${level + 1}`]];
const diamond = (level: number): readonly (readonly [string, string])[] =>
  ["b", "c"].flatMap((side) => [
    [`a${level}`, `${side}${level}`],
    [`${side}${level}`, `a${level + 1}`],
  ]);
const files = new VariableFiles([]);

test.each([
  ["a chain of 10,000 groups", () => resolveHosts(nested(10_000, chain), files)],
  ["a chain of 10,000 groups from its end", () => nested(10_000, (level) => chain(10_000 - level))],
  ["a chain of 5,000 diamonds", () => resolveHosts(nested(5000, diamond), files)],
  ["a host of a hundred thousand ranges", () => expandHostPattern("[a:a]".repeat(100_000), "hosts.ini:1")],
])("%s is refused", (_, act) => {
  const start = performance.now();
  expect(act).toThrow(KsoError);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("hundreds of diamonds are no matter", () => {
  const { hosts, groups } = resolveHosts(nested(300, diamond), files);
  expect(hosts[0]?.groups).toHaveLength(901);
  expect(groups.get("a0")).toEqual(["h"]);
});

test.each(["[", "[!", "[a]", "[1:", ":["])("a pattern of nothing but %s takes the time of its length", (part) => {
  const pattern = part.repeat(100_000);
  const start = performance.now();
  try {
    hostsOfParts(partsOf(pattern), { hosts: [{ name: "a".repeat(200) }], groups: new Map([["g", ["a"]]]) });
    hostsOfParts([pattern], { hosts: [{ name: "a".repeat(200) }], groups: new Map([["g", ["a"]]]) });
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KsoError);
  }
  expect(performance.now() - start).toBeLessThan(10_000);
});
