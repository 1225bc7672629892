// What -i may name: several inventories, folders, lists of hosts, links, and what a folder's files are.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { groupsOf, siteOf, variablesOf } from "../../support/inventory.ts";
import { temporary } from "../../support/temp.ts";

test("several inventories are merged, and of two values the later inventory's wins", () => {
  using site = siteOf({
    "a/hosts": "[kube_node]\nn1 x=1 y=1\n[kube_node:vars]\nz=1\n",
    "a/group_vars/kube_node.yml": "g: 1\nh: 1",
    "b/hosts.yml": "kube_node: {hosts: {n1: {y: 2}, n2: }}\netcd: {children: {kube_node: }}",
    "b/group_vars/kube_node.yml": "h: 2",
  });
  const inventory = site.open(["a/hosts", "b/hosts.yml"]);
  expect(groupsOf(inventory)).toEqual({ n1: ["etcd", "kube_node"], n2: ["etcd", "kube_node"] });
  expect(variablesOf(inventory, "n1")).toEqual({ x: 1, y: 2, z: 1, g: 1, h: 2 });
  expect(variablesOf(site.open(["b/hosts.yml", "a/hosts"]), "n1")).toEqual({ x: 1, y: 1, z: 1, g: 1, h: 1 });
});

test("a list of hosts", () => {
  using site = siteOf({ "a.ini": "[kube_node]\nn1\n" });
  expect(groupsOf(site.open(["a.ini", "n2, n1,10.0.0.1:22,fd00::1,"]))).toEqual({
    n1: ["kube_node"],
    n2: ["ungrouped"],
    "10.0.0.1": ["ungrouped"],
    "fd00::1": ["ungrouped"],
  });
});

test("a folder: Ansible's endings and names are passed over, folders below count, and files without hosts do too", () => {
  using site = siteOf({
    "inv/01-hosts": "[kube_node]\nn1\n",
    "inv/02-groups": "[k8s_cluster:children]\nkube_node\n",
    "inv/sub/more.yaml": "kube_node: {hosts: {n2: }}",
    "inv/sub/group_vars/kube_node.yml": "below: 1",
    "inv/group_vars/kube_node.yml": "beside: 1",
    "inv/patches/kube-scheduler+merge.yaml": "apiVersion: v1\nmetadata: {name: x}\n",
    "inv/artifacts/admin": "n3\n",
    "inv/notes.md": "n4\n",
    "inv/hosts.bak": "n5\n",
    "inv/.hidden": "n6\n",
    "inv/old.ini": "n7\n",
    "inv/Makefile": "all: build\n\tgo build x y\n",
  });
  const inventory = site.open(["inv"]);
  expect(groupsOf(inventory)).toEqual({ n1: ["k8s_cluster", "kube_node"], n2: ["k8s_cluster", "kube_node"] });
  expect(variablesOf(inventory, "n2")).toEqual({ beside: 1 });
  expect(inventory.groups.has("metadata")).toBeFalse();
  expect(inventory.notes).toEqual([
    `${site.at("inv/old.ini")} is passed over, as Ansible does with .ini in a folder; -i with the file's name takes it`,
    `no inventory, and passed over in ${site.at("inv")}: ${site.at("inv/Makefile")}`,
  ]);
});

test("a file .ini is taken where no other names a host, which is said where something else is there", () => {
  using site = siteOf({ "inv/inventory.ini": "[kube_node]\nn1\n", "inv/group_vars/all.yml": "a: 1" });
  const inventory = site.open(["inv"]);
  expect(Object.keys(groupsOf(inventory))).toEqual(["n1"]);
  expect(inventory.notes).toEqual([]);
  expect(site.open(["inv/inventory.ini"]).notes).toEqual([]);
  const taken = (...names: string[]): string =>
    `Ansible passes over .ini in a folder; ${names.map((name) => site.at(name)).join(", ")} is taken here, since no other file names a host`;
  writeFileSync(site.at("inv/groups.yml"), "kube_node: {vars: {b: 2}}\n");
  expect(site.open(["inv"]).notes).toEqual([taken("inv/inventory.ini")]);
  rmSync(site.at("inv/groups.yml"));
  writeFileSync(site.at("inv/other.ini"), "[kube_node]\nn2\n");
  expect(Object.keys(groupsOf(site.open(["inv"])))).toEqual(["n1", "n2"]);
  expect(site.open(["inv"]).notes).toEqual([taken("inv/inventory.ini", "inv/other.ini")]);
});

test("links lead through the repository that the inventory lies in, and out of it on request", () => {
  using site = siteOf({ "site/prod/hosts.ini": "[kube_node]\nn1\n", "site/common/group_vars/all.yml": "a: 1" });
  symlinkSync("../common/group_vars", site.at("site/prod/group_vars"));
  expect(() => site.open(["site/prod/hosts.ini"])).toThrow("--follow-links allows it");
  expect(variablesOf(site.open(["site/prod/hosts.ini"], { followLinks: true }), "n1")).toEqual({ a: 1 });
  mkdirSync(site.at("site/.git"));
  expect(variablesOf(site.open(["site/prod/hosts.ini"]), "n1")).toEqual({ a: 1 });
  using outside = temporary();
  symlinkSync(outside.path, site.at("site/prod/host_vars"));
  expect(() => site.open(["site/prod/hosts.ini"])).toThrow("--follow-links allows it");
});

test("folders that lie in themselves end in words", () => {
  using site = siteOf({ "inv/hosts": "n1\n" });
  symlinkSync(".", site.at("inv/loop"));
  expect(() => site.open(["inv"])).toThrow("more than 20 folders lie in one another");
});

test("a broken file of a folder is an error where it is written like an inventory", () => {
  using site = siteOf({
    "inv/hosts": "n1\n",
    "inv/02-more": "[kube_node]\nn2 word\n[k8s_cluster:children]\nkube_node\n",
  });
  expect(() => site.open(["inv"])).toThrow('02-more:2: "word" is no name=value');
});

test("group_vars that is a file is named", () => {
  using site = siteOf({ "inv/hosts": "n1\n", "inv/group_vars": "a: 1" });
  const inventory = site.open(["inv/hosts"]);
  expect(variablesOf(inventory, "n1")).toEqual({});
  expect(inventory.notes).toEqual([`${site.at("inv/group_vars")} is a file, and no folder of variables`]);
});

test("in a folder a program is refused where Ansible would run it, and passed over where it would not", () => {
  const program = "#!/bin/sh\necho {}\n";
  using site = siteOf({ "inv/hosts": "n1\n", "inv/deploy.sh": program, "inv/builder/inventory.py": program });
  expect(site.open(["inv"]).notes).toEqual([expect.stringMatching(/inventory\.py.*deploy\.sh/)]);
  chmodSync(site.at("inv/deploy.sh"), 0o755);
  expect(() => site.open(["inv"])).toThrow("it is a program, and kso runs none");
});

test("what is not there is a usage error", () => {
  using site = siteOf({ file: "n1\n" });
  for (const name of ["nowhere", "file/below"])
    expect(() => site.open([name])).toThrow(
      `Cannot read the inventory ${site.at(name)}: there is no such file or folder`,
    );
});
