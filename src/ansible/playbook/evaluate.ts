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
export function checkCondition(condition: Condition, turn: Turn, scope: Templar): CheckedCondition {
  // A templar of its own knows which names this very condition reads.
  const templar = scope.withVariables(turn[condition.depth] ?? innermost(turn));
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

/** One turn of the loops around a task: the variables that they set, in none of them, in the outermost, …, in all. */
export type Turn = readonly ReadonlyMap<string, PythonValue>[];

/** The turns of all loops around a task; a task without loops has one. Undefined where they cannot be known before a run. */
export function turnsOf(loops: readonly TaskLoop[], templar: Templar): readonly Turn[] | undefined {
  let turns: readonly Turn[] = [[new Map()]];
  for (const { variable, over } of loops) {
    const next: Turn[] = [];
    for (const turn of turns) {
      const around = innermost(turn);
      const elements = elementsOf(over, templar.withVariables(around));
      if (!elements) return undefined;
      for (const element of elements) next.push([...turn, new Map([...around, [variable, element]])]);
    }
    turns = next.slice(0, maxElements);
  }
  return turns;
}

/** The one turn of loops of which nothing is known. */
export function unknownTurn(loops: readonly TaskLoop[]): Turn {
  return [new Map(), ...loops.map(() => new Map<string, PythonValue>())];
}

/** The variables that the task itself sees in a turn. */
export function innermost(turn: Turn): ReadonlyMap<string, PythonValue> {
  return turn.at(-1) ?? new Map();
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
