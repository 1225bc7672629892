// What kubespray and its users write: inventories in every form, and the files of a checkout.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mixedCluster, modern, plant, type Tree } from "../../support/checkout.ts";
import type { Prepared, Target } from "../target.ts";

const text = (value: string): Uint8Array => Buffer.from(value);

/** Words of templates: filters, tests and what they are given. */
const jinja: readonly string[] = [
  "{{ x }}",
  "{% if a %}",
  "{% endif %}",
  "{% for i in range(9) %}",
  "{% endfor %}",
  "{% set a = ",
  " %}",
  "|",
  " is ",
  " not ",
  " in ",
  " ~ ",
  " ** ",
  " * 99999999",
  "range(99999999)",
  "'a' * 99999",
  "to_json",
  "to_nice_json(indent=90)",
  "from_json",
  "from_yaml",
  "to_yaml",
  "regex_replace('(a+)+$', 'b')",
  "regex_search('^(.*)*x')",
  "regex_findall('.')",
  "combine({})",
  "dict2items",
  "items2dict",
  "flatten",
  "unique",
  "union(x)",
  "difference(x)",
  "symmetric_difference(x)",
  "zip(x, x)",
  "sort",
  "groupby('a')",
  "map('upper')",
  "select('match', '(.*)*x')",
  "join(x)",
  "indent(99999)",
  "'%099d' | format(1)",
  "center(99999)",
  "b64encode",
  "b64decode",
  "hash('sha1')",
  "ipaddr('10.0.0.0/8')",
  "ansible.utils.ipaddr('net')",
  "int(base=36)",
  "float",
  "round(400)",
  "version('1.0', '>=')",
  "split('')",
  "[::-1]",
  "[1:2:3]",
  ".format(1)",
  ".split(',')",
  "loop.index",
  "default(omit)",
  "lookup('vars', x)",
  "hostvars[x]",
  "groups['all']",
  "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
  "product(x)",
  "combinations(9)",
  "subelements('a')",
  "quote",
  "urlsplit",
  "ternary(1, 2)",
  "mandatory",
  "namespace(a=1)",
];
const yamlWords: readonly string[] = [
  "&x ",
  "*x",
  "<<: *x",
  "- ",
  ": ",
  "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
  "!unsafe ",
  "!!binary ",
  "!!set {}",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "? ",
  "| ",
  "> ",
  "~",
  "1e9",
  ".inf",
  "0x1f",
  "2026-01-01",
  "'",
  '"',
  "{",
  "}",
  "[",
  "]",
];

/** A small cluster on a small release: the inventory's files are laid beside them. */
function cluster(folder: string, files: Tree, more: readonly string[] = []): Prepared {
  plant(folder, Object.fromEntries(Object.entries(modern).map(([path, content]) => [`kubespray/${path}`, content])));
  plant(folder, files);
  return {
    steps: [["export", "--format", "list", "--kubespray-dir", "kubespray", "-i", "site/hosts", ...more, "-o", "out"]],
    kept: [join(folder, "site")],
  };
}

/** A target whose input is one file of a site. */
const ofFile = (
  name: string,
  {
    path,
    seeds,
    words,
    files = {},
    more,
  }: { path: string; seeds: readonly string[]; words: readonly string[]; files?: Tree; more?: readonly string[] },
): Target => ({
  name,
  words,
  seeds: () => seeds.map(text),
  prepare(folder, input) {
    const prepared = cluster(folder, { "site/hosts": mixedCluster, ...files, [path]: "" }, more);
    writeFileSync(join(folder, path), input);
    return prepared;
  },
});

const ini = ofFile("inventory-ini", {
  path: "site/hosts",
  seeds: [
    mixedCluster,
    "[kube_control_plane]\ncp[01:03:2].site.example:2222 ansible_host=10.0.0.1 ip='a b' etcd_member_name=\"e\"\n[etcd:children]\nkube_control_plane\n[kube_node]\nw[a:c]\n[k8s_cluster:children]\nkube_control_plane\nkube_node\n[k8s_cluster:vars]\nx={{ y | default([1, 2]) }}\ny=['a', {'b': 1.5}]\n",
  ],
  words: [
    "[",
    "]",
    ":vars",
    ":children",
    "[1:99999]",
    "[a:z]",
    "[01:10:2]",
    "[",
    "=",
    "'",
    '"',
    "#",
    ";",
    "\\",
    ":22",
    "~",
    "{{ x }}",
    "\n",
    " ",
  ],
});
const yaml = ofFile("inventory-yaml", {
  path: "site/hosts",
  seeds: [
    "all:\n  hosts:\n    cp1: {ansible_architecture: x86_64}\n    w1:\n      host_architecture: arm64\n  children:\n    kube_control_plane:\n      hosts: {cp1: }\n    etcd:\n      hosts: {cp1: }\n    kube_node:\n      hosts:\n        w1:\n        w[2:4]:\n    k8s_cluster:\n      children: {kube_control_plane: , kube_node: }\n      vars: {a: &a [1, 2], b: *a}\n",
    '{"all": {"hosts": {"cp1": {"ansible_architecture": "x86_64"}}, "children": {"kube_control_plane": {"hosts": {"cp1": null}}, "etcd": {"hosts": {"cp1": null}}, "k8s_cluster": {"children": {"kube_control_plane": null}}}}}',
  ],
  words: yamlWords,
});
const variables = ofFile("variables", {
  path: "site/group_vars/all.yml",
  seeds: [
    "kube_version: \"{{ '1.35' ~ '.4' }}\"\nx: [a, b, {c: d}]\ny: &y {k: 1, l: [x, x]}\nz: *y\nhelm_enabled: \"{{ x | length > 2 and y.k == 1 }}\"\ngithub_url: \"https://{{ x | join('.') | regex_replace('[ab]', 'g') }}.example\"\ncalico_version: \"{{ (x + ['1']) | map('string') | select('match', '[a-z]') | list | first }}\"\n",
    "helm_enabled: \"{{ groups['kube_node'] | length > 1 }}\"\nhelm_version: \"{% for h in groups['all'] %}{% if loop.first %}{{ hostvars[h].host_architecture | default('3.18.4') }}{% endif %}{% endfor %}\"\nquay_image_repo: \"{{ 'a,b' | split(',') | unique | join('/') | upper | lower }}.example\"\ngithub_url: \"{{ {'a': 1} | combine({'b': 'http://x'}) | dict2items | map(attribute='value') | last }}\"\n",
    "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b]\nhelm_enabled: \"{{ c | to_json | length == (c | flatten | length) }}\"\nhelm_version: \"{{ c | string | b64encode | hash('sha1') }}\"\nquay_image_repo: \"{{ (c == b) | ternary('1', 'q.example') }}\"\n",
  ],
  words: [...jinja, ...yamlWords],
});
const vault = ofFile("vault", {
  path: "site/group_vars/all.yml",
  seeds: [
    `helm_enabled: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  ${"3".repeat(80)}\n  ${"36".repeat(20)}\n`,
    `$ANSIBLE_VAULT;1.2;AES256;site\n${"33".repeat(40)}\n${"0a".repeat(10)}\n`,
  ],
  words: ["$ANSIBLE_VAULT;", "1.1;", "1.2;", "AES256", ";site", "\n", "33", "0a", "!vault |"],
  files: { "site/pass": "secret\n" },
  more: ["--vault-password-file", "site/pass"],
});
const settings = ofFile("ansible-cfg", {
  path: "ansible.cfg",
  seeds: [
    "[defaults]\ninventory = site/hosts\nhash_behaviour = merge\nvault_password_file = site/pass\nroles_path = roles:kubespray/roles\n[inventory]\nenable_plugins = ini, yaml\nignore_patterns = a.*, ~\nignore_extensions = .bak\n",
  ],
  words: ["[defaults]", "[inventory]", "=", ":", "%(x)s", "{{CWD}}", "$HOME", "~", "\n ", ";", "#", "merge", "(a+)+$"],
});
const limits: Target = {
  name: "limit",
  seeds: () => ["kube_node:&w*:!w2", "cp[0:1],w?", "~(cp|w)[12]", "all:!etcd", "w[1-2]"].map(text),
  words: ["[", "]", ":", "&", "!", "~", "*", "?", ",", "[0]", "[-1]", "[1:]", "(a+)+$", "[!a]", "@"],
  prepare: (folder, input) =>
    cluster(folder, { "site/hosts": mixedCluster }, [
      "--limit",
      Buffer.from(input).toString("utf8").replaceAll("\0", ""),
    ]),
};
const extraVars: Target = {
  name: "extra-vars",
  seeds: () =>
    ["helm_enabled=true a='b c'", '{"helm_enabled": true, "x": [1]}', "helm_version: 3.18.4\nx: &a [1]\n"].map(text),
  words: [...jinja, "=", "'", '"', "\\", "{", "}"],
  prepare: (folder, input) =>
    cluster(folder, { "site/hosts": mixedCluster }, ["-e", Buffer.from(input).toString("utf8").replaceAll("\0", "")]),
};

/** One file of the checkout: the first line of the input is its path. */
const checkout: Target = {
  name: "checkout",
  seeds: () => Object.entries(modern).map(([path, content]) => text(`${path}\n${content}`)),
  words: [
    ...jinja,
    ...yamlWords,
    "when:",
    "loop:",
    "include_role:",
    "import_playbook:",
    "roles:",
    "hosts:",
    "vars:",
    "downloads:",
    "checksum:",
    "enabled:",
  ],
  prepare(folder, input) {
    const whole = Buffer.from(input);
    const end = whole.indexOf("\n");
    const path = whole.subarray(0, Math.max(0, end)).toString("utf8");
    const prepared = cluster(folder, { "site/hosts": mixedCluster });
    if (Object.hasOwn(modern, path)) writeFileSync(join(folder, "kubespray", path), whole.subarray(end + 1));
    return {
      ...prepared,
      steps: [["export", "--format", "list", "--kubespray-dir", "kubespray", "-o", "all"], ...prepared.steps],
    };
  },
};

/** Targets about what Ansible reads. */
export const inventoryTargets: readonly Target[] = [ini, yaml, variables, vault, settings, limits, extraVars, checkout];
