// Which hosts of one evaluation run the download role, and what other roles fetch there. The hosts differ in nothing that was looked at
// but their names; a task that looks at the name (`inventory_hostname == groups['kube_control_plane'][0]`) is evaluated for each.
import type { PlayHost, VariableLookup } from "../ansible/host-variables.ts";
import type { PlayHosts } from "./play-hosts.ts";
import { type CheckedConditions, type RoleDownload, RoleTask, type TaskOutcome } from "./role-downloads.ts";
import { haveSameValues } from "./shared-evaluations.ts";
import type { TaskContext } from "./task-scopes.ts";

/** A file or an image that a role fetches on these hosts. */
export interface FetchedByRole extends RoleDownload {
  readonly hosts: readonly string[];
}

/** What the tasks are evaluated for: the first of the hosts, and its variables. */
export interface FirstHost {
  readonly target: PlayHost;
  readonly lookup: VariableLookup;
  /** The names of all variables that the evaluation rests on; those that tasks read are added. */
  readonly inputs: Set<string>;
}

/** The tasks of a checkout for the hosts of one evaluation. */
export class TaskDownloads {
  readonly #first: FirstHost;
  readonly #hosts: PlayHosts;
  readonly #roles: readonly RoleTask[];
  readonly #tasks: readonly RoleTask[];
  readonly #fetched = new Map<string, RoleDownload & { readonly hosts: Set<string> }>();
  /** Whether the download role runs on the hosts. */
  readonly runsDownloadRole: boolean;
  constructor(first: FirstHost, hosts: PlayHosts, context: TaskContext) {
    const { downloadRoles, fetchTasks } = context.checkout.playbooks();
    const { target } = first;
    this.#first = first;
    this.#hosts = hosts;
    this.#roles = downloadRoles.map((one) => new RoleTask(one, target, context));
    this.#tasks = fetchTasks.map((one) => new RoleTask(one, target, context));
    const outcomes = this.#outcomesOn(target.host.name);
    this.runsDownloadRole = outcomes.runsDownloadRole;
    this.#add(target.host.name, outcomes);
  }

  /** Adds a host. @returns whether it is like the others in all that the tasks look at. */
  join(host: string, lookup: VariableLookup): boolean {
    const outcomes = this.#outcomesOn(host);
    const added = outcomes.namesRead.difference(this.#first.inputs);
    added.delete("inventory_hostname");
    // Of the groups only those count that were looked for, and a further task may look for another one.
    if (outcomes.namesRead.has("group_names")) added.add("group_names");
    const isAlike =
      outcomes.runsDownloadRole === this.runsDownloadRole && haveSameValues(added, this.#first.lookup, lookup);
    if (isAlike) this.#add(host, outcomes);
    return isAlike;
  }

  /** What the tasks fetch, each item once for a role. */
  fetched(): readonly FetchedByRole[] {
    return [...this.#fetched.values()].map((download) => ({ ...download, hosts: [...download.hosts] }));
  }

  #outcomesOn(host: string): Outcomes {
    const namesRead = new Set<string>();
    const checked: CheckedConditions = new Map();
    const outcomesOf = (tasks: readonly RoleTask[]): readonly TaskOutcome[] =>
      tasks
        .filter(({ occurrence }) => this.#hosts.has(occurrence, host))
        .map((task) => {
          const outcome = task.on(host, checked);
          for (const name of outcome.namesRead) namesRead.add(name);
          return outcome;
        });
    return {
      runsDownloadRole: outcomesOf(this.#roles).some(({ runs }) => runs),
      downloads: outcomesOf(this.#tasks).flatMap(({ downloads }) => downloads),
      namesRead,
    };
  }

  #add(host: string, { downloads, namesRead }: Outcomes): void {
    for (const name of namesRead) if (name !== "inventory_hostname") this.#first.inputs.add(name);
    for (const download of downloads) {
      const { item, role } = download;
      const key = `${role} ${item.kind} ${item.name} ${item.url} ${item.repo}:${item.tag}`;
      const fetched = this.#fetched.get(key) ?? { ...download, hosts: new Set<string>() };
      fetched.hosts.add(host);
      // Of two tasks the one that surely runs says why.
      this.#fetched.set(key, download.uncertain === undefined ? { ...fetched, uncertain: undefined } : fetched);
    }
  }
}

interface Outcomes {
  readonly runsDownloadRole: boolean;
  readonly downloads: readonly RoleDownload[];
  readonly namesRead: ReadonlySet<string>;
}
