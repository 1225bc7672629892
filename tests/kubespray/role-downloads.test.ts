// What tasks of roles fetch by themselves, read from playbooks, dependencies and tasks, and evaluated host by host.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { planCheckout } from "../../src/kubespray/plan.ts";
import { fetchTask, modern, plant, type Tree } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

const hosts = `[kube_control_plane]
cp1 ansible_architecture=x86_64
cp2 ansible_architecture=x86_64
[etcd:children]
kube_control_plane
[kube_node]
w1 ansible_architecture=aarch64
w2 ansible_architecture=x86_64
[k8s_cluster:children]
kube_control_plane
kube_node
`;

function planOf(roles: Tree, variables = ""): Plan {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), { ...modern, ...roles }));
  const inventories = [plant(join(folder.path, "inventory"), { hosts, "group_vars/all.yml": variables || "{}" })];
  const inventory = openClusterInventory({ ...noInventory, inventories }, checkout);
  return planCheckout(checkout, catalog, { platforms, selection: {}, unavailable: "include", inventory }).plan;
}
/** `gvisor_runsc amd64 | fetched by …` of what is planned for a reason of its own. */
const fetched = ({ artifacts }: Plan): string[] =>
  artifacts
    .filter(({ reason }) => reason.startsWith("fetched"))
    .map(({ name, platforms: on, reason }) => `${name} ${on.map((one) => one.slice(6)).join("+")} | ${reason}`);

const first = "inventory_hostname == groups['kube_control_plane'][0]";
const chart: Tree = {
  "roles/kubernetes-apps/meta/main.yml": `dependencies:
  - role: kubernetes-apps/approver
    when: approver_enabled | default(false)
  - {role: kubernetes-apps/helm, when: helm_enabled, tags: helm}
`,
  "roles/kubernetes-apps/approver/meta/main.yml": `dependencies: [{role: helm-apps, when: ["${first}"]}]\n`,
  "roles/helm-apps/meta/main.yml": "dependencies: [{role: kubernetes-apps/helm}]\n",
  "roles/kubernetes-apps/helm/tasks/main.yml": fetchTask("helm"),
};

test("a role that installs a chart fetches Helm on the first control plane, whether or not helm is enabled", () => {
  expect(fetched(planOf(chart))).toEqual([]);
  expect(fetched(planOf(chart, "approver_enabled: true\n"))).toEqual([
    "helm amd64 | fetched by the role kubernetes-apps/helm, 1 host",
  ]);
  const [helm, ...others] = planOf(chart, "approver_enabled: true\nhelm_enabled: true\n").artifacts.filter(
    ({ name }) => name === "helm",
  );
  expect(others).toEqual([]);
  expect(helm?.reason).toBe("enabled: helm_enabled = True, group kube_control_plane, 2 hosts");
});

test("the role's own defaults, vars and parameters are in scope, and decide above the checkout's where Ansible says so", () => {
  const tree = (role: Tree): Tree => ({
    "roles/network_plugin/tasks/main.yml": fetchTask("gvisor_runsc", "wanted", "gvisor_version == '20260323.0'"),
    ...role,
  });
  const both = "gvisor_runsc amd64 | fetched by the role network_plugin, 3 hosts";
  const arm = "gvisor_runsc arm64 | fetched by the role network_plugin, 1 host";
  const defaults = { "roles/network_plugin/defaults/main.yml": "wanted: true\n" };
  expect(fetched(planOf(tree(defaults)))).toEqual([
    both.replace("3 hosts", "4 hosts"),
    arm.replace("1 host", "4 hosts"),
  ]);
  expect(fetched(planOf(tree(defaults), "wanted: false\n"))).toEqual([]);
  const vars = { "roles/network_plugin/vars/main.yml": "wanted: true\n" };
  expect(fetched(planOf(tree(vars), "wanted: false\n"))).toHaveLength(2);
  expect(fetched(planOf(tree(vars), "gvisor_version: other\nwanted: true\n"))).toEqual([]);
});

test("what only a run can tell counts as fetched, and says so; what is not there before a first run is not", () => {
  const tasks = (when: string): Tree => ({
    "roles/network_plugin/tasks/main.yml": `- {stat: {path: /usr/bin/x}, register: there}
- {command: x, register: answer}
- set_fact: {is_there: "{{ there.stat.exists }}"}
${fetchTask("gvisor_runsc", when)}`,
  });
  expect(fetched(planOf(tasks("answer.rc == 0")))[0]).toContain(
    "role network_plugin, unless a run finds otherwise (answer.rc == 0)",
  );
  expect(fetched(planOf(tasks("ansible_os_family == 'RedHat'")))).toHaveLength(2);
  expect(fetched(planOf(tasks("nobody_sets_this")))).toHaveLength(2);
  expect(fetched(planOf(tasks("there.stat.exists")))).toEqual([]);
  expect(fetched(planOf(tasks("is_there")))).toEqual([]);
  expect(fetched(planOf(tasks("not is_there")))).toHaveLength(2);
  // Ansible stops there: it fetches nothing.
  expect(fetched(planOf(tasks("inventory_hostname in groups['nobody']")))).toEqual([]);
});

const sumsPath = "roles/kubespray_defaults/vars/main/checksums.yml";

test("loops, included files and roles by a template's name, and items that a task makes up", () => {
  const roles = {
    "roles/container-engine/tasks/main.yml": `- include_role: {name: "engine/{{ item.role }}"}
  loop:
    - {role: one, enabled: "{{ container_manager == 'containerd' }}"}
    - {role: two, enabled: false}
  when: item.enabled
`,
    "roles/engine/one/tasks/main.yml": '- include_tasks: "install_{{ etcd_deployment_type }}.yml"\n',
    "roles/engine/one/tasks/install_host.yml": `- include_tasks: ../../../download/tasks/download_file.yml
  vars:
    download: "{{ download_defaults | combine(downloads[item]) }}"
  loop: [gvisor_runsc]
`,
    "roles/engine/one/tasks/install_docker.yml": fetchTask("kubelet"),
    "roles/engine/two/tasks/main.yml": fetchTask("helm"),
    "roles/network_plugin/defaults/main.yml": "helm_version: '3.19.0'\n",
    [sumsPath]: (modern[sumsPath] ?? "").replace("3.18.4:", `3.19.0: sha256:${"d".repeat(64)}\n    3.18.4:`),
    "roles/network_plugin/tasks/main.yml": `- set_fact:
    files: [{name: a, download: "{{ downloads.helm }}"}, {name: b}]
  when: ${first}
- include_tasks: ../../download/tasks/download_file.yml
  vars: {download: "{{ download_defaults | combine(item.download) }}"}
  with_items: "{{ files | selectattr('download', 'defined') | list }}"
  when: ${first}
`,
  };
  const plan = planOf(roles);
  expect(fetched(plan)).toEqual([
    "helm amd64 | fetched by the role network_plugin, 1 host",
    "gvisor_runsc amd64 | fetched by the role engine/one, 4 hosts",
    "gvisor_runsc arm64 | fetched by the role engine/one, 4 hosts",
  ]);
  // As the role's own default says: the item that it takes out of a list is evaluated in its scope.
  expect(plan.artifacts.find(({ name }) => name === "helm")).toMatchObject({
    url: "https://get.helm.sh/helm-v3.19.0-linux-amd64.tar.gz",
  });
});

test("tasks tagged `never`, and run_once", () => {
  const never = fetchTask("gvisor_runsc").replace("  when:", "  tags: [never, etcd]\n  when:");
  expect(fetched(planOf({ "roles/network_plugin/tasks/main.yml": never }))).toEqual([]);
  const once = fetchTask("gvisor_runsc").replace("  when:", "  run_once: true\n  when:");
  expect(fetched(planOf({ "roles/network_plugin/tasks/main.yml": once }))).toEqual([
    "gvisor_runsc amd64 | fetched by the role network_plugin, 1 host",
  ]);
});

test("an item that a role fetches and that cannot be evaluated is unresolved", () => {
  const { unresolved } = planOf(
    { "roles/network_plugin/tasks/main.yml": fetchTask("gvisor_runsc") },
    'gvisor_runsc_download_url: "{{ nobody }}"\n',
  );
  expect(unresolved).toMatchObject([{ name: "gvisor_runsc", field: "url", platforms: ["linux/amd64", "linux/arm64"] }]);
  const missing = planOf({ "roles/network_plugin/tasks/main.yml": fetchTask("not_there") });
  expect(missing.unresolved).toMatchObject([{ name: "not_there", expression: "{{ downloads['not_there'] }}" }]);
});

test("a module that takes an item's URL fetches it too", () => {
  const tasks = `- get_url:
    url: "{{ downloads.gvisor_runsc.url }}"
    dest: "{{ downloads.gvisor_runsc.dest }}"
- copy: {src: "{{ downloads.helm.dest }}", dest: /usr/bin/helm}
`;
  expect(fetched(planOf({ "roles/network_plugin/tasks/main.yml": tasks })).map((line) => line.split(" ")[0])).toEqual([
    "gvisor_runsc",
    "gvisor_runsc",
  ]);
});
