// A network plugin of the site's own is named, with what to add: a plan that is silently too small helps nobody.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { platforms } from "../../src/core/platform.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../src/kubespray/inventory.ts";
import { planCheckout } from "../../src/kubespray/plan.ts";
import { mixedCluster, modern, plant } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

/** The notes on a network plugin of a plan with these variables. */
function notesFor(variables: string): readonly string[] {
  using folder = temporary();
  const role = { "roles/network_plugin/custom_cni/defaults/main.yml": 'custom_cni_chart_release_name: ""\n' };
  const checkout = openCheckout(plant(join(folder.path, "kubespray"), { ...modern, ...role }));
  const site = plant(join(folder.path, "site"), { "hosts.ini": mixedCluster, "group_vars/all.yml": variables });
  const inventory = openClusterInventory({ ...noInventory, inventories: [join(site, "hosts.ini")] }, checkout);
  const { plan } = planCheckout(checkout, catalog, { platforms, selection: {}, unavailable: "exclude", inventory });
  return plan.notes.filter((note) => note.includes("--extra"));
}

test("a chart of custom_cni is named with its address, and no password", () => {
  const chart = `kube_network_plugin: custom_cni
custom_cni_chart_release_name: cilium
custom_cni_chart_repository_url: https://ann:secret@helm.cilium.io/
custom_cni_chart_ref: cilium/cilium
custom_cni_chart_version: "1.14.3"
`;
  expect(notesFor(chart)).toEqual([
    "custom_cni installs the chart cilium/cilium 1.14.3 of https://helm.cilium.io/: what it starts is not known here; add https://helm.cilium.io/cilium-1.14.3.tgz and its images with --extra",
  ]);
});

test("manifests of custom_cni, and a plugin that somebody else installs", () => {
  expect(notesFor("kube_network_plugin: custom_cni\n")).toEqual([expect.stringContaining("manifests of your own")]);
  expect(notesFor("kube_network_plugin: cni\n")).toEqual([expect.stringContaining("kube_network_plugin is cni")]);
  expect(notesFor("kube_network_plugin: calico\n")).toEqual([]);
});
