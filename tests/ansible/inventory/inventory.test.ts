// Inventories against what ansible-inventory makes of them (tests/golden/inventory), and what it would not say.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Dict, isList, type PythonValue, VaultEncrypted } from "../../../src/ansible/jinja/values.ts";
import { openCheckout } from "../../../src/kubespray/checkout.ts";
import type { InventoryHost } from "../../../src/kubespray/host.ts";
import { type Inventory, openInventory } from "../../../src/kubespray/inventory.ts";
import { modern, plant, type Tree } from "../../support/checkout.ts";
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
    ? Object.fromEntries(value.entries().map(([key, one]) => [String(key), json(one)]))
    : value;
};

/** A host's variables as its layers come to. */
function variablesOf(host: InventoryHost): Record<string, unknown> {
  return Object.fromEntries(
    host.sources.flatMap((layer) => [...layer].map(([name, { value }]) => [name, json(value)])),
  );
}

/** Opens an inventory made up of files, for a made-up checkout. */
function opened(files: Tree, path = "", checkout: Tree = modern): Inventory {
  using folder = temporary();
  const kubespray = openCheckout(plant(join(folder.path, "kubespray"), checkout));
  return openInventory(join(plant(join(folder.path, "inventory"), files), path), kubespray);
}
const groupsOf = ({ hosts }: Inventory): Record<string, readonly string[]> =>
  Object.fromEntries(hosts.map(({ name, groups }) => [name, groups]));

test.each(["hosts.ini", "hosts.yaml"])("%s: every variable of every host is Ansible's", (name) => {
  using folder = temporary();
  const inventory = openInventory(join(inventories, name), openCheckout(plant(folder.path, modern)));
  const expected = JSON.parse(readFileSync(join(inventories, `expected-${name}.json`), "utf8")) as Expected;
  expect(inventory.hosts.length).toBeGreaterThan(2);
  for (const host of inventory.hosts) {
    // ansible-inventory shows the port that a name carries, and hides what only orders groups.
    const { ansible_port: _, ...vars } = expected._meta.hostvars[host.name] ?? {};
    const { ansible_group_priority: __, ...own } = variablesOf(host);
    expect({ [host.name]: own }).toEqual({ [host.name]: vars });
  }
  for (const [group, content] of Object.entries(expected)) {
    const hosts = (content as { hosts?: string[] }).hosts;
    if (group !== "_meta" && group !== "ungrouped" && hosts) expect(inventory.groups.get(group)).toEqual(hosts);
  }
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

test("groups that kubespray makes itself: k8s_cluster from its parts, old names with hyphens", () => {
  const role = "roles/dynamic_groups/tasks/main.yml";
  const dynamic = `---
- name: Match needed groups
  vars:
    group_mappings:
      k8s_cluster:
        - kube_node
        - kube_control_plane
  group_by:
    key: "{{ item.key }}"
`;
  const files = {
    "inventory.ini": "[kube_control_plane]\nn1\n[kube_node]\nn2\n[bastion]\nb\n",
    "group_vars/k8s_cluster.yml": "k: 1",
  };
  const inventory = opened(files, "inventory.ini", { ...modern, [role]: dynamic });
  expect(groupsOf(inventory)).toEqual({
    n1: ["k8s_cluster", "kube_control_plane"],
    n2: ["k8s_cluster", "kube_node"],
    b: ["bastion"],
  });
  expect(variablesOf(inventory.hosts[1] as InventoryHost)).toEqual({ k: 1 });
  expect(groupsOf(opened({ "hosts.ini": "[kube-master]\nn1\n" }))).toEqual({
    n1: ["kube-master", "kube_control_plane"],
  });
});

test("what is encrypted is left alone and named", () => {
  const inventory = opened({
    "hosts.ini": "[kube_node]\nn1\n",
    "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "group_vars/all/all.yml": "secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nopen: 1\n",
  });
  expect(inventory.encrypted).toEqual([expect.stringContaining("group_vars/all/vault.yml")]);
  const [host] = inventory.hosts;
  expect(host?.sources.find((layer) => layer.has("secret"))?.get("secret")?.value).toBeInstanceOf(VaultEncrypted);
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
  ["a group that is a list", { "hosts.yml": "all:\n  hosts: [a]\n" }, 'hosts of "all" is no mapping but a list'],
  ["a misspelled part", { "hosts.yml": "all:\n  host: {a: }\n" }, 'the group "all" has "host"'],
  [
    "variables that are a list",
    { "hosts.ini": "[a]\nn1\n", "group_vars/all.yml": "- x" },
    "it holds no variables but a list",
  ],
])("%s is refused with the reason", (_, files, word) => {
  expect(() => opened(files)).toThrow(word);
});

test("what lies outside the inventory and the checkout is not read", () => {
  using folder = temporary();
  using outside = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), modern));
  const inventory = plant(join(folder.path, "kubespray/inventory/mine"), { "hosts.ini": "[kube_node]\nn1\n" });
  mkdirSync(join(folder.path, "kubespray/inventory/sample/group_vars"), { recursive: true });
  writeFileSync(join(folder.path, "kubespray/inventory/sample/group_vars/all.yml"), "a: sample");
  symlinkSync("../sample/group_vars", join(inventory, "group_vars"));
  expect(variablesOf(openInventory(inventory, checkout).hosts[0] as InventoryHost)).toEqual({ a: "sample" });
  writeFileSync(join(outside.path, "n1.yml"), "a: outside");
  symlinkSync(outside.path, join(inventory, "host_vars"));
  expect(() => openInventory(inventory, checkout)).toThrow("outside");
});

test("an executable inventory is not run", () => {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), modern));
  const script = join(folder.path, "inventory.sh");
  writeFileSync(script, `#!/bin/sh\ntouch ${join(folder.path, "ran")}\n`);
  chmodSync(script, 0o755);
  expect(() => openInventory(script, checkout)).toThrow("kso runs none");
  expect(() => readFileSync(join(folder.path, "ran"))).toThrow();
});
