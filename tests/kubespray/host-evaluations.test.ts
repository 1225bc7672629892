// Which hosts share an evaluation: those with the same inputs, and an input is whatever an evaluation looked at.
import { expect, test } from "bun:test";
import { Dict, type PythonValue } from "../../src/ansible/jinja/values.ts";
import { parsePlatform } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { HostEvaluations } from "../../src/kubespray/host-evaluations.ts";
import { modern, plant, type Tree } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

type Values = Readonly<Record<string, PythonValue>>;

/** The hosts a, b and c, of which b has further variables, grouped by evaluation. */
function sharing(variables: Values, tree: Tree = modern): (readonly string[])[] {
  using folder = temporary();
  const checkout = openCheckout(plant(folder.path, tree));
  const groups = ["etcd", "k8s_cluster", "kube_control_plane", "kube_node"];
  const source = new Map(Object.entries(variables).map(([name, value]) => [name, { value, from: "test" }]));
  const hosts = ["a", "b", "c"].map((name) => ({ name, groups, sources: name === "b" ? [source] : [] }));
  const inventory = {
    hosts,
    groups: new Map(["all", ...groups].map((group): [string, string[]] => [group, ["a", "b", "c"]])),
    encrypted: [],
  };
  const platform = parsePlatform("linux/amd64");
  const evaluations = new HostEvaluations(checkout, inventory);
  for (const host of hosts) evaluations.add(platform, { inventory, host, machine: platform.machine });
  return evaluations.of(platform).map(({ hosts: names }) => names);
}

const apart = [["a", "c"], ["b"]];

test("a variable that nothing looks at tells no hosts apart", () => {
  expect(sharing({ ntp_enabled: true })).toEqual([["a", "b", "c"]]);
});

test("the value that another host has by default tells no hosts apart", () => {
  expect(sharing({ container_manager: "containerd" })).toEqual([["a", "b", "c"]]);
});

test.each<[string, Values]>([
  ["a variable that a template looks at", { calico_version: "3.30.0" }],
  ["a variable that only the download role's condition looks at", { download_container: false }],
  ["the table of downloads itself", { downloads: new Dict([["kubelet", new Dict([["enabled", false]])]]) }],
])("%s tells hosts apart", (_, variables) => {
  expect(sharing(variables)).toEqual(apart);
});

test("a variable that only the condition of a set_fact looks at tells hosts apart", () => {
  const tree = {
    ...modern,
    "roles/kubespray_defaults/tasks/main.yml": `---
- name: Set etcd_deployment_type to kubeadm
  set_fact:
    etcd_deployment_type: kubeadm
  when: etcd_kubeadm_enabled | default(false)
`,
  };
  expect(sharing({ etcd_kubeadm_enabled: true }, tree)).toEqual(apart);
  expect(sharing({ etcd_kubeadm_enabled: true })).toEqual([["a", "b", "c"]]);
});

/** The hosts a, b and c in a rack each, grouped by evaluation. */
function sharingRacks(kubelet: string): (readonly string[])[] {
  using folder = temporary();
  const checkout = openCheckout(plant(folder.path, modern));
  const common = ["etcd", "k8s_cluster", "kube_control_plane", "kube_node"];
  const value = new Dict([
    [
      "kubelet",
      new Dict([
        ["enabled", kubelet],
        ["file", true],
        ["url", "https://a.example/b"],
        ["groups", ["k8s_cluster"]],
      ]),
    ],
  ]);
  const source = new Map([["downloads", { value, from: "test" }]]);
  const hosts = ["a", "b", "c"].map((name) => ({ name, groups: [...common, `rack-${name}`], sources: [source] }));
  const groups = new Map([
    ...["all", ...common].map((group): [string, string[]] => [group, ["a", "b", "c"]]),
    ...["a", "b", "c"].map((name): [string, string[]] => [`rack-${name}`, [name]]),
  ]);
  const inventory = { hosts, groups, encrypted: [] };
  const platform = parsePlatform("linux/amd64");
  const evaluations = new HostEvaluations(checkout, inventory);
  for (const host of hosts) evaluations.add(platform, { inventory, host, machine: platform.machine });
  return evaluations.of(platform).map(({ hosts: names }) => names);
}

test.each<[string, string, (readonly string[])[]]>([
  ["a group that nothing asks for tells no hosts apart", "{{ true }}", [["a", "b", "c"]]],
  ["a group that is looked for does", "{{ 'rack-b' in group_names }}", apart],
  ["one that is looked for among others does, too", "{{ group_names | intersect(['rack-b']) | length > 0 }}", apart],
  ["the list read as a whole tells all apart", "{{ group_names | join(' ') | length > 0 }}", [["a"], ["b"], ["c"]]],
  ["so does a loop over it", "{{ group_names | select('match', 'rack') | list | length > 0 }}", [["a"], ["b"], ["c"]]],
  ["and an operand that it is", "{{ ['rack-b'] | intersect(group_names) | length > 0 }}", [["a"], ["b"], ["c"]]],
])("%s", (_, kubelet, expected) => {
  expect(sharingRacks(kubelet)).toEqual(expected);
});
