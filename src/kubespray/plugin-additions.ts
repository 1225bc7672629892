// What a cluster requires beyond `downloads`, as plugins describe it: images named in templates, charts, manifests. Each is in the
// plan when the condition of its plugin or of its role holds.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { isTruthy } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { causeOf } from "./cause.ts";
import type { RequiredDownloads } from "./required-downloads.ts";

/** Component → the condition of its role. Source: roles/kubernetes-apps/meta/main.yml and the roles' own tasks, 2.22 to 2.31. */
const roleConditions: Readonly<Record<string, string>> = {
  cilium: "kube_network_plugin == 'cilium' or cilium_deploy_additionally | default(false) | bool",
  "kube-ovn": "kube_network_plugin == 'kube-ovn'",
  "csi-sidecars": "cinder_csi_enabled | default(false) or aws_ebs_csi_enabled | default(false)",
};

/** Items with a condition of their own besides their component's. */
const itemConditions: Readonly<Record<string, string>> = {
  // Variants of items of `downloads`, where the checkout has the variant that the cluster requires.
  gateway_api_experimental_crds: "false",
  containerd_static: "false",
  "kube-vip-iptables": "false",
};

/** What decides which of the plugins' contributions a cluster requires. */
export interface AdditionsContext {
  /** `file kubelet`: what the checkout's own items contribute. */
  readonly contributed: ReadonlySet<string>;
  /** What kubespray has in `downloads` at that version: where the checkout lacks it, the cluster does not use it. */
  readonly listed: ReadonlySet<string>;
  readonly required: RequiredDownloads | undefined;
  /** Sees the variables of all roles. */
  readonly templar: Templar;
}

/** The contributions of plugins that are no item of the checkout; those that the cluster requires have a reason. */
export function pluginAdditions(described: readonly Contributed[], context: AdditionsContext): readonly Contributed[] {
  const { contributed, listed, required, templar } = context;
  return described
    .filter(({ kind, name }) => !contributed.has(`${kind} ${name}`))
    .map((item) => {
      const hasHosts = (required?.hosts.get(item.platform)?.length ?? 0) > 0;
      const mayBeRequired = hasHosts && !listed.has(`${item.kind} ${item.name}`);
      const reason = mayBeRequired ? requirementReason(item, templar) : undefined;
      return reason === undefined ? item : { ...item, needed: true, reason };
    });
}

/** Why the cluster requires it; undefined where it does not. */
function requirementReason({ component, name, when }: Contributed, templar: Templar): string | undefined {
  const enabled = `${component.replaceAll("-", "_")}_enabled`;
  const condition = when ?? roleConditions[component] ?? `${enabled} | default(false)`;
  const holds = (expression: string): boolean => attempt(() => isTruthy(templar.expression(expression))) ?? false;
  if (!holds(`(${condition}) | default(false) | bool`) || !holds(itemConditions[name] ?? "true")) return undefined;
  return `enabled: ${causeOf(`{{ ${condition} }}`, templar)}`;
}
