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

test("a host of a hundred thousand ranges is refused", () => {
  expect(() => expandHostPattern("[a:a]".repeat(100_000), "hosts.ini:1")).toThrow(KsoError);
});

/** A graph that counts the steps between groups and hosts. */
function counted(graph: InventoryGraph): { readonly graph: InventoryGraph; readonly steps: () => number } {
  let steps = 0;
  const count = graph.countSteps.bind(graph);
  graph.countSteps = (more) => {
    steps += more;
    count(more);
  };
  return { graph, steps: () => steps };
}

test.each([
  ["a chain", chain, 1],
  [
    "a chain with an empty group beside each",
    (level: number) => [...chain(level), [`a${level}`, `e${level}`] as const],
    2,
  ],
  ["a chain from its end", (level: number) => chain(6000 - 1 - level), 1],
  ["diamonds", diamond, 3],
])("%s of 6,000 groups takes steps in proportion to its groups", (_, edges, groupsPerLevel) => {
  const depth = 6000;
  const { graph, steps } = counted(nested(depth, edges));
  const { hosts, groups } = resolveHosts(graph, files);
  expect(hosts[0]?.groups).toContain("a0");
  expect(groups.get("a0")).toEqual(["h"]);
  expect(groups.get(`a${depth - 1}`)).toEqual(["h"]);
  expect(steps()).toBeLessThan(10 * depth * groupsPerLevel);
});

test("hosts all the way down are too many members in common", () => {
  const graph = nested(5000, chain);
  for (let level = 0; level < 5000; level++) graph.addHost(`h${level}`, `a${level}`, new Map());
  expect(() => resolveHosts(graph, files)).toThrow("have too many members in common");
});

test("members come level by level, by whatever ways", () => {
  const graph = new InventoryGraph();
  for (const [parent, child] of [
    ["top", "long"],
    ["top", "short"],
    ["top", "empty"],
    ["long", "longer"],
    ["longer", "x"],
    ["short", "y"],
  ] as const)
    graph.addChild(parent, child);
  graph.addHost("in-x", "x", new Map());
  graph.addHost("in-y", "y", new Map());
  const { groups } = resolveHosts(graph, files);
  expect([...["top", "long", "short", "empty"].map((name) => groups.get(name))]).toEqual([
    ["in-y", "in-x"],
    ["in-x"],
    ["in-y"],
    [],
  ]);
});

test("a group that is its own ancestor is named with its parent", () => {
  const graph = nested(20, chain);
  graph.addChild("a7", "a5");
  expect(() => graph.topDown()).toThrow(/"a[5-7]" is a child and a parent of "a[5-7]"/);
  graph.addChild("self", "self");
  expect(() => resolveHosts(graph, files)).toThrow("is a child and a parent of");
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
