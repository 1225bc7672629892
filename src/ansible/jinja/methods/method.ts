// The shape of a method.
import type { EvaluationBudget } from "../budget.ts";
import type { PythonValue } from "../values.ts";

/** A method: the value that it is called on, and the arguments. */
export type Method<S> = (self: S, args: readonly PythonValue[], budget: EvaluationBudget) => PythonValue;

/** The methods of a type, by name. */
export type MethodTable<S> = Readonly<Record<string, Method<S>>>;
