// Evaluations that several hosts share: two hosts with the same inputs have the same result, and an input is whatever the evaluation
// looked at.
import type { VariableLookup } from "../ansible/host-variables.ts";
import type { Inventory } from "../ansible/inventory/inventory.ts";
import { EvaluationBudget } from "../ansible/jinja/budget.ts";
import { equal } from "../ansible/jinja/comparison.ts";
import { TemplateFailure } from "../ansible/jinja/failure.ts";
import { answersAlike } from "../ansible/jinja/observed-list.ts";
import { isLazy, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import { sharedVariables } from "../ansible/magic-variables.ts";
import type { VariableSource } from "../ansible/variables.ts";

/** Steps that comparing two values of one variable may take; a larger value is evaluated for each host. */
const stepsOfComparison = 20_000;

/** A value, and the names of all variables that it depends on. */
export interface Evaluation<T> {
  readonly value: T;
  readonly namesRead: ReadonlySet<string>;
}

/** Evaluates once for all hosts that cannot differ. */
export class SharedEvaluations<T> {
  readonly #evaluations: (Evaluation<T> & { readonly lookup: VariableLookup })[] = [];

  /** The value for a host with these variables. */
  of(lookup: VariableLookup, evaluate: () => Evaluation<T>): T {
    const same = this.#evaluations.find((evaluation) =>
      haveSameValues(evaluation.namesRead, evaluation.lookup, lookup),
    );
    if (same) return same.value;
    const evaluation = evaluate();
    this.#evaluations.push({ ...evaluation, lookup });
    return evaluation.value;
  }
}

/** Magic variables that every host has a value of its own for. */
const ownVariables = ["inventory_hostname", "inventory_hostname_short", "group_names"];

/** The variables that can have other values on other hosts of an inventory: all others need no comparison. */
export function differingVariables({ hosts }: Pick<Inventory, "hosts">): ReadonlySet<string> {
  const counts = new Map<VariableSource, number>();
  for (const source of hosts.flatMap(({ sources }) => sources)) counts.set(source, (counts.get(source) ?? 0) + 1);
  const own = [...counts].filter(([, count]) => count < hosts.length).map(([source]) => source);
  return new Set([...ownVariables, ...own.flatMap((source) => [...source.keys()])]);
}

/** Whether two hosts have the same value for every one of these variables. */
export function haveSameValues(names: Iterable<string>, one: VariableLookup, other: VariableLookup): boolean {
  for (const name of names) {
    if (sharedVariables.has(name)) continue;
    const [a, b] = [one(name)?.value, other(name)?.value];
    if (a !== b && (a === undefined || b === undefined || !isSameValue(a, b))) return false;
  }
  return true;
}

function isSameValue(a: PythonValue, b: PythonValue): boolean {
  if (isLazy(a) || isLazy(b)) return false;
  const alike = answersAlike(a, b);
  if (alike !== undefined) return alike;
  try {
    return equal(a, b, new EvaluationBudget(stepsOfComparison)) && typeof unwrap(a) === typeof unwrap(b);
  } catch (thrown) {
    // What has no value, or is too large to compare, is nobody else's.
    if (thrown instanceof TemplateFailure) return false;
    throw thrown;
  }
}
