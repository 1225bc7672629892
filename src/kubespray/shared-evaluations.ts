// Evaluations that several hosts share: two hosts with the same inputs have the same result, and an input is whatever the evaluation
// looked at.
import type { VariableLookup } from "../ansible/host-variables.ts";
import { equal } from "../ansible/jinja/comparison.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import { isLazy, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import { sharedVariables } from "../ansible/magic-variables.ts";

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
  return attempt(() => equal(a, b) && typeof unwrap(a) === typeof unwrap(b)) ?? false;
}
