// What a cluster asks for beyond `downloads`, as plugins describe it: images named in templates, charts, manifests. Each comes in
// under the condition that its plugin names, or when the variable that turns its role on says so.

import type { Templar } from "../ansible/jinja/templar.ts";
import { isTruthy } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { attempt } from "./attempt.ts";
import { causeOf } from "./items.ts";

/** Component → the condition of its role. Source: roles/kubernetes-apps/meta/main.yml and the roles' own tasks, 2.22 to 2.31. */
const components: Readonly<Record<string, string>> = {
  cilium: "kube_network_plugin == 'cilium' or cilium_deploy_additionally | default(false) | bool",
  "kube-ovn": "kube_network_plugin == 'kube-ovn'",
  "csi-sidecars": "cinder_csi_enabled | default(false) or aws_ebs_csi_enabled | default(false)",
};

/** Items with a condition of their own besides their component's. */
const items: Readonly<Record<string, string>> = {
  // Another spelling of an item that `downloads` has in the one that the cluster wants.
  gateway_api_experimental_crds: "false",
  containerd_static: "false",
  "kube-vip-iptables": "false",
};

/** Why the cluster wants it, or undefined: it does not. `host` sees the variables of all roles. */
export function requirementReason({ component, name, when }: Contributed, host: Templar): string | undefined {
  const own = `${component.replaceAll("-", "_")}_enabled`;
  const condition = when ?? components[component] ?? `${own} | default(false)`;
  const holds = (expression: string): boolean => attempt(() => isTruthy(host.expression(expression))) ?? false;
  if (!holds(`(${condition}) | default(false) | bool`) || !holds(items[name] ?? "true")) return undefined;
  return `enabled: ${causeOf(`{{ ${condition} }}`, host)}`;
}
