// Made-up checkouts of every layout that kubespray had, with playbooks, and an item that asks for every variable of random cases.
import { modern, old, type Tree } from "../checkout.ts";
import { variables } from "./random-expression.ts";

const probe = `  probe:
    enabled: "{{ b1 | default(true) }}"
    file: true
    url: "https://probe.test/{{ s1 | default('none') }}"
${variables.map(([name]) => `    ${name}: "{{ ${name} }}"\n    in_${name}: "x{{ ${name} }}y"\n`).join("")}    groups:
    - k8s_cluster
`;

/** The tree with the probe among its items. */
function withProbe(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([path, text]) => [path, text.replace(/^downloads:\n/m, `downloads:\n${probe}`)]),
  );
}

const cluster = (boilerplate: string): Tree => ({
  "cluster.yml": "---\n- name: Install\n  ansible.builtin.import_playbook: playbooks/cluster.yml\n",
  "playbooks/boilerplate.yml": boilerplate,
  "playbooks/cluster.yml": `---
- import_playbook: boilerplate.yml
- hosts: k8s_cluster:etcd
  gather_facts: false
  roles:
    - { role: DEFAULTS }
    - { role: download, tags: download, when: "not skip_downloads" }
`,
});

const mappings = `group_mappings:
          kube_control_plane:
            - kube-master
          k8s_cluster:
            - kube_node
            - kube_control_plane
            - calico_rr
`;

const legacy = `---
- hosts: kube-master
  gather_facts: false
  tasks:
    - name: add to kube_control_plane
      group_by:
        key: kube_control_plane
`;

const madeByTask = `---
- hosts: all
  gather_facts: false
  tasks:
    - name: Match needed groups
      vars:
        ${mappings}      group_by:
        key: "{{ (group_names | intersect(item.value) | length > 0) | ternary(item.key, '_all') }}"
      loop: "{{ group_mappings | dict2items }}"
`;

const madeByRole = "---\n- hosts: all\n  gather_facts: false\n  roles:\n    - dynamic_groups\n";

const dynamicGroups: Tree = {
  "roles/dynamic_groups/tasks/main.yml": `---
- name: Match needed groups
  vars:
        ${mappings}  group_by:
    key: "{{ item.key }}"
  when: group_names | intersect(item.value) | length > 0
  loop: "{{ group_mappings | dict2items }}"
`,
};

function named(tree: Tree, role: string): Tree {
  return Object.fromEntries(Object.entries(tree).map(([path, text]) => [path, text.replace("DEFAULTS", role)]));
}

/** 2.24 to 2.27: everything a default of one role. */
function middle(): Tree {
  const defaults = Object.entries(modern).map(([path, text]): [string, string] => [
    path
      .replace("roles/kubespray_defaults/vars/main/main.yml", "roles/kubespray-defaults/defaults/main/tables.yml")
      .replace("roles/kubespray_defaults/vars/main/", "roles/kubespray-defaults/defaults/main/")
      .replace("roles/kubespray_defaults/", "roles/kubespray-defaults/"),
    text,
  ]);
  return Object.fromEntries(defaults);
}

/** The checkouts, by the releases whose layout they have. */
export const layouts: Readonly<Record<string, Tree>> = {
  "2.22": withProbe({ ...old, ...named(cluster(legacy), "kubespray-defaults") }),
  "2.24": withProbe({ ...middle(), ...named(cluster(legacy), "kubespray-defaults") }),
  "2.27": withProbe({ ...middle(), ...named(cluster(madeByTask), "kubespray-defaults") }),
  "2.31": withProbe({ ...modern, ...dynamicGroups, ...named(cluster(madeByRole), "kubespray_defaults") }),
};
