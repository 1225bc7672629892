// What an operation costs for being given large operands, whatever it does with them.
import type { EvaluationBudget } from "./budget.ts";
import { isObserved } from "./observed-list.ts";
import { type CallArguments, Dict, KeptText, type PythonValue, Tuple } from "./values.ts";

/** Characters of a text, and elements of a list or a dictionary, that cost one step to look at. */
const perStep = { characters: 50, elements: 10, entries: 2 } as const;

/** Counts the looking at a value; what lies inside it is not looked at. @throws TemplateFailure `limit` */
export function spendOn(value: PythonValue, budget: EvaluationBudget): void {
  if (typeof value === "string") budget.spend(Math.ceil(value.length / perStep.characters));
  else if (value instanceof KeptText) budget.spend(Math.ceil(value.text.length / perStep.characters));
  else if (value instanceof Tuple) budget.spend(Math.ceil(value.items.length / perStep.elements));
  else if (value instanceof Dict) budget.spend(Math.ceil(value.size / perStep.entries));
  // To ask an observed list for its length is to read it.
  else if (Array.isArray(value) && !isObserved(value)) budget.spend(Math.ceil(value.length / perStep.elements));
}

/** The same for all arguments of a call. @throws TemplateFailure `limit` */
export function spendOnArguments({ positional, named }: CallArguments, budget: EvaluationBudget): void {
  for (const value of positional) spendOn(value, budget);
  for (const value of named.values()) spendOn(value, budget);
}

/** Counts a search for a part of a text, which may be compared at each place. @throws TemplateFailure `limit` */
export function spendOnSearch(text: string, part: string, budget: EvaluationBudget): void {
  budget.spend(Math.ceil((text.length * part.length) / 20_000));
}
