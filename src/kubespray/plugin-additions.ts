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
  /** What the checkout's own items contribute. */
  readonly contributed: readonly Contributed[];
  /** What kubespray has in `downloads` at that version: where the checkout lacks it, the cluster does not use it. */
  readonly listed: ReadonlySet<string>;
  readonly required: RequiredDownloads | undefined;
  /** Sees the variables of all roles. */
  readonly templar: Templar;
}

/**
 * What the checkout's items and the plugins contribute together; what the cluster requires has a reason. An item of the checkout that
 * is not enabled is required all the same where its plugin's own condition holds: a chart may start what `downloads` leaves out.
 */
export function withPluginAdditions(
  described: readonly Contributed[],
  context: AdditionsContext,
): readonly Contributed[] {
  const { contributed, listed, required, templar } = context;
  const own = new Set(contributed.map(contributionKey));
  const needed = new Set(contributed.filter((item) => item.needed).map(contributionKey));
  const hasHosts = ({ platform }: Contributed): boolean => (required?.hosts.get(platform)?.length ?? 0) > 0;
  const conditions = new Map(
    described.flatMap((item) => (item.when === undefined ? [] : [[contributionKey(item), item]])),
  );
  const widened = contributed.map((item) => {
    const plugin = conditions.get(contributionKey(item));
    const mayBeRequired = plugin !== undefined && !needed.has(contributionKey(item)) && hasHosts(item);
    return mayBeRequired ? withRequirement(item, plugin, templar) : item;
  });
  const additions = described
    .filter((item) => !own.has(contributionKey(item)))
    .map((item) =>
      hasHosts(item) && !listed.has(contributionKey(item)) ? withRequirement(item, item, templar) : item,
    );
  return [...widened, ...additions];
}

function contributionKey({ kind, name }: Contributed): string {
  return `${kind} ${name}`;
}

/** The item, needed and with the reason where the condition of its plugin holds. */
function withRequirement(item: Contributed, plugin: Contributed, templar: Templar): Contributed {
  const reason = requirementReason(plugin, templar);
  return reason === undefined ? item : { ...item, needed: true, reason };
}

/** Why the cluster requires it; undefined where it does not. */
function requirementReason({ component, name, when }: Contributed, templar: Templar): string | undefined {
  const enabled = `${component.replaceAll("-", "_")}_enabled`;
  const condition = when ?? roleConditions[component] ?? `${enabled} | default(false)`;
  const holds = (expression: string): boolean => attempt(() => isTruthy(templar.expression(expression))) ?? false;
  if (!holds(`(${condition}) | default(false) | bool`) || !holds(itemConditions[name] ?? "true")) return undefined;
  return `enabled: ${causeOf(`{{ ${condition} }}`, templar)}`;
}
