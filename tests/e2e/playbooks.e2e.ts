// What a checkout's own playbooks and roles make of an inventory, with the compiled binary: groups that they make, what roles fetch for a
// chart, what a chart starts, facts that do not matter. Made-up checkouts in the forms of releases; where KUBESPRAY_CLONE names a clone of
// kubespray, the same of its tags. Run by .ci/run after build.ts.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { fetchTask, modern, plant, type Tree } from "../support/checkout.ts";
import { type Outcome, run } from "../support/containers.ts";
import { ways } from "../support/program.ts";
import { clone, tagged } from "../support/tags.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());
const [program = ""] = ways.binary;
const home = { HOME: join(folder.path, "home"), XDG_CACHE_HOME: join(folder.path, "cache"), NO_COLOR: "1" };
const kso = (...args: readonly string[]): Promise<Outcome> => run(program, args, home);
let planted = 0;

interface PlanJson {
  readonly artifacts: readonly {
    readonly name: string;
    readonly platforms: readonly string[];
    readonly reason: string;
  }[];
  readonly unresolved: readonly unknown[];
  readonly unavailable: readonly unknown[];
}

/** What kso plans for an inventory and a checkout. */
async function resolved(
  checkout: string,
  inventory: Tree,
): Promise<{ readonly plan: PlanJson; readonly names: readonly string[]; readonly stderr: string }> {
  const path = plant(join(folder.path, `inventory-${++planted}`), inventory);
  const outcome: Outcome = await kso("resolve", "--json", "--kubespray-dir", checkout, "-i", path);
  expect([outcome.code, outcome.code === 0 ? "" : outcome.stderr]).toEqual([0, ""]);
  const plan = JSON.parse(outcome.stdout) as PlanJson;
  return { plan, names: plan.artifacts.map(({ name }) => name), stderr: outcome.stderr };
}
const checkout = (tree: Tree): string => plant(join(folder.path, `kubespray-${++planted}`), { ...modern, ...tree });

const parts =
  "[kube_control_plane]\ncp1 ansible_architecture=x86_64\n[etcd:children]\nkube_control_plane\n[kube_node]\nw1 ansible_architecture=x86_64\n";
const whole = `${parts}[k8s_cluster:children]\nkube_control_plane\nkube_node\n`;
const addons = { "group_vars/k8s_cluster/addons.yml": "metrics_server_enabled: true\nhelm_enabled: true\n" };

const boilerplate = {
  "cluster.yml": `- hosts: all
  tasks:
    - vars: {group_mappings: {k8s_cluster: [kube_node, kube_control_plane, calico_rr]}}
      group_by:
        key: "{{ (group_names | intersect(item.value) | length > 0) | ternary(item.key, '_all') }}"
      loop: "{{ group_mappings | dict2items }}"
- import_playbook: playbooks/cluster.yml
`,
};

test("case 02: k8s_cluster is made of its parts where the checkout makes it, with its group_vars; where it does not, that is loud", async () => {
  const made = await resolved(checkout(boilerplate), { hosts: parts, ...addons });
  expect(made.names).toEqual(
    expect.arrayContaining(["kubelet", "etcd", "helm", "calico_node", "pod_infra", "kube-proxy"]),
  );
  expect(made.stderr).not.toContain("k8s_cluster");
  const parted = await resolved(checkout({}), { hosts: parts, ...addons });
  expect(parted.names).toEqual(["etcd"]);
  expect(parted.stderr).toContain(
    "note: kubespray makes no Kubernetes node of cp1, w1: kube_control_plane and kube_node are not in k8s_cluster",
  );
  expect(parted.stderr).toContain("note: the inventory wants nothing of kubelet, ");
});

const chartRoles = {
  "roles/kubernetes-apps/meta/main.yml": `dependencies:
  - role: kubernetes-apps/kubelet-csr-approver
    when: [kubelet_csr_approver_enabled, "inventory_hostname == groups['kube_control_plane'][0]"]
`,
  "roles/kubernetes-apps/kubelet-csr-approver/defaults/main.yml": "kubelet_csr_approver_enabled: false\n",
  "roles/kubernetes-apps/kubelet-csr-approver/meta/main.yml": "dependencies:\n  - role: helm-apps\n    releases: []\n",
  "roles/helm-apps/meta/main.yml": "dependencies:\n  - role: kubernetes-apps/helm\n",
  "roles/kubernetes-apps/helm/tasks/main.yml": fetchTask("helm"),
};

test("case 08: a role that installs a chart fetches Helm, whatever helm_enabled says, on the first control plane", async () => {
  const path = checkout(chartRoles);
  const enabled = { "group_vars/all/x.yml": "kubelet_csr_approver_enabled: true\nhelm_enabled: false\n" };
  const { plan } = await resolved(path, { hosts: whole, ...enabled });
  expect(plan.artifacts.filter(({ name }) => name === "helm")).toMatchObject([
    { platforms: ["linux/amd64"], reason: "fetched by the role kubernetes-apps/helm, 1 host" },
  ]);
  expect((await resolved(path, { hosts: whole })).names).not.toContain("helm");
});

test("case 06: Cilium's Envoy is wanted with Cilium, unless the chart's values say otherwise", async () => {
  const path = "roles/kubespray_defaults/defaults/main/download.yml";
  const pins = ["version", "cli_version", "image_tag", "operator_image_tag", "hubble_envoy_image_tag"];
  const item = `${pins.map((pin) => `cilium_${pin}: "1.18.6"\n`).join("")}cilium_enable_hubble: false
downloads:
  cilium_hubble_envoy:
    enabled: "{{ cilium_enable_hubble }}"
    container: true
    repo: "{{ quay_image_repo }}/cilium/cilium-envoy"
    tag: "{{ cilium_hubble_envoy_image_tag }}"
    groups: [k8s_cluster]
`;
  const tree = checkout({ [path]: (modern[path] ?? "").replace("downloads:\n", item) });
  const names = async (variables: string): Promise<readonly string[]> =>
    (await resolved(tree, { hosts: whole, "group_vars/all/x.yml": variables })).names;
  expect(await names("kube_network_plugin: cilium\n")).toContain("cilium_hubble_envoy");
  expect(await names("kube_network_plugin: calico\n")).not.toContain("cilium_hubble_envoy");
  const off = "kube_network_plugin: cilium\ncilium_extra_values: {envoy: {enabled: false}}\n";
  expect(await names(off)).not.toContain("cilium_hubble_envoy");
});

test("case 11: a fact in where files land is no matter of a plan", async () => {
  const path = checkout({});
  const facts = "[all:vars]\nlocal_release_dir={{ansible_env.HOME}}/releases\n";
  const [plain, moved] = [await resolved(path, { hosts: whole }), await resolved(path, { hosts: `${whole}${facts}` })];
  expect(moved.plan.artifacts).toEqual(plain.plan.artifacts);
  expect([moved.plan.unresolved, moved.plan.unavailable]).toEqual([[], []]);
  expect(moved.stderr).not.toContain("stops");
});

const cases: readonly (readonly [
  name: string,
  tag: string,
  inventory: Tree,
  items: number,
  among: readonly string[],
])[] = [
  [
    "02",
    "v2.26.1",
    { hosts: parts, "group_vars/k8s_cluster/a.yml": "metrics_server_enabled: true\n" },
    4,
    ["kubectl", "etcd"],
  ],
  ...["v2.27.0", "v2.27.1", "v2.28.0", "v2.28.1", "v2.29.0", "v2.31.0"].map(
    (tag) =>
      [
        "02",
        tag,
        { hosts: parts, "group_vars/k8s_cluster/a.yml": "metrics_server_enabled: true\n" },
        24,
        ["kubelet", "metrics_server"],
      ] as const,
  ),
  ...["v2.28.0", "v2.31.0"].flatMap((tag) => [
    [
      "06",
      tag,
      { hosts: whole, "group_vars/all/x.yml": "kube_network_plugin: cilium\n" },
      24,
      ["cilium_hubble_envoy"],
    ] as const,
    [
      "08",
      tag,
      { hosts: whole, "group_vars/all/x.yml": "kubelet_csr_approver_enabled: true\n" },
      26,
      ["helm"],
    ] as const,
  ]),
  [
    "11",
    "v2.31.0",
    { hosts: `${whole}[all:vars]\nlocal_release_dir={{ansible_env.HOME}}/releases\n` },
    23,
    ["kubelet"],
  ],
];

test.each(clone === undefined ? [] : cases)("case %s of kubespray %s", async (_, tag, inventory, items, among) => {
  const { names, plan } = await resolved(tagged(folder.path, tag), inventory);
  expect(names).toEqual(expect.arrayContaining([...among]));
  expect([names.length, plan.unresolved, plan.unavailable]).toEqual([items, [], []]);
});
