// The groups that a playbook makes while it runs (`group_by`), before it downloads: `k8s_cluster` from its parts, new names for old
// ones. Ansible puts a host into the groups of all turns of a loop when the task is done, so none of them is a source for another.
import { hostVariables } from "../ansible/host-variables.ts";
import { matchingHosts } from "../ansible/inventory/host-pattern.ts";
import type { Inventory, InventoryHost } from "../ansible/inventory/inventory.ts";
import type { GroupTask, MadeGroup } from "../ansible/inventory/open.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { isList } from "../ansible/jinja/values.ts";
import { checkCondition, innermost, turnsOf } from "../ansible/playbook/evaluate.ts";
import { argument } from "../ansible/playbook/tasks.ts";
import type { TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { Checkout } from "./checkout.ts";
import { SharedEvaluations } from "./shared-evaluations.ts";
import { type TaskContext, TaskScopes } from "./task-scopes.ts";

/** A group, and the groups that it lies below. */
type Membership = Omit<MadeGroup, "hosts">;

/** What the playbook's tasks make of an inventory, in their order. */
export function groupTasksOf(checkout: Checkout): readonly GroupTask[] {
  const scopes = new TaskScopes(checkout);
  return checkout
    .playbooks()
    .groupTasks.map((occurrence) => (inventory) => groupsMadeBy(occurrence, inventory, { checkout, scopes }));
}

/** The inventory's hosts and groups, with the groups that plays make after the download role has run. */
export function withLaterGroups(checkout: Checkout, inventory: Inventory): Pick<Inventory, "hosts" | "groups"> {
  const context = { checkout, scopes: new TaskScopes(checkout) };
  const groups = new Map(inventory.groups);
  for (const occurrence of checkout.playbooks().laterGroupTasks)
    for (const { name, hosts } of groupsMadeBy(occurrence, { ...inventory, groups }, context))
      groups.set(name, [...new Set([...(groups.get(name) ?? []), ...hosts])]);
  return { hosts: inventory.hosts, groups };
}

function groupsMadeBy(
  occurrence: TaskOccurrence,
  inventory: Inventory,
  { checkout, scopes }: TaskContext,
): readonly MadeGroup[] {
  // In the order in which the play has its hosts.
  const names = [...new Set(matchingHosts(occurrence.play.hosts, inventory))];
  const hosts = new Map(inventory.hosts.map((host) => [host.name, host]));
  const shared = new SharedEvaluations<readonly Membership[]>();
  const made = new Map<string, MadeGroup & { readonly hosts: string[] }>();
  const membershipsOf = (host: InventoryHost): readonly Membership[] => {
    const target = { inventory, host, machine: "" };
    return shared.of(hostVariables(checkout, target), () => {
      const templar = scopes.templar(occurrence, target);
      return { value: memberships(occurrence, templar), namesRead: templar.namesRead };
    });
  };
  const playHosts = names.flatMap((name) => (inventory.limit?.has(name) === false ? [] : (hosts.get(name) ?? [])));
  for (const host of playHosts)
    for (const { name, parents } of membershipsOf(host)) {
      const group = made.get(name) ?? { name, parents, hosts: [] };
      group.hosts.push(host.name);
      made.set(name, group);
    }
  return [...made.values()];
}

/** The groups that the task puts a host into. What only a run can tell puts it into none. */
function memberships(occurrence: TaskOccurrence, templar: Templar): readonly Membership[] {
  const { task, conditions, loops } = occurrence;
  const key = task && argument(task, "key");
  const parents = (task && argument(task, "parents")) ?? [];
  return (turnsOf(loops, templar) ?? []).flatMap((turn) => {
    if (!conditions.every((condition) => checkCondition(condition, turn, templar).state === "holds")) return [];
    const scope = templar.withVariables(innermost(turn));
    const name = attempt(() => groupName(str(scope.template(key ?? null))));
    const names = (isList(parents) ? parents : [parents]).flatMap(
      (parent) => attempt(() => groupName(str(scope.template(parent)))) ?? [],
    );
    return name === undefined || name === "" ? [] : [{ name, parents: names }];
  });
}

function groupName(name: string): string {
  return name.replaceAll(" ", "-");
}
