// What a cluster requires beyond `downloads`, as plugins describe it: images named in templates, charts, manifests. Each is in the
// plan when the condition of its plugin or of its role holds.
import { attempt, TemplateFailure } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { isTruthy, Undefined, UnknownFact } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { platformName } from "../core/platform.ts";
import { causeOf } from "./cause.ts";
import type { RequiredDownloads } from "./required-downloads.ts";
import type { UnresolvedItem } from "./unresolved.ts";

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
function requirementReason(item: Contributed, templar: Templar): string | undefined {
  const condition = conditionOf(item);
  const holds = (expression: string): boolean => attempt(() => isTruthy(templar.expression(expression))) ?? false;
  if (!holds(`(${condition}) | default(false) | bool`) || !holds(itemConditions[item.name] ?? "true")) return undefined;
  return `enabled: ${causeOf(`{{ ${condition} }}`, templar)}`;
}

/** The condition under which a cluster requires what a plugin describes. */
function conditionOf({ component, when }: Contributed): string {
  return when ?? roleConditions[component] ?? `${component.replaceAll("-", "_")}_enabled | default(false)`;
}

/** What the cluster may require: the inventory sets a variable of its condition to what cannot be evaluated. */
export function unresolvedAdditions(
  described: readonly Contributed[],
  { contributed, listed, required, templar }: AdditionsContext,
): readonly UnresolvedItem[] {
  const own = new Set(contributed.map(contributionKey));
  return described.flatMap((item) => {
    const hosts = required?.hosts.get(item.platform) ?? [];
    const key = contributionKey(item);
    if (hosts.length === 0 || own.has(key) || listed.has(key) || itemConditions[item.name] === "false") return [];
    const condition = conditionOf(item);
    const reason = conditionProblem(condition, templar);
    if (reason === undefined) return [];
    const { kind, name, component, platform } = item;
    const expression = `{{ ${condition} }}`;
    return [
      {
        kind,
        name,
        component,
        platforms: [platformName(platform)],
        field: "when",
        expression,
        reason,
        hosts,
        needed: true,
      },
    ];
  });
}

/** Why nobody can tell whether a condition holds; undefined where one can. A variable that nothing sets is simply off. */
function conditionProblem(condition: string, templar: Templar): string | undefined {
  const scope = templar.withVariables(new Map());
  attempt(() => scope.expression(condition));
  const written = new Set(condition.replace(/'[^']*'/g, "").match(/[A-Za-z_]\w*/g));
  // Those that decided: what stands behind a short cut was not read.
  for (const name of [...scope.namesRead].filter((one) => written.has(one))) {
    const reason = templar.rawOf(name) === undefined ? undefined : valueProblem(name, scope);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function valueProblem(name: string, scope: Templar): string | undefined {
  try {
    const value = scope.variable(name);
    return value instanceof Undefined || value instanceof UnknownFact ? value.message : undefined;
  } catch (thrown) {
    if (thrown instanceof TemplateFailure && thrown.kind !== "limit") return thrown.message;
    throw thrown;
  }
}
