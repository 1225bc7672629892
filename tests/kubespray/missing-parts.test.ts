// Notes on what a cluster has in any case and an inventory wants nothing of, and on hosts that take no part.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { planCheckout } from "../../src/kubespray/plan.ts";
import { modern, plant, playbooks } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

/** The notes on the plan for an inventory and its variables. */
function notesOn(hosts: string, variables = "", tree = modern, limit?: string): readonly string[] {
  using folder = temporary();
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), tree));
  const files = { hosts: hosts, "group_vars/all.yml": `host_architecture: amd64\n${variables}` };
  const inventory = openClusterInventory(
    { ...noInventory, limit, inventories: [plant(join(folder.path, "inventory"), files)] },
    checkout,
  );
  return planCheckout(checkout, catalog, { platforms, selection: {}, unavailable: "exclude", inventory }).plan.notes;
}
const cluster = "[kube_control_plane]\ncp\n[etcd]\ncp\n[kube_node]\nw\n";
const whole = `${cluster}[k8s_cluster:children]\nkube_control_plane\nkube_node\n`;

test("a whole cluster has no notes", () => {
  expect(notesOn(whole)).toEqual([]);
});

test("nodes that are not in k8s_cluster are named, and what nobody wants because of that", () => {
  expect(notesOn(cluster)).toEqual([
    expect.stringMatching(/^kubespray makes no Kubernetes node of cp, w: .* add both to \[k8s_cluster:children\]$/),
    "the inventory wants nothing of kubelet, the pause image, the control plane's images, the network plugin calico: no host that downloads is in k8s_cluster",
  ]);
});

test("under a limit nothing is said of other hosts, and that there are some", () => {
  const leaves = "--limit leaves 1 of 2 hosts; what only the others want is not planned";
  expect(notesOn(whole, "", modern, "w")).toEqual([leaves]);
  expect(notesOn(cluster, "", modern, "cp")).toEqual([
    expect.stringMatching(/^kubespray makes no Kubernetes node of cp: /),
    leaves,
  ]);
});

test("what is switched off is named with the switch, and a network plugin without images is none", () => {
  const path = "roles/kubespray_defaults/defaults/main/download.yml";
  const kubelet = "kubelet:\n    enabled: ";
  const tree = { ...modern, [path]: (modern[path] ?? "").replace(`${kubelet}true`, `${kubelet}"{{ with_kubelet }}"`) };
  expect(notesOn(whole, "with_kubelet: false\n", tree)).toContain(
    "the inventory wants nothing of kubelet: with_kubelet = False",
  );
  expect(notesOn(whole, "kube_network_plugin: none\n")).toEqual([]);
});

test("hosts that no play installs are named; those of a play of their own are not", () => {
  const bastion = {
    ...modern,
    "cluster.yml": `- {hosts: "bastion[0]", roles: [ssh]}\n${playbooks["cluster.yml"]?.slice(4)}`,
  };
  const hosts = `${whole}[bastion]\nb\n[lb]\nlb[1:9]\n`;
  expect(notesOn(hosts, "", bastion)).toEqual([
    "nothing is planned for lb1, lb2, lb3, lb4, lb5 and 4 more, which no play of the checkout installs: that is for k8s_cluster or etcd",
  ]);
});

test("a checkout without playbooks says what is assumed", () => {
  const without = Object.fromEntries(Object.entries(modern).filter(([path]) => !(path in playbooks)));
  expect(notesOn(whole, "", without)).toEqual([expect.stringContaining("has no playbook cluster.yml")]);
});

test("a network plugin that the checkout does not have is named", () => {
  expect(notesOn(whole, "kube_network_plugin: weave\n")).toContain(
    "the inventory wants nothing of the network plugin weave: this checkout has nothing of that name",
  );
  for (const own of ["macvlan", "none", "canal"])
    expect(notesOn(whole, `kube_network_plugin: ${own}\n`).join("\n")).not.toContain("network plugin");
});
