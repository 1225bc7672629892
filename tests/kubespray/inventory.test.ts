// Inventories as kubespray's playbooks see them.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Inventory } from "../../src/ansible/inventory/inventory.ts";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { modern, plant, type Tree } from "../support/checkout.ts";
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
  const inventory = opened(files, { ...modern, [role]: dynamic });
  expect(groupsOf(inventory)).toEqual({
    n1: ["k8s_cluster", "kube_control_plane"],
    n2: ["k8s_cluster", "kube_node"],
    b: ["bastion"],
  });
  const [, worker] = inventory.hosts;
  expect(worker?.sources.find((source) => source.has("k"))?.get("k")?.value).toBe(1n);
  expect(groupsOf(opened({ "hosts.ini": "[kube-master]\nn1\n" }))).toEqual({
    n1: ["kube-master", "kube_control_plane"],
  });
});

test("the checkout's own group_vars count too", () => {
  const { hosts } = opened({ "hosts.ini": "[kube_node]\nn1\n" }, { ...modern, "group_vars/kube_node.yml": "k: 1" });
  expect(hosts[0]?.sources.some((source) => source.has("k"))).toBeTrue();
});
