// Which hosts of one evaluation run the download role, and what other roles fetch there. The hosts differ in nothing that was looked at
// but their names; a task that looks at the name (`inventory_hostname == groups['kube_control_plane'][0]`) is evaluated for each.
import type { PlayHost, VariableLookup } from "../ansible/host-variables.ts";
import type { TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { PlayHosts } from "./play-hosts.ts";
import { downloadsOf, type RoleDownload, runsOn } from "./role-downloads.ts";
import { type Evaluation, haveSameValues } from "./shared-evaluations.ts";
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
  readonly #roles: readonly Task<boolean>[];
  readonly #tasks: readonly Task<readonly RoleDownload[]>[];
  readonly #fetched = new Map<string, RoleDownload & { readonly hosts: string[] }>();
  /** Whether the download role runs on the hosts. */
  readonly runsDownloadRole: boolean;
  constructor(first: FirstHost, hosts: PlayHosts, context: TaskContext) {
    const { downloadRoles, fetchTasks } = context.checkout.playbooks();
    const { target } = first;
    this.#first = first;
    this.#hosts = hosts;
    this.#roles = downloadRoles.map((one) => new Task(one, target, (host) => runsOn(one, host, context)));
    this.#tasks = fetchTasks.map((one) => new Task(one, target, (host) => downloadsOf(one, host, context)));
    const outcomes = this.#outcomesOn(target.host.name);
    this.runsDownloadRole = outcomes.runsDownloadRole;
    this.#add(target.host.name, outcomes);
  }

  /** Adds a host. @returns whether it is like the others in all that the tasks look at. */
  join(host: string, lookup: VariableLookup): boolean {
    const outcomes = this.#outcomesOn(host);
    const added = outcomes.namesRead.difference(this.#first.inputs);
    added.delete("inventory_hostname");
    const isAlike =
      outcomes.runsDownloadRole === this.runsDownloadRole && haveSameValues(added, this.#first.lookup, lookup);
    if (isAlike) this.#add(host, outcomes);
    return isAlike;
  }

  /** What the tasks fetch, each item once for a role. */
  fetched(): readonly FetchedByRole[] {
    return [...this.#fetched.values()];
  }

  #outcomesOn(host: string): Outcomes {
    const namesRead = new Set<string>();
    const valuesOf = <T>(tasks: readonly Task<T>[]): readonly T[] =>
      tasks.flatMap((task) => {
        if (!this.#hosts.has(task.occurrence, host)) return [];
        const { value, namesRead: names } = task.on(host);
        for (const name of names) namesRead.add(name);
        return [value];
      });
    return {
      runsDownloadRole: valuesOf(this.#roles).includes(true),
      downloads: valuesOf(this.#tasks).flat(),
      namesRead,
    };
  }

  #add(host: string, { downloads, namesRead }: Outcomes): void {
    for (const name of namesRead) if (name !== "inventory_hostname") this.#first.inputs.add(name);
    for (const download of downloads) {
      const { item, role } = download;
      const key = `${role} ${item.kind} ${item.name} ${item.url} ${item.repo}:${item.tag}`;
      const fetched = this.#fetched.get(key) ?? { ...download, hosts: [] };
      // Of two tasks the one that surely runs says why.
      const { uncertain } = download.uncertain === undefined ? download : fetched;
      if (!fetched.hosts.includes(host)) fetched.hosts.push(host);
      this.#fetched.set(key, { ...fetched, uncertain });
    }
  }
}

interface Outcomes {
  readonly runsDownloadRole: boolean;
  readonly downloads: readonly RoleDownload[];
  readonly namesRead: ReadonlySet<string>;
}

/** A task, evaluated once for all hosts, unless it looks at the host's name. */
class Task<T> {
  readonly occurrence: TaskOccurrence;
  readonly #target: PlayHost;
  readonly #evaluate: (target: PlayHost) => Evaluation<T>;
  #shared: Evaluation<T> | undefined;
  constructor(occurrence: TaskOccurrence, target: PlayHost, evaluate: (target: PlayHost) => Evaluation<T>) {
    this.occurrence = occurrence;
    this.#target = target;
    this.#evaluate = evaluate;
  }

  on(host: string): Evaluation<T> {
    if (this.#shared) return this.#shared;
    const evaluation = this.#evaluate({ ...this.#target, host: { ...this.#target.host, name: host } });
    if (!evaluation.namesRead.has("inventory_hostname")) this.#shared = evaluation;
    return evaluation;
  }
}
