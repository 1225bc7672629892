// The items of an inventory's hosts, each evaluated with the host's variables. Hosts with the same inputs are evaluated once.
import { hostTemplar, hostVariables, type PlayHost, type VariableLookup } from "../ansible/host-variables.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { KsoError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Checkout } from "./checkout.ts";
import { type DownloadItem, evaluateItems } from "./items.ts";
import { choosesLocations, Origins, type Place, withoutLocations } from "./location.ts";
import { PlayHosts } from "./play-hosts.ts";
import { differingVariables, haveSameValues } from "./shared-evaluations.ts";
import { type FetchedByRole, TaskDownloads } from "./task-downloads.ts";
import { type TaskContext, TaskScopes } from "./task-scopes.ts";
import { withFile } from "./unresolved.ts";

/** An item as hosts see it: at its origin, and where they request it. */
export interface EvaluatedItem {
  readonly item: DownloadItem;
  readonly requested: Pick<DownloadItem, "url" | "repo">;
  /** Whose address that is. */
  readonly place: Place;
  /** The role that fetches it besides the download role, and on which hosts. */
  readonly fetchedBy?: FetchedByRole;
}

/** The evaluation of one host, which holds for all hosts with the same inputs. */
export interface HostEvaluation {
  readonly target: PlayHost;
  readonly lookup: VariableLookup;
  readonly templar: Templar;
  /** The names of all variables that the items depend on. */
  readonly inputs: ReadonlySet<string>;
  /** The items of `downloads`, and what other roles fetch. */
  readonly items: readonly EvaluatedItem[];
  /** The hosts that it holds for. */
  readonly hosts: string[];
}

/** An evaluation that further hosts may join. */
interface GrowingEvaluation extends HostEvaluation {
  readonly inputs: Set<string>;
  readonly tasks: TaskDownloads;
  /** The item at its origin; `role` is the one that fetches it besides the download role. */
  readonly place: (item: DownloadItem, role?: string) => EvaluatedItem;
}

/** Evaluations for one platform; a cluster needs a handful. */
const maxEvaluations = 500;

/** Collects evaluations by platform, for the hosts of one inventory. */
export class HostEvaluations {
  readonly #context: TaskContext;
  readonly #playHosts: PlayHosts;
  readonly #differing: ReadonlySet<string>;
  readonly #evaluations = new Map<Platform, GrowingEvaluation[]>();
  constructor(checkout: Checkout, inventory: Inventory) {
    this.#context = { checkout, scopes: new TaskScopes(checkout) };
    this.#playHosts = new PlayHosts(checkout, inventory);
    this.#differing = differingVariables(inventory);
  }

  /** The evaluations for a platform, in the order of their first hosts. */
  of(platform: Platform): readonly HostEvaluation[] {
    return (this.#evaluations.get(platform) ?? []).map((evaluation) => ({
      ...evaluation,
      items: [...evaluation.items, ...this.#fetchedByRoles(evaluation)],
    }));
  }

  /** Adds a host. @throws KsoError `unresolvable` for hosts that differ in too many ways. */
  add(platform: Platform, target: PlayHost): void {
    const evaluations = this.#evaluations.get(platform) ?? [];
    this.#evaluations.set(platform, evaluations);
    const { name } = target.host;
    const lookup = hostVariables(this.#context.checkout, target);
    const same = evaluations.find(
      ({ inputs, lookup: first, tasks }) =>
        haveSameValues(inputs.intersection(this.#differing), first, lookup) && tasks.join(name, lookup),
    );
    if (same) {
      same.hosts.push(name);
      return;
    }
    evaluations.push(this.#evaluate(target, lookup));
    if (evaluations.length > maxEvaluations)
      throw new KsoError(
        "unresolvable",
        `Cannot use the inventory: its hosts differ in more than ${maxEvaluations} ways that matter to downloads`,
      );
  }

  #evaluate(target: PlayHost, lookup: VariableLookup): GrowingEvaluation {
    const { checkout } = this.#context;
    const templar = hostTemplar(checkout, target);
    const items = evaluateItems(checkout, templar);
    // Before the inputs are taken: hosts whose mirrors differ are not the same.
    const origins = this.#origins(target, templar);
    const inputs = new Set(templar.namesRead).add("group_names");
    const tasks = new TaskDownloads({ target, lookup, inputs }, this.#playHosts, this.#context);
    const place = (item: DownloadItem, role?: string): EvaluatedItem => ({
      requested: item,
      ...(origins?.place(item, role) ?? { item, place: "origin" }),
    });
    const wanted = items.map((item) => ({
      ...item,
      required: item.required && tasks.runsDownloadRole,
      broken: item.broken.map((broken) => withFile(broken, lookup)),
    }));
    return {
      target,
      lookup,
      templar,
      inputs,
      items: wanted.map((item) => place(item)),
      hosts: [target.host.name],
      tasks,
      place,
    };
  }

  /** What roles fetch and the download role does not. */
  #fetchedByRoles({ items, tasks, place }: GrowingEvaluation): readonly EvaluatedItem[] {
    const required = new Set(
      items.filter(({ item }) => item.required).map(({ requested, item }) => locatorOf({ ...item, ...requested })),
    );
    return tasks
      .fetched()
      .filter(({ item }) => !required.has(locatorOf(item)))
      .map((fetchedBy) => ({ ...place(fetchedBy.item, fetchedBy.role), fetchedBy }));
  }

  /** Where the items come from; undefined where the inventory chooses no location. */
  #origins(target: PlayHost, templar: Templar): Origins | undefined {
    const { checkout } = this.#context;
    const { host, extraVars } = target;
    const chosen = [...host.sources, ...(extraVars ? [extraVars] : [])];
    if (!chosen.some((source) => choosesLocations(source, checkout))) return undefined;
    const without = {
      ...target,
      host: { ...host, sources: host.sources.map((source) => withoutLocations(source, checkout)) },
      extraVars: extraVars && withoutLocations(extraVars, checkout),
    };
    const lookup = hostVariables(checkout, without);
    return new Origins(evaluateItems(checkout, hostTemplar(checkout, without)), templar, {
      checkout,
      fetched: () =>
        new TaskDownloads({ target: without, lookup, inputs: new Set() }, this.#playHosts, this.#context).fetched(),
    });
  }
}

function locatorOf({ kind, name, url, repo, tag }: DownloadItem): string {
  return kind === "image" ? `${kind} ${name} ${repo}:${tag}` : `${kind} ${name} ${url}`;
}
