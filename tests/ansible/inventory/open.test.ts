// Inventories against what ansible-inventory makes of them (tests/golden/inventory), and what kso refuses.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFolder } from "../../../src/ansible/folder.ts";
import type { Inventory, InventoryHost } from "../../../src/ansible/inventory/inventory.ts";
import { type GroupTask, openInventory } from "../../../src/ansible/inventory/open.ts";
import { noInventory } from "../../../src/ansible/inventory/options.ts";
import { Dict, isList, type PythonValue, VaultEncrypted } from "../../../src/ansible/jinja/values.ts";
import { plant, type Tree } from "../../support/checkout.ts";
import { golden } from "../../support/paths.ts";
import { temporary } from "../../support/temp.ts";

const inventories = join(golden, "inventory");

interface Expected {
  readonly _meta: { readonly hostvars: Readonly<Record<string, Record<string, unknown>>> };
  readonly [group: string]: unknown;
}

const json = (value: PythonValue): unknown => {
  if (typeof value === "bigint") return Number(value);
  if (isList(value)) return value.map(json);
  return value instanceof Dict
    ? Object.fromEntries(value.entries().map(([key, item]) => [String(key), json(item)]))
    : value;
};

/** A host's variables, without what Ansible sets for each; of several sources the later one wins. */
function variablesOf(host: InventoryHost): Record<string, unknown> {
  const {
    inventory_dir: _,
    inventory_file: __,
    ...variables
  } = Object.fromEntries(host.sources.flatMap((source) => [...source].map(([name, { value }]) => [name, json(value)])));
  return variables;
}

/** Opens an inventory for a playbook in a folder, with these tasks that make groups. */
function open(path: string, playbook: string, groupTasks: readonly GroupTask[] = []): Inventory {
  mkdirSync(playbook, { recursive: true });
  return openInventory(
    { ...noInventory, inventories: [path] },
    { playbook: openFolder(playbook), play: openFolder(playbook), groupTasks },
  );
}

/** Opens an inventory made up of files. */
function opened(files: Tree, path = "", groupTasks: readonly GroupTask[] = []): Inventory {
  using folder = temporary();
  return open(join(plant(join(folder.path, "inventory"), files), path), join(folder.path, "playbook"), groupTasks);
}
const groupsOf = ({ hosts }: Inventory): Record<string, readonly string[]> =>
  Object.fromEntries(hosts.map(({ name, groups }) => [name, groups]));

test.each(["hosts.ini", "hosts.yaml"])("%s: every variable of every host is Ansible's", (name) => {
  using folder = temporary();
  const inventory = open(join(inventories, name), folder.path);
  const expected = JSON.parse(readFileSync(join(inventories, `expected-${name}.json`), "utf8")) as Expected;
  expect(inventory.hosts.length).toBeGreaterThan(2);
  for (const host of inventory.hosts) {
    // ansible-inventory shows the port that a name carries, and hides what only orders groups.
    const { ansible_port: _, ...vars } = expected._meta.hostvars[host.name] ?? {};
    const { ansible_group_priority: __, ...variables } = variablesOf(host);
    expect({ [host.name]: variables }).toEqual({ [host.name]: vars });
  }
  for (const [group, content] of Object.entries(expected)) {
    const hosts = (content as { hosts?: string[] }).hosts;
    if (group !== "_meta" && hosts) expect(inventory.groups.get(group)).toEqual(hosts);
  }
});

test("hosts in no group are in ungrouped, and no other host is", () => {
  const inventory = opened({
    "hosts.ini": "lb\nnode1\n[all]\nbastion\n[kube_node]\nnode1\n",
    "group_vars/ungrouped.yml": "alone: true",
  });
  expect(groupsOf(inventory)).toEqual({ lb: ["ungrouped"], node1: ["kube_node"], bastion: ["ungrouped"] });
  expect(inventory.groups.get("ungrouped")).toEqual(["lb", "bastion"]);
  expect(inventory.hosts.map(variablesOf)).toEqual([{ alone: true }, {}, { alone: true }]);
});

test("a folder: its inventory is found beside its variables, and other files are passed over", () => {
  const inventory = opened({
    "inventory.ini": "[kube_node]\nnode1\n",
    "group_vars/all/all.yml": "a: 1",
    "patches/kube-controller-manager+merge.yaml": "apiVersion: v1\n",
    "credentials/kubeadm_certificate_key.creds": "x",
    "artifacts.txt": "x",
  });
  expect(inventory.hosts.map(({ name }) => name)).toEqual(["node1"]);
  expect(variablesOf(inventory.hosts[0] as InventoryHost)).toEqual({ a: 1 });
  const yaml = opened({
    "hosts.yaml": "all: {hosts: {n1: }}",
    "notes.yml": "- just\n- a list\n",
    "old.ini": "[a]\nn2\n",
  });
  expect(yaml.hosts.map(({ name }) => name)).toEqual(["n1"]);
});

test("each task that makes groups sees what those before it made; a made group has variables and a place", () => {
  const files = {
    "inventory.ini": "[kube_control_plane]\nn1\n[kube_node]\nn2\n[bastion]\nb\n",
    "group_vars/k8s_cluster.yml": "k: 1",
    "group_vars/site.yml": "s: 1",
  };
  const seen: unknown[] = [];
  const members: GroupTask = ({ groups }) => {
    seen.push(groups.get("k8s_cluster"));
    const hosts = ["kube_node", "kube_control_plane"].flatMap((name) => groups.get(name) ?? []);
    return [{ name: "k8s_cluster", parents: ["all"], hosts }];
  };
  const above: GroupTask = ({ groups }) => {
    seen.push(groups.get("k8s_cluster"));
    return [{ name: "late", parents: ["site"], hosts: ["n2"] }];
  };
  const inventory = opened(files, "inventory.ini", [members, above, () => []]);
  expect(seen).toEqual([undefined, ["n2", "n1"]]);
  expect(groupsOf(inventory)).toEqual({
    n1: ["k8s_cluster", "kube_control_plane"],
    n2: ["k8s_cluster", "kube_node", "late", "site"],
    b: ["bastion"],
  });
  expect(variablesOf(inventory.hosts[1] as InventoryHost)).toEqual({ k: 1, s: 1 });
});

test("what is encrypted is left alone and named", () => {
  const inventory = opened({
    "hosts.ini": "[kube_node]\nn1\n",
    "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "group_vars/all/all.yml": "secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nopen: 1\n",
  });
  expect(inventory.encrypted).toEqual([expect.stringContaining("group_vars/all/vault.yml")]);
  const [host] = inventory.hosts;
  expect(host?.sources.find((source) => source.has("secret"))?.get("secret")?.value).toBeInstanceOf(VaultEncrypted);
});

test.each<[string, Tree, string]>([
  ["no host", { "hosts.ini": "[all]\n" }, "names no host"],
  ["a program", { "hosts.yml": "#!/usr/bin/env python3\n" }, "it is a program"],
  ["a broken file", { "hosts.yml": "all: [" }, "hosts.yml: unexpected end"],
  [
    "a word where there should be a setting",
    { "hosts.ini": "[a]\nn1 nonsense\n" },
    'hosts.ini:2: "nonsense" is no name=value',
  ],
  ["an open quotation", { "hosts.ini": "[a]\nn1 a='b\n" }, "hosts.ini:2: a quotation mark does not close"],
  ["a strange section", { "hosts.ini": "[a:b]\nn1\n" }, 'a section ":b" is not known'],
  ["a circle of groups", { "hosts.ini": "[a:children]\nb\n[b:children]\na\n[a]\nn1\n" }, "is a child and a parent"],
  ["a huge range", { "hosts.ini": "[a]\nn[1:99999999]\n" }, "more than 10000 hosts"],
  ["ranges that multiply", { "hosts.ini": "[a]\nn[1:999][1:999]\n" }, "more than 10000 hosts"],
  ["a range that runs backwards", { "hosts.ini": "[a]\nn[9:1]\n" }, "ends before it begins"],
  [
    "a group that is a list",
    { "hosts.yml": "all:\n  hosts: [a]\n" },
    'hosts of "all" must be a mapping, and is a list',
  ],
  ["variables that are a list", { "hosts.ini": "[a]\nn1\n", "group_vars/all.yml": "- x" }, "and holds a list"],
])("%s is refused with the reason", (_, files, word) => {
  expect(() => opened(files)).toThrow(word);
});

test("what lies outside the inventory and the playbook is not read", () => {
  using folder = temporary();
  using outside = temporary();
  const playbook = join(folder.path, "kubespray");
  const inventory = plant(join(folder.path, "kubespray/inventory/mine"), { "hosts.ini": "[kube_node]\nn1\n" });
  mkdirSync(join(folder.path, "kubespray/inventory/sample/group_vars"), { recursive: true });
  writeFileSync(join(folder.path, "kubespray/inventory/sample/group_vars/all.yml"), "a: sample");
  symlinkSync("../sample/group_vars", join(inventory, "group_vars"));
  expect(variablesOf(open(inventory, playbook).hosts[0] as InventoryHost)).toEqual({ a: "sample" });
  writeFileSync(join(outside.path, "n1.yml"), "a: outside");
  symlinkSync(outside.path, join(inventory, "host_vars"));
  expect(() => open(inventory, playbook)).toThrow("outside");
});

test("an executable inventory is not run", () => {
  using folder = temporary();
  const script = join(folder.path, "inventory.sh");
  writeFileSync(script, `#!/bin/sh\ntouch ${join(folder.path, "ran")}\n`);
  chmodSync(script, 0o755);
  expect(() => open(script, join(folder.path, "kubespray"))).toThrow("kso runs none");
  expect(() => readFileSync(join(folder.path, "ran"))).toThrow();
});

test.each(["/dev/zero", "/dev/null"])("%s is no inventory, and nobody waits for its end", (path) => {
  using folder = temporary();
  expect(() => open(path, plant(join(folder.path, "kubespray"), {}))).toThrow(
    `Cannot read the inventory ${path}: it is neither a file nor a folder`,
  );
});

test("a group of priority 0 loses to others at its depth", () => {
  const files = { "hosts.ini": "[b]\nn1\n[b:vars]\nx=b\nansible_group_priority=0\n[a]\nn1\n[a:vars]\nx=a\n" };
  expect(variablesOf(opened(files).hosts[0] as InventoryHost)).toMatchObject({ x: "a" });
});
