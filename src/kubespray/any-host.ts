// A made-up host, for a plan without an inventory, and a host that sees the variables of all roles.
import { hostTemplar, hostVariables, type PlayHost } from "../ansible/host-variables.ts";
import type { InventoryHost } from "../ansible/inventory/inventory.ts";
import { EvaluationBudget } from "../ansible/jinja/budget.ts";
import { Templar } from "../ansible/jinja/templar.ts";
import type { VariableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";

/** A made-up host in every group of kubespray's. */
export function anyHost(sources: readonly VariableSource[] = []): Pick<PlayHost, "inventory" | "host"> {
  const groups = ["etcd", "k8s_cluster", "kube_control_plane", "kube_node"];
  const host: InventoryHost = { name: "any-host", groups, sources };
  return {
    host,
    inventory: {
      hosts: [host],
      groups: new Map(["all", ...groups].map((group): [string, string[]] => [group, [host.name]])),
      encrypted: [],
    },
  };
}

/** The variables of a made-up host with a machine of that kind. */
export function anyHostTemplar(checkout: Checkout, machine: string, extraVars?: VariableSource): Templar {
  return hostTemplar(checkout, { ...anyHost(), machine, extraVars });
}

/** The variables of a host, and behind all of them what the other roles set: so each role's own defaults are seen. */
export function allRolesTemplar(checkout: Checkout, target: PlayHost): Templar {
  const lookup = hostVariables(checkout, target);
  const otherRoles = [...checkout.otherRoles().values()].flat();
  const otherRole = (name: string) => otherRoles.find((source) => source.has(name))?.get(name);
  return new Templar((name) => (lookup(name) ?? otherRole(name))?.value, new EvaluationBudget());
}
