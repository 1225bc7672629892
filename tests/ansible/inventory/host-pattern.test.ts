// Host patterns. The expected hosts are what `ansible-inventory`'s own manager (ansible-core 2.14) answers to the same patterns.
import { expect, test } from "bun:test";
import { matchingHosts, namesInPattern } from "../../../src/ansible/inventory/host-pattern.ts";

const host = (name: string) => ({ name, groups: [], sources: [] });
const inventory = {
  hosts: ["cp1", "cp2", "w1", "w2", "w10", "db.example"].map(host),
  groups: new Map([
    ["all", ["cp1", "cp2", "w1", "w2", "w10", "db.example"]],
    ["kube_control_plane", ["cp1", "cp2"]],
    ["kube_node", ["w1", "w2", "w10"]],
    ["etcd", ["cp1", "db.example"]],
    ["empty", []],
  ]),
};

test.each<[string, string[]]>([
  ["all", ["cp1", "cp2", "w1", "w2", "w10", "db.example"]],
  ["*", ["cp1", "cp2", "w1", "w2", "w10", "db.example"]],
  ["kube_control_plane:etcd", ["cp1", "cp2", "db.example"]],
  ["kube_control_plane,etcd", ["cp1", "cp2", "db.example"]],
  ["kube_control_plane[0]", ["cp1"]],
  ["kube_control_plane[-1]", ["cp2"]],
  ["kube_control_plane[5]", []],
  ["kube_node[0:1]", ["w1", "w2"]],
  ["kube_node[1:]", ["w2", "w10"]],
  ["kube_control_plane:&etcd", ["cp1"]],
  ["kube_control_plane:!etcd", ["cp2"]],
  ["!etcd", ["cp2", "w1", "w2", "w10"]],
  ["kube_*:!w?", ["cp1", "cp2", "w10"]],
  ["w[12]", []],
  ["w[!1]", ["w2"]],
  ["~w\\d$", ["w1", "w2"]],
  ["~(cp|db)", ["cp1", "cp2", "db.example"]],
  ["*.example", ["db.example"]],
  ["db.example", ["db.example"]],
  ["empty", []],
  ["nobody", []],
  ["w1:cp1", ["w1", "cp1"]],
])("%s", (pattern, hosts) => {
  expect(matchingHosts(pattern, inventory)).toEqual(hosts);
});

test("the names in a pattern", () => {
  expect(namesInPattern("etcd:&kube_node[0]:!w1")).toEqual(["etcd", "kube_node", "w1"]);
});

test("a pattern of many stars takes the time of its length", () => {
  const start = performance.now();
  expect(matchingHosts(`${"*a".repeat(2000)}b`, { hosts: [host("a".repeat(5000))], groups: new Map() })).toEqual([]);
  expect(performance.now() - start).toBeLessThan(2000);
});

test("an expression that takes too long, or is none, is refused with the pattern, for all hosts together", () => {
  const many = { ...inventory, hosts: Array.from({ length: 2000 }, (_, index) => host(`${"a".repeat(60)}${index}`)) };
  expect(() => matchingHosts("~(a+)+b", many)).toThrow(
    'Cannot use the host pattern "~(a+)+b": it takes too many steps',
  );
  expect(() => matchingHosts("~(a", inventory)).toThrow('Cannot use the host pattern "~(a": "(a" is no regular');
  expect(matchingHosts("~(a+)+7$", { ...inventory, hosts: [host("aa7"), host("b7")] })).toEqual(["aa7"]);
});
