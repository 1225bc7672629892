// Inventories as kubespray's playbooks see them.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Inventory } from "../../src/ansible/inventory/inventory.ts";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { modern, plant, playbooks, type Tree } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

/** Opens an inventory made up of files, for a made-up checkout. */
function opened(files: Tree, checkout: Tree = modern): Inventory {
  using folder = temporary();
  const kubespray = openCheckout(plant(join(folder.path, "kubespray"), checkout));
  return openClusterInventory(
    { ...noInventory, inventories: [plant(join(folder.path, "inventory"), files)] },
    kubespray,
  );
}
const groupsOf = ({ hosts }: Inventory): Record<string, readonly string[]> =>
  Object.fromEntries(hosts.map(({ name, groups }) => [name, groups]));

/** The ways in which releases make groups, as tasks of their playbooks. */
const mappings = `vars:
        group_mappings:
          kube_control_plane: [kube-master]
          kube_node: [kube-node]
          k8s_cluster: [kube_node, kube_control_plane]`;
const ways: Readonly<Record<string, Tree>> = {
  "2.22 to 2.26": {
    "cluster.yml": "- import_playbook: playbooks/cluster.yml\n",
    "playbooks/cluster.yml": `- ansible.builtin.import_playbook: legacy_groups.yml
- {hosts: "k8s_cluster:etcd", roles: [download]}
`,
    "playbooks/legacy_groups.yml": `- hosts: kube-master
  tasks: [{group_by: {key: kube_control_plane}}]
- hosts: kube-node
  tasks: [{group_by: key=kube_node}]
- hosts: k8s-cluster
  tasks: [{group_by: {key: k8s_cluster}}]
`,
  },
  "2.27 to 2.28": {
    "cluster.yml": "- import_playbook: playbooks/cluster.yml\n",
    "playbooks/cluster.yml": `- import_playbook: boilerplate.yml
- {hosts: "k8s_cluster:etcd", roles: [download]}
- hosts: all
  tasks: [{group_by: {key: too_late}}]
`,
    "playbooks/boilerplate.yml": `- hosts: all
  tasks:
    - ${mappings}
      group_by:
        key: "{{ (group_names | intersect(item.value) | length > 0) | ternary(item.key, '_all') }}"
      loop: "{{ group_mappings | dict2items }}"
`,
  },
  "2.29 and later": {
    "playbooks/cluster.yml": `- {hosts: all, roles: [dynamic_groups]}
- {hosts: "k8s_cluster:etcd", roles: [download]}
`,
    "roles/dynamic_groups/tasks/main.yml": `    - ${mappings}
      group_by: {key: "{{ item.key }}"}
      when: group_names | intersect(item.value) | length > 0
      loop: "{{ group_mappings | dict2items }}"
`,
  },
};
const plain = {
  "inventory.ini": "[kube_control_plane]\nn1\n[kube_node]\nn2\n[bastion]\nb\n",
  "group_vars/k8s_cluster.yml": "k: 1",
};

// Expected: what Ansible itself says of these hosts after these tasks (ansible-core 2.14.18).
test.each<[string, readonly string[], readonly string[]]>([
  ["2.22 to 2.26", [], []],
  ["2.27 to 2.28", ["_all", "k8s_cluster"], ["_all"]],
  ["2.29 and later", ["k8s_cluster"], []],
])("groups that the playbooks of %s make", (way, cluster, other) => {
  const inventory = opened(plain, { ...modern, ...ways[way] });
  expect(groupsOf(inventory)).toEqual({
    n1: [...cluster, "kube_control_plane"],
    n2: [...cluster, "kube_node"],
    b: [...other, "bastion"],
  });
  const [, worker] = inventory.hosts;
  expect(worker?.sources.find((source) => source.has("k"))?.get("k")?.value).toBe(cluster.length > 0 ? 1n : undefined);
});

test.each<[string, readonly string[]]>([
  ["2.22 to 2.26", ["kube-master", "kube_control_plane"]],
  ["2.27 to 2.28", ["_all", "kube-master", "kube_control_plane"]],
  ["2.29 and later", ["kube-master", "kube_control_plane"]],
])("old names of groups in %s: a host joins the groups of all turns of a loop at once", (way, groups) => {
  expect(groupsOf(opened({ "hosts.ini": "[kube-master]\nn1\n" }, { ...modern, ...ways[way] }))).toEqual({ n1: groups });
});

test("a group may have parents, conditions on the host's variables, and a name made of them; what only a run can tell makes none", () => {
  const tasks = `- hosts: all
  tasks:
    - {group_by: {key: "zone {{ zone }}", parents: [zones, "{{ zone }}_parent"]}, when: zone is defined}
    - {command: ask, register: answer}
    - {group_by: {key: answered}, when: answer.rc == 0}
    - {group_by: {key: "os_{{ ansible_distribution }}"}}
- {hosts: k8s_cluster, roles: [download]}
`;
  const files = { "hosts.ini": "[kube_node]\nn1 zone=a\nn2\nn3 zone=b\n" };
  const inventory = opened(files, { ...modern, "cluster.yml": tasks });
  expect(groupsOf(inventory)).toEqual({
    n1: ["a_parent", "kube_node", "zone-a", "zones"],
    n2: ["kube_node"],
    n3: ["b_parent", "kube_node", "zone-b", "zones"],
  });
});

test("a checkout without playbooks has the groups that releases have made", () => {
  const without = Object.fromEntries(Object.entries(modern).filter(([path]) => !(path in playbooks)));
  expect(groupsOf(opened({ "hosts.ini": "[kube-master]\nn1\n" }, without))).toEqual({
    n1: ["kube-master", "kube_control_plane"],
  });
});

test("the checkout's own group_vars count too, those beside the play that downloads", () => {
  const of = (tree: Tree): boolean | undefined => {
    const { hosts } = opened({ "hosts.ini": "[kube_node]\nn1\n" }, { ...modern, ...tree });
    return hosts[0]?.sources.some((source) => source.has("k"));
  };
  expect(of({ "playbooks/group_vars/kube_node.yml": "k: 1" })).toBeTrue();
  expect(of({ "playbooks/group_vars/other.yml": "k: 1" })).toBeFalse();
  const play = "- {hosts: k8s_cluster, roles: [download]}\n";
  expect(of({ "cluster.yml": play, "group_vars/kube_node.yml": "k: 1" })).toBeTrue();
});
