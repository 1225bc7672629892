// The shape of a filter, and how filters read their input.
import type { EvaluationBudget } from "../budget.ts";
import { invalid } from "../failure.ts";
import { type CallArguments, iterate, type PythonValue, typeName, unwrap, usable } from "../values.ts";

/** What a filter may use besides its input. */
export interface FilterContext {
  readonly budget: EvaluationBudget;
  /** Applies another filter, by name: for `map("lower")`. */
  readonly filter: (name: string, value: PythonValue, args: CallArguments, budget: EvaluationBudget) => PythonValue;
}

/** A filter. */
export type FilterFunction = (value: PythonValue, args: CallArguments, context: FilterContext) => PythonValue;
/** Filters by name. */
export type FilterTable = Readonly<Record<string, FilterFunction>>;

/** The input as a list; its items are counted. */
export function inputList(value: PythonValue, budget: EvaluationBudget): readonly PythonValue[] {
  const items = iterate(value);
  budget.spend(items.length);
  return items;
}

/** The input as text. @throws TemplateFailure for anything else, a number included. */
export function inputText(value: PythonValue): string {
  const text = unwrap(usable(value));
  return typeof text === "string" ? text : invalid(`it takes text, not ${typeName(text)}`);
}

/** `a.b.0`: what `attribute=` means. */
export function attributePath(name: PythonValue): readonly (string | bigint)[] {
  const path = usable(name);
  if (typeof path === "bigint") return [path];
  return inputText(path)
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}
