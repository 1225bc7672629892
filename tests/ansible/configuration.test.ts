// ansible.cfg: which one counts, what is read of it, and what people are told.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfiguration } from "../../src/ansible/configuration.ts";
import { groupsOf, siteOf, variablesOf } from "../support/inventory.ts";
import { root } from "../support/paths.ts";
import { temporary } from "../support/temp.ts";

test("settings as Python's configparser reads them", () => {
  const text = `# comment
[defaults]
inventory = inv/a, inv/b ; a comment
Hash_Behaviour: merge
inventory_ignore_extensions = ~, .orig,
  .bak
vault_password_file=/secret
[inventory]
ignore_patterns = artifacts, ^x$
enable_plugins = ansible.builtin.advanced_host_list, yaml
`;
  expect(readConfiguration(text, "/site/ansible.cfg")).toEqual({
    path: "/site/ansible.cfg",
    inventories: ["/site/inv/a", "/site/inv/b"],
    mergesHashes: true,
    ignoredExtensions: ["~", ".orig", ".bak"],
    ignoredPatterns: ["artifacts", "^x$"],
    rangesInHostLists: true,
    foreignPlugins: [],
    vaultPassword: "/secret",
  });
  expect(readConfiguration("", "ansible.cfg")).toMatchObject({
    inventories: [],
    mergesHashes: false,
    ignoredPatterns: [],
  });
});

test("the one beside the inventory counts before the checkout's, and that is said", () => {
  using site = siteOf({
    "prod/hosts": "[kube_node]\nn1 x='{\"a\": 1}'\n",
    "prod/group_vars/all.yml": "x: {b: 2}",
    "kubespray/ansible.cfg": "[defaults]\nhash_behaviour = merge\n",
  });
  const merged = site.open(["prod/hosts"]);
  expect(merged.mergesHashes).toBeTrue();
  expect(merged.notes).toEqual([`${site.at("kubespray/ansible.cfg")} sets hash_behaviour = merge`]);
  using other = siteOf({
    "prod/hosts": "n1\n",
    "prod/ansible.cfg": "[defaults]\nvault_password_file = x\n",
    "kubespray/ansible.cfg": "[defaults]\nhash_behaviour = merge\n",
  });
  expect(other.open(["prod/hosts"]).mergesHashes).toBeFalse();
  expect(other.open(["prod/hosts"]).notes).toEqual([
    `${other.at("prod/ansible.cfg")} counts, as where ansible-playbook runs beside it`,
    `${other.at("prod/ansible.cfg")} names a vault password, which is not read; name it with --vault-password-file`,
  ]);
});

test("its inventory is taken where no flag names one, and its endings and patterns choose the files of a folder", () => {
  using site = siteOf({
    "kubespray/ansible.cfg":
      "[defaults]\ninventory = ../inv\n[inventory]\nignore_extensions = .old\nignore_patterns = ^x\n",
    "inv/a.ini": "n1\n",
    "inv/b.old": "n2\n",
    "inv/xyz": "n3\n",
    "inv/group_vars/all.yml": "a: 1",
  });
  const inventory = site.open([]);
  expect(Object.keys(groupsOf(inventory))).toEqual(["n1"]);
  expect(variablesOf(inventory, "n1")).toEqual({ a: 1 });
  expect(inventory.notes).toEqual([`${site.at("kubespray/ansible.cfg")} sets the inventory ${site.at("inv")}`]);
});

test("plugins that Ansible does not bring along are named, since they might read what lies in the inventory", () => {
  const plugins = "host_list, ansible.builtin.ini,amazon.aws.aws_ec2, yaml,site_cmdb";
  using site = siteOf({ "prod/hosts": "n1\n", "kubespray/ansible.cfg": `[inventory]\nenable_plugins = ${plugins}\n` });
  expect(site.open(["prod/hosts"]).notes).toEqual([
    `${site.at("kubespray/ansible.cfg")} enables the inventory plugins amazon.aws.aws_ec2, site_cmdb, of which kso runs none`,
  ]);
});

test("ranges in a list of hosts are for its plugin", () => {
  using site = siteOf({ "kubespray/ansible.cfg": "[inventory]\nenable_plugins = advanced_host_list\n" });
  expect(Object.keys(groupsOf(site.open(["n[1:2],"])))).toEqual(["n1", "n2"]);
  using plain = siteOf({});
  expect(Object.keys(groupsOf(plain.open(["n[1:2],"])))).toEqual(["n[1:2]"]);
});

test("in a working directory that everybody may write to it does not count, as for Ansible", () => {
  using folder = temporary();
  writeFileSync(join(folder.path, "ansible.cfg"), "[defaults]\nhash_behaviour = merge\n");
  const module = join(root, "src/ansible/configuration.ts");
  const script = `const { configurationNotes, openConfiguration } = await import(${JSON.stringify(module)});
    const found = openConfiguration(["."]);
    const [note = ""] = configurationNotes(found, { playbook: ".", named: true, hasPasswords: false });
    console.log(found.path, note);`;
  const note = "ansible.cfg is passed over, as Ansible does where everybody may write in the working directory";
  const pathSeen = (mode: number): string => {
    chmodSync(folder.path, mode);
    return spawnSync(process.execPath, ["-e", script], { cwd: folder.path, encoding: "utf8" }).stdout.trim();
  };
  expect([0o755, 0o777, 0o1777].map(pathSeen)).toEqual([
    "ansible.cfg ansible.cfg sets hash_behaviour = merge",
    ...Array(2).fill(`undefined ${note}`),
  ]);
});
