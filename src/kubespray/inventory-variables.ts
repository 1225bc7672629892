// Groups that kubespray makes by itself when it starts: `k8s_cluster` from its parts (from 2.29 on), old names with hyphens before.

import { displayPath } from "../ansible/folder.ts";
import { hostsBelow, type InventoryGraph } from "../ansible/inventory/graph.ts";
import { Dict, isList, unwrap } from "../ansible/jinja/values.ts";
import { readYaml } from "../ansible/yaml.ts";
import type { Checkout } from "./checkout.ts";

/** playbooks/legacy_groups.yml and boilerplate.yml up to 2.28: new name → old names. */
const legacy: ReadonlyMap<string, readonly string[]> = new Map([
  ["kube_control_plane", ["kube-master"]],
  ["kube_node", ["kube-node"]],
  ["k8s_cluster", ["k8s-cluster"]],
  ["calico_rr", ["calico-rr"]],
  ["no_floating", ["no-floating"]],
]);

/** Adds hosts to the groups that kubespray would add them to. Names are looked up as they stood before. */
export function addDynamicGroups(graph: InventoryGraph, checkout: Checkout): void {
  const parents = graph.parents();
  const additions = [...mappings(checkout)].map(
    ([name, sources]) =>
      [name, sources.filter((source) => parents.has(source)).flatMap((source) => hostsBelow(graph, source))] as const,
  );
  for (const [name, hosts] of additions) for (const host of hosts) graph.group(name).hosts.add(host);
}

function mappings(checkout: Checkout): ReadonlyMap<string, readonly string[]> {
  const path = "roles/dynamic_groups/tasks/main.yml";
  if (checkout.folder.kind(path) !== "file") return legacy;
  const tasks = readYaml(checkout.folder.read(path), displayPath(checkout.folder, path));
  for (const task of isList(tasks) ? tasks : []) {
    const vars = task instanceof Dict ? task.get("vars") : undefined;
    const found = vars instanceof Dict ? vars.get("group_mappings") : undefined;
    if (found instanceof Dict)
      return new Map(
        found
          .entries()
          .map(([name, sources]) => [
            String(unwrap(name)),
            isList(sources) ? sources.map((one) => String(unwrap(one))) : [],
          ]),
      );
  }
  return legacy;
}
