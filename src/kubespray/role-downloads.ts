// What tasks of roles besides the download role fetch: a container engine's role its parts whether or not they are enabled, etcd's
// tools from etcd's archive though etcd itself runs as a container, Helm for a chart. The tasks are those of the checkout's playbooks.
import type { PlayHost } from "../ansible/host-variables.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import { turnsOf, verdictOn } from "../ansible/playbook/evaluate.ts";
import { textIn } from "../ansible/playbook/tasks.ts";
import { type Condition, fileOf, type TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { Checkout } from "./checkout.ts";
import { type DownloadItem, evaluateItem, fetchedAs, rawDownloads } from "./items.ts";
import type { Evaluation } from "./shared-evaluations.ts";
import type { TaskContext } from "./task-scopes.ts";

/** A file or an image that a role fetches, and the role. */
export interface RoleDownload {
  readonly item: DownloadItem;
  readonly role: string;
  /** The condition that only a run can tell, where there is one; then the item counts as fetched. */
  readonly uncertain: string | undefined;
}

/** Whether a task's conditions hold in one of the turns of its loops, or might. */
export function runsOn(occurrence: TaskOccurrence, target: PlayHost, { scopes }: TaskContext): Evaluation<boolean> {
  const templar = scopes.templar(occurrence, target);
  const turns = turnsOf(occurrence.loops, templar) ?? [new Map()];
  const value = turns.some((turn) => stateOf(occurrence.conditions, templar.withVariables(turn)).runs);
  return { value, namesRead: templar.namesRead };
}

/** What a task fetches on a host. */
export function downloadsOf(
  occurrence: TaskOccurrence,
  target: PlayHost,
  { checkout, scopes }: TaskContext,
): Evaluation<readonly RoleDownload[]> {
  const templar = scopes.templar(occurrence, target);
  const role = occurrence.roles.at(-1) ?? fileOf(occurrence);
  const turns = turnsOf(occurrence.loops, templar) ?? [new Map()];
  const value = turns.flatMap((turn) => {
    const scope = templar.withVariables(turn);
    const { runs, uncertain } = stateOf(occurrence.conditions, scope);
    return runs ? [{ role, uncertain, item: itemOf(occurrence, scope, checkout) }] : [];
  });
  return { value, namesRead: templar.namesRead };
}

/** All conditions are looked at, so that all names are known on which they rest. */
function stateOf(
  conditions: readonly Condition[],
  scope: Templar,
): { readonly runs: boolean; readonly uncertain: string | undefined } {
  const states = conditions.map((condition) => ({ condition, state: verdictOn(condition, scope) }));
  const unknown = states.find(({ state }) => state === "unknown")?.condition;
  return { runs: states.every(({ state }) => state !== "fails"), uncertain: unknown && conditionText(unknown) };
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
