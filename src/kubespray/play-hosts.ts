// The hosts that the plays of a checkout run on.
import { matchingHosts, namesInPattern } from "../ansible/inventory/host-pattern.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
import { isTemplate } from "../ansible/jinja/syntax.ts";
import type { TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { Checkout } from "./checkout.ts";
import { withLaterGroups } from "./playbook-groups.ts";

/** The hosts of the plays of a checkout, for an inventory. */
export class PlayHosts {
  readonly #groups: Pick<Inventory, "hosts" | "groups">;
  readonly #hosts = new Map<string, ReadonlySet<string>>();
  readonly #limit: ReadonlySet<string> | undefined;
  constructor(checkout: Checkout, inventory: Inventory) {
    this.#limit = inventory.limit;
    this.#groups = withLaterGroups(checkout, inventory);
  }

  /** Whether a task runs on a host, as far as its play decides. */
  has({ play, runOnce }: Pick<TaskOccurrence, "play" | "runOnce">, host: string): boolean {
    const hosts = this.#of(play.hosts);
    if (!runOnce) return hosts.has(host);
    const [first] = hosts;
    return first === host;
  }

  #of(pattern: string): ReadonlySet<string> {
    const known = this.#hosts.get(pattern);
    if (known) return known;
    // A pattern that is a template is set on the command line, if at all.
    const named = matchingHosts(isTemplate(pattern) ? "all" : pattern, this.#groups);
    const hosts = new Set(named.filter((host) => this.#limit?.has(host) !== false));
    this.#hosts.set(pattern, hosts);
    return hosts;
  }
}

/** The groups that the plays are for: `k8s_cluster or etcd`. */
export function groupsOfPlays(occurrences: readonly TaskOccurrence[]): string {
  return [...new Set(occurrences.flatMap(({ play }) => namesInPattern(play.hosts)))].join(" or ");
}
