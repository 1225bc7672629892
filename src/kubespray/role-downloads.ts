// What tasks of roles besides the download role fetch: a container engine's role its parts whether or not they are enabled, etcd's
// tools from etcd's archive though etcd itself runs as a container, Helm for a chart. The tasks are those of the checkout's playbooks.
import type { PlayHost } from "../ansible/host-variables.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import {
  type CheckedCondition,
  checkCondition,
  innermost,
  type Turn,
  turnsOf,
  unknownTurn,
} from "../ansible/playbook/evaluate.ts";
import { textIn } from "../ansible/playbook/tasks.ts";
import { type Condition, fileOf, type TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { Checkout } from "./checkout.ts";
import { type DownloadItem, evaluateItem, fetchedAs, rawDownloads } from "./items.ts";
import type { TaskContext } from "./task-scopes.ts";

/** A file or an image that a role fetches, and the role. */
export interface RoleDownload {
  readonly item: DownloadItem;
  readonly role: string;
  /** The condition that only a run can tell, where there is one; then the item counts as fetched. */
  readonly uncertain: string | undefined;
}

/** What of a task's conditions is known of a host: shared by all tasks that the same condition stands around. */
export type CheckedConditions = Map<Condition, CheckedCondition>;

/** What a task comes to on a host. */
export interface TaskOutcome {
  readonly runs: boolean;
  /** What it fetches, if it does. */
  readonly downloads: readonly RoleDownload[];
  /** The names of variables that this rests on, as far as they were not known before. */
  readonly namesRead: ReadonlySet<string>;
}

const hostName = "inventory_hostname";
const nothing: TaskOutcome = { runs: false, downloads: [], namesRead: new Set() };

/**
 * A task, evaluated for hosts that differ in nothing but their names: all that does not look at the name is evaluated once. Every
 * condition is looked at, so that all names are known on which the task rests.
 */
export class RoleTask {
  readonly occurrence: TaskOccurrence;
  readonly #target: PlayHost;
  readonly #context: TaskContext;
  readonly #turns: readonly TaskTurn[];
  /** Whether what it loops over, or a fact that a task sets, depends on the host's name. */
  readonly #isOwn: boolean;
  readonly #ownNames: ReadonlySet<string>;
  #first: ReadonlySet<string> | undefined;
  constructor(occurrence: TaskOccurrence, target: PlayHost, context: TaskContext) {
    this.occurrence = occurrence;
    this.#target = target;
    this.#context = context;
    const templar = context.scopes.templar(occurrence, target);
    const turns = turnsOf(occurrence.loops, templar) ?? [unknownTurn(occurrence.loops)];
    this.#isOwn = templar.namesRead.has(hostName);
    this.#turns = turns.map((turn) => turnFor(occurrence.conditions, turn, templar)).filter(({ fails }) => !fails);
    this.#ownNames = this.#turns.length > 0 || this.#isOwn ? context.scopes.ownNames(occurrence) : new Set();
    this.#first = templar.namesRead;
  }

  /** What it comes to on a host. */
  on(host: string, checked: CheckedConditions): TaskOutcome {
    const known = this.#first ?? new Set();
    this.#first = undefined;
    if (this.#isOwn && host !== this.#target.host.name) {
      const own = new RoleTask(this.occurrence, this.#targetNamed(host), this.#context);
      return own.on(host, checked);
    }
    if (this.#turns.length === 0) return { ...nothing, namesRead: known };
    const namesRead = new Set(known);
    let scope: Templar | undefined;
    const hostScope = (): Templar => {
      scope ??= this.#context.scopes.templar(this.occurrence, this.#targetNamed(host));
      return scope;
    };
    const running = this.#turns.filter((turn) =>
      turn.pending.every((condition) => {
        const state = this.#check(condition, turn, { hostScope, checked });
        for (const name of state.namesRead) namesRead.add(name);
        return state.state !== "fails";
      }),
    );
    const fetches = this.occurrence.task !== undefined;
    const downloads = fetches ? running.map((turn) => this.#download(turn, hostScope, namesRead)) : [];
    return { runs: running.length > 0, downloads, namesRead };
  }

  #targetNamed(name: string): PlayHost {
    return { ...this.#target, host: { ...this.#target.host, name } };
  }

  #check(
    condition: Condition,
    turn: TaskTurn,
    { hostScope, checked }: { readonly hostScope: () => Templar; readonly checked: CheckedConditions },
  ): CheckedCondition {
    const known = checked.get(condition);
    if (known?.namesRead.isDisjointFrom(this.#ownNames)) return known;
    const result = checkCondition(condition, turn.turn, hostScope());
    checked.set(condition, result);
    return result;
  }

  /** The item is the same on all hosts, unless it depends on the name. */
  #download(turn: TaskTurn, hostScope: () => Templar, namesRead: Set<string>): RoleDownload {
    if (turn.download) return turn.download;
    const templar = hostScope().withVariables(innermost(turn.turn));
    const item = itemOf(this.occurrence, templar, this.#context.checkout);
    const download = { item, role: this.occurrence.roles.at(-1) ?? fileOf(this.occurrence), uncertain: turn.uncertain };
    for (const name of templar.namesRead) namesRead.add(name);
    if (!templar.namesRead.has(hostName)) turn.download = download;
    return download;
  }
}

/** What is known of one turn of the loops around a task. */
interface TaskTurn {
  readonly turn: Turn;
  /** Whether one of the conditions that do not look at the host's name fails. */
  readonly fails: boolean;
  /** The conditions that look at the host's name. */
  readonly pending: readonly Condition[];
  readonly uncertain: string | undefined;
  download?: RoleDownload;
}

function turnFor(conditions: readonly Condition[], turn: Turn, templar: Templar): TaskTurn {
  const states = conditions.map((condition) => ({ condition, ...checkCondition(condition, turn, templar) }));
  const fixed = states.filter(({ namesRead }) => !namesRead.has(hostName));
  const unknown = states.find(({ state }) => state === "unknown")?.condition;
  return {
    turn,
    fails: fixed.some(({ state }) => state === "fails"),
    pending: states.filter(({ namesRead }) => namesRead.has(hostName)).map(({ condition }) => condition),
    uncertain: unknown && conditionText(unknown),
  };
}

function conditionText(condition: Condition): string {
  return condition.kind === "when" ? String(condition.when) : `${condition.template} is ${condition.name}`;
}

/** The item that a task fetches: one of `downloads`, or one that the task makes up. */
function itemOf(occurrence: TaskOccurrence, scope: Templar, checkout: Checkout): DownloadItem {
  const kind = occurrence.includes?.includes("download_container") ? "image" : "file";
  const written =
    occurrence.task?.vars.get("download") ?? scope.rawOf("download") ?? textIn(occurrence.task?.args ?? null);
  const name = nameOf(written, scope);
  const raw = name === undefined ? undefined : rawDownloads(scope).get(name);
  const value = name === undefined ? written : (raw ?? `{{ downloads['${name}'] }}`);
  const item = evaluateItem(name ?? madeUpName(occurrence), value, { templar: scope, checkout });
  const named = name === undefined ? { ...item, name: itemWithUrl(item.url, scope) ?? item.name } : item;
  return fetchedAs(kind, named, scope);
}

/** The item of `downloads` that has this URL: a task may take it out of a list of its own. */
function itemWithUrl(url: string | undefined, scope: Templar): string | undefined {
  if (url === undefined) return undefined;
  const same = rawDownloads(scope)
    .entries()
    .find(([, raw]) => raw instanceof Dict && attempt(() => scope.template(raw.get("url") ?? null)) === url);
  return same && String(unwrap(same[0]));
}

/** `runc` in `{{ download_defaults | combine(downloads.runc) }}`, `downloads['runc']` or `downloads[item]`. */
function nameOf(written: PythonValue, scope: Templar): string | undefined {
  if (typeof written !== "string") return undefined;
  const [, attribute, quoted, expression] =
    /\bdownloads(?:\.(\w+)|\[\s*(?:["']([^"']*)["']|([\w.]+))\s*\])/.exec(written) ?? [];
  if (expression === undefined) return attribute ?? quoted;
  return attempt(() => str(scope.expression(expression)));
}

/** A name for what is no item of `downloads`: that of the role. */
function madeUpName({ roles }: TaskOccurrence): string {
  return (roles.at(-1) ?? "play").replace(/^.*\//, "").replaceAll("-", "_");
}
