// Lists without repeats.
import type { EvaluationBudget } from "../budget.ts";
import { equal } from "../comparison.ts";
import { type PythonValue, Undefined, usable } from "../values.ts";

/**
 * The first of the values that have equal keys, in order. Equal is Python's equal.
 * @throws TemplateFailure for an undefined key beside others: Python compares it with them.
 */
export function distinct(
  values: readonly PythonValue[],
  budget: EvaluationBudget,
  keyOf: (value: PythonValue) => PythonValue = (value) => value,
): PythonValue[] {
  const hashable = new Set<unknown>();
  const others: PythonValue[] = [];
  return values.filter((value) => {
    const key = keyOf(value);
    if (key instanceof Undefined && values.length > 1) usable(key);
    if (typeof key === "string" || typeof key === "bigint") {
      if (hashable.has(key)) return false;
      hashable.add(key);
      return true;
    }
    budget.spend(others.length);
    if (others.some((other) => equal(other, key, budget))) return false;
    others.push(key);
    return true;
  });
}
