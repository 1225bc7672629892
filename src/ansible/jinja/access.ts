// What a dot and brackets find: a dictionary's key, a list's element, a method of methods.ts. Never anything of JavaScript's.
import type { EvaluationBudget } from "./budget.ts";
import { spendOn } from "./cost.ts";
import { boundMethod } from "./methods.ts";
import { toIndex } from "./operators.ts";
import {
  Dict,
  isLazy,
  isList,
  type PythonValue,
  sequence,
  typeName,
  Undefined,
  UnknownFact,
  unwrap,
  usable,
} from "./values.ts";

/** `a.b`: Jinja looks for the method first, then for the key. */
export function getAttribute(object: PythonValue, name: string | bigint, budget: EvaluationBudget): PythonValue {
  if (object instanceof Undefined) return object;
  if (object instanceof UnknownFact) return new UnknownFact(object.message, false);
  const method = typeof name === "string" ? boundMethod(object, name, budget) : undefined;
  if (method !== undefined) return method;
  if (typeof object === "string") spendOn(object, budget);
  const value = element(object, name);
  return value !== undefined ? value : undefinedElement(object, name);
}

/** `a[b]`: the key first, then the method. */
export function getItem(object: PythonValue, key: PythonValue, budget: EvaluationBudget): PythonValue {
  if (object instanceof Undefined) return object;
  if (object instanceof UnknownFact) return new UnknownFact(object.message, false);
  // A text is cut into its characters.
  if (typeof object === "string") spendOn(object, budget);
  const value = element(object, key);
  if (value !== undefined) return value;
  const method = typeof key === "string" ? boundMethod(object, key, budget) : undefined;
  return method ?? undefinedElement(object, key);
}

function element(object: PythonValue, key: PythonValue): PythonValue | undefined {
  const container = unwrap(usable(object));
  const at = unwrap(usable(key));
  if (container instanceof Dict) return isList(at) || at instanceof Dict ? undefined : container.get(at);
  if (isLazy(container)) return container.get(at);
  const elements = typeof container === "string" ? [...container] : sequence(container);
  return elements && (typeof at === "bigint" || typeof at === "boolean") ? elements.at(toIndex(at)) : undefined;
}

function undefinedElement(object: PythonValue, key: PythonValue): Undefined {
  const name = typeof key === "string" ? `'${key}'` : String(unwrap(key));
  const kind = typeof key === "string" ? "attribute" : "element";
  return new Undefined(`'${typeName(object)} object' has no ${kind} ${name}`);
}
