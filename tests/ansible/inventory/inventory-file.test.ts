// The forms of one inventory file: what Ansible's plugins take, in their order, and what kso refuses by name.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { groupsOf, siteOf, variablesOf } from "../../support/inventory.ts";

const listing = JSON.stringify({
  _meta: { hostvars: { n1: { a: 1, b: { c: [true] } }, n2: {}, stranger: { x: 1 } } },
  all: { children: ["ungrouped", "k8s_cluster"] },
  k8s_cluster: { children: ["kube_node"], vars: { k: "v" } },
  kube_node: { hosts: ["n1", "n2"] },
  etcd: ["n1"],
});

test("what ansible-inventory --list prints, whatever the file is called", () => {
  using site = siteOf({ "list.json": listing, list: listing, "list.yml": listing });
  for (const name of ["list.json", "list", "list.yml"]) {
    const inventory = site.open([name]);
    expect(groupsOf(inventory)).toEqual({ n1: ["etcd", "k8s_cluster", "kube_node"], n2: ["k8s_cluster", "kube_node"] });
    expect(variablesOf(inventory, "n1")).toEqual({ a: 1, b: { c: [true] }, k: "v" });
  }
});

test("a list without _meta, and a host in the place of a group", () => {
  using site = siteOf({ "list.json": '{"kube_node": {"hosts": ["n1"], "vars": {"a": 1}}, "n2": {"b": 2}}' });
  const inventory = site.open(["list.json"]);
  expect(variablesOf(inventory, "n1")).toEqual({ a: 1 });
  expect(variablesOf(inventory, "n2")).toEqual({ b: 2 });
});

test.each<[string, string]>([
  ['{"a": {"hosts": ["n1"], "vars": []}}', 'the variables of "a" are a list'],
  ['{"a": {"hosts": ["n1"], "children": {}}}', 'the children of "a" are a dict'],
  ['{"a": {"hosts": ["n1"]}, "b": 1}', 'the group "b" is a int'],
  ['{"a": ["n1"], "_meta": {"hostvars": []}}', "hostvars is a list"],
])("%s is refused", (text, reason) => {
  using site = siteOf({ "list.json": text });
  expect(() => site.open(["list.json"])).toThrow(reason);
});

test.each<[name: string, text: string]>([
  ["YAML without an ending", "kube_node:\n  hosts:\n    n1:\n"],
  ["YAML in JSON's form", '{"kube_node": {"hosts": {"n1": {}}}}'],
  ["INI without an ending", "[kube_node]\nn1\n"],
  ["INI with a port", "[kube_node]\nn1:2222\n"],
])("%s", (_, text) => {
  using site = siteOf({ inventory: text });
  expect(groupsOf(site.open(["inventory"]))).toEqual({ n1: ["kube_node"] });
});

test("INI with YAML's ending is read as Ansible reads it", () => {
  using site = siteOf({ "hosts.yml": "[kube_node]\nn1\n" });
  expect(groupsOf(site.open(["hosts.yml"]))).toEqual({ n1: ["kube_node"] });
});

test.each<[string, string, string]>([
  ["aws_ec2.yml", "plugin: amazon.aws.aws_ec2\nregions: [x]\n", 'it is for the inventory plugin "amazon.aws.aws_ec2"'],
  ["groups.yaml", "plugin: constructed\ngroups: {}\n", 'it is for the inventory plugin "constructed"'],
  ["hosts.toml", "[kube_node.hosts]\n", "it is TOML"],
  ["hosts", "#!/usr/bin/env python3\n", "it is a program"],
  ["vaulted", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "name the password with --vault-password-file"],
  ["hosts.ini", "---\n", "hosts.ini:1: it is YAML"],
  ["hosts.ini", "[a]\nn1\nn2:\n", 'hosts.ini:3: "n2:" ends with the colon of a port'],
  ["hosts.ini", "[a:children]\nb c\n", "hosts.ini:2: it is no group's name"],
  [
    "hosts.ini",
    "n1\n[a:children]\nb\nc\n[b]\nn1\n",
    'hosts.ini:4: it puts a group below another, and there is no group "c"',
  ],
  ["hosts.ini", "n1\n[b:vars]\nx=1\n", 'hosts.ini:2: it sets variables of a group, and there is no group "b"'],
])("%s: %j is refused, and what to do is said", (name, text, reason) => {
  using site = siteOf({ [name]: text });
  expect(() => site.open([name])).toThrow(reason);
});

test("a plugin's file in a folder is refused too: its hosts would be missing", () => {
  using site = siteOf({ "inv/hosts": "n1\n", "inv/cloud.yml": "plugin: openstack.cloud.openstack\n" });
  expect(() => site.open(["inv"])).toThrow("save what ansible-inventory --list prints");
});

test("what Ansible passes over with a warning is a note, with the file", () => {
  using site = siteOf({
    "hosts.yml": "x-common: text\nall:\n  host: {a: }\n  hosts: {n1: }\n  children: {kube_node: 1}\n",
  });
  const [first, second, third] = site.open(["hosts.yml"]).notes ?? [];
  expect(first).toEndWith('hosts.yml: "x-common" is no group, since it is a str; Ansible passes it over');
  expect(second).toEndWith(
    'hosts.yml: the group "all" has "host"; a group has hosts, vars and children; Ansible passes it over',
  );
  expect(third).toEndWith('hosts.yml: "kube_node" is no group, since it is a int; Ansible passes it over');
});

test("an inventory that is encrypted as a whole is read with its password", () => {
  const vaulted = `$ANSIBLE_VAULT;1.2;AES256;lab
37313962666231613239616239623631623466383535326137663037616562363633626637396237
6236363464303661326266346365386634626632383830300a613063316637383563303963343762
30356135316336316139613334366436323035323136663139623034393137303230333032326464
3033393536393931340a356162333734386165616538643932643231343664626563653533643863
63396539646461323732653733376535633564313830373632613330383938393561
`;
  using site = siteOf({ "hosts.ini": "n1\n", "group_vars/all.yml": vaulted, pw: "second" });
  expect(site.open(["hosts.ini"]).encrypted).toEqual([expect.stringContaining("group_vars/all.yml")]);
  const opened = site.open(["hosts.ini"], { vaultPasswordFiles: [site.at("pw")] });
  expect(opened.encrypted).toEqual([]);
  expect(variablesOf(opened, "n1")).toEqual({ geheim: "ä", list: [1, 2] });
  expect(() => site.open(["hosts.ini"], { vaultPasswordFiles: [site.at("hosts.ini")] })).toThrow(
    /Cannot decrypt .*group_vars\/all\.yml: the vault password does not fit/,
  );
});

test("comments in INI form may have any bytes, as Ansible takes them; the line of anything else is named", () => {
  using site = siteOf({});
  const write = (text: string): void => writeFileSync(site.at("hosts.ini"), Buffer.from(text, "latin1"));
  write("# f\u00fcr M\u00fcller\n[kube_node]\nn1 a=1 # gr\u00fcn\n  ; \u00e4\n");
  expect(variablesOf(site.open(["hosts.ini"]), "n1")).toEqual({ a: 1 });
  write("[kube_node]\nn1 a=gr\u00fcn\n");
  expect(() => site.open(["hosts.ini"])).toThrow(`Cannot read ${site.at("hosts.ini")}: line 2 is not UTF-8 text`);
  writeFileSync(site.at("hosts.yml"), Buffer.from("# f\u00fcr\nall: {}\n", "latin1"));
  expect(() => site.open(["hosts.yml"])).toThrow("it is not UTF-8 text");
});
