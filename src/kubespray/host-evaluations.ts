// The items of an inventory's hosts, each evaluated with the host's variables. Hosts with the same inputs are evaluated once.
import { hostTemplar, hostVariables, type PlayHost, type VariableLookup } from "../ansible/host-variables.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { KsoError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Checkout } from "./checkout.ts";
import { type DownloadItem, evaluateItems } from "./items.ts";
import { choosesLocations, Origins, type Place, withoutLocations } from "./location.ts";
import { FetchingRoles } from "./other-roles.ts";
import { haveSameValues } from "./shared-evaluations.ts";

/** An item as hosts see it: at its origin, and where they request it. */
export interface EvaluatedItem {
  readonly item: DownloadItem;
  readonly requested: Pick<DownloadItem, "url" | "repo">;
  /** Whose address that is. */
  readonly place: Place;
  readonly role?: string;
}

/** The evaluation of one host, which holds for all hosts with the same inputs. */
export interface HostEvaluation {
  readonly target: PlayHost;
  readonly lookup: VariableLookup;
  readonly templar: Templar;
  /** The names of all variables that the items depend on. */
  readonly inputs: ReadonlySet<string>;
  readonly items: readonly EvaluatedItem[];
  /** The hosts that it holds for. */
  readonly hosts: string[];
}

/** Evaluations for one platform; a cluster needs a handful. */
const maxEvaluations = 500;

/** Collects evaluations by platform. */
export class HostEvaluations {
  readonly #checkout: Checkout;
  readonly #roles: FetchingRoles;
  readonly #evaluations = new Map<Platform, HostEvaluation[]>();
  constructor(checkout: Checkout) {
    this.#checkout = checkout;
    this.#roles = new FetchingRoles(checkout.folder);
  }

  /** The evaluations for a platform, in the order of their first hosts. */
  of(platform: Platform): readonly HostEvaluation[] {
    return this.#evaluations.get(platform) ?? [];
  }

  /** Adds a host. @throws KsoError `unresolvable` for hosts that differ in too many ways. */
  add(platform: Platform, target: PlayHost): void {
    const evaluations = this.#evaluations.get(platform) ?? [];
    this.#evaluations.set(platform, evaluations);
    const lookup = hostVariables(this.#checkout, target);
    const same = evaluations.find((evaluation) => haveSameValues(evaluation.inputs, evaluation.lookup, lookup));
    if (same) {
      same.hosts.push(target.host.name);
      return;
    }
    evaluations.push(this.#evaluate(target, lookup));
    if (evaluations.length > maxEvaluations)
      throw new KsoError(
        "unresolvable",
        `Cannot use the inventory: its hosts differ in more than ${maxEvaluations} ways that matter to downloads`,
      );
  }

  #evaluate(target: PlayHost, lookup: VariableLookup): HostEvaluation {
    const templar = hostTemplar(this.#checkout, target);
    const items = evaluateItems(this.#checkout, templar);
    const usesHostname = templar.namesRead.has("inventory_hostname");
    const roleDownloads = this.#roles.downloads(templar, items, target.host.groups);
    // Before the inputs are taken: hosts whose mirrors differ are not the same.
    const origins = this.#origins(target, templar);
    const placed = (item: DownloadItem) => ({
      requested: item,
      ...(origins?.place(item) ?? { item, place: "origin" }),
    });
    return {
      target,
      lookup,
      templar,
      inputs: inputNames(templar.namesRead, usesHostname),
      items: [...items.map(placed), ...roleDownloads.map(({ item, role }) => ({ ...placed(item), role }))],
      hosts: [target.host.name],
    };
  }

  /** Where the items come from; undefined where the inventory chooses no location. */
  #origins(target: PlayHost, templar: Templar): Origins | undefined {
    const { host, extraVars } = target;
    const chosen = [...host.sources, ...(extraVars ? [extraVars] : [])];
    if (!chosen.some((source) => choosesLocations(source, this.#checkout))) return undefined;
    const without = hostTemplar(this.#checkout, {
      ...target,
      host: { ...host, sources: host.sources.map((source) => withoutLocations(source, this.#checkout)) },
      extraVars: extraVars && withoutLocations(extraVars, this.#checkout),
    });
    return new Origins(evaluateItems(this.#checkout, without), templar, this.#checkout);
  }
}

/**
 * The inputs of an evaluation. Which engine a host gets follows from its groups; older releases find out by the host's name, which
 * must not tell hosts apart.
 */
function inputNames(namesRead: ReadonlySet<string>, usesHostname: boolean): ReadonlySet<string> {
  const names = new Set(namesRead).add("group_names");
  if (!usesHostname) names.delete("inventory_hostname");
  return names;
}
