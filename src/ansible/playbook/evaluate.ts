// Whether a task runs on a host, as far as that can be known before a run.
import { TemplateFailure } from "../jinja/failure.ts";
import type { Templar } from "../jinja/templar.ts";
import { Dict, iterate, type PythonValue, UnknownFact } from "../jinja/values.ts";
import type { Condition, TaskLoop } from "./walk.ts";

/** Whether a condition holds; `unknown` where only a run can tell. */
export type ConditionState = "holds" | "fails" | "unknown";

/** Whether a condition holds, and the names of all variables that this rests on. */
export interface CheckedCondition {
  readonly state: ConditionState;
  readonly namesRead: ReadonlySet<string>;
}

/** Elements of a loop that are looked at. */
const maxElements = 1000;

/**
 * Whether a condition holds. One that rests on what nobody sets, on a fact or on a task's result is unknown; one that Ansible itself
 * stops at (a group that the inventory has not) fails.
 */
export function checkCondition(condition: Condition, scope: Templar): CheckedCondition {
  // A templar of its own knows which names this very condition reads.
  const templar = scope.withVariables(new Map());
  return { state: stateOf(condition, templar), namesRead: templar.namesRead };
}

function stateOf(condition: Condition, templar: Templar): ConditionState {
  const holds = (): boolean =>
    condition.kind === "when"
      ? templar.conditionHolds(condition.when)
      : templar.template(condition.template) === condition.name;
  try {
    return holds() ? "holds" : "fails";
  } catch (thrown) {
    if (!(thrown instanceof TemplateFailure) || thrown.kind === "limit") throw thrown;
    return thrown.kind === "undefined" && !restsOnUnset(templar) ? "fails" : "unknown";
  }
}

/** Whether a name was looked up that nothing sets. */
function restsOnUnset(templar: Templar): boolean {
  return [...templar.namesRead].some((name) => templar.rawOf(name) === undefined && !templar.isGlobal(name));
}

/** The values of the variables of loops, for each of their turns; undefined where one cannot be known before a run. */
export function turnsOf(
  loops: readonly TaskLoop[],
  templar: Templar,
): readonly ReadonlyMap<string, PythonValue>[] | undefined {
  let turns: readonly ReadonlyMap<string, PythonValue>[] = [new Map()];
  for (const { variable, over } of loops) {
    const next: ReadonlyMap<string, PythonValue>[] = [];
    for (const turn of turns) {
      const elements = elementsOf(over, templar.withVariables(turn));
      if (!elements) return undefined;
      for (const element of elements) next.push(new Map([...turn, [variable, element]]));
    }
    turns = next.slice(0, maxElements);
  }
  return turns;
}

function elementsOf(over: PythonValue, templar: Templar): readonly PythonValue[] | undefined {
  try {
    const value = templar.template(over);
    if (value instanceof UnknownFact) return undefined;
    if (!(value instanceof Dict)) return iterate(value);
    return value.entries().map(
      ([key, element]) =>
        new Dict([
          ["key", key],
          ["value", element],
        ]),
    );
  } catch (thrown) {
    if (thrown instanceof TemplateFailure && thrown.kind !== "limit") return undefined;
    throw thrown;
  }
}
