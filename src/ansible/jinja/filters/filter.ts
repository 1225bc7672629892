// The shape of a filter.
import type { EvaluationBudget } from "../budget.ts";
import { invalid } from "../failure.ts";
import { type CallArguments, iterate, type PythonValue, typeName, unwrap, usable } from "../values.ts";

/** What a filter may use besides its input. */
export interface FilterContext {
  readonly budget: EvaluationBudget;
  /** Another filter, by name: for `map("lower")`. */
  readonly filter: (name: string, value: PythonValue, args: CallArguments, budget: EvaluationBudget) => PythonValue;
}

export type FilterFunction = (value: PythonValue, args: CallArguments, tools: FilterContext) => PythonValue;
export type FilterTable = Readonly<Record<string, FilterFunction>>;

/** The input as a list, paid for. */
export function inputList(value: PythonValue, budget: EvaluationBudget): readonly PythonValue[] {
  const found = iterate(value);
  budget.spend(found.length);
  return found;
}

/** The input as text; a number is none. */
export function inputText(value: PythonValue): string {
  const one = unwrap(usable(value));
  return typeof one === "string" ? one : invalid(`it wants text, not ${typeName(one)}`);
}

/** `a.b.0`: what `attribute=` means. */
export function attributePath(name: PythonValue): readonly (string | bigint)[] {
  const one = usable(name);
  if (typeof one === "bigint") return [one];
  return inputText(one)
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}
