// What a dot and brackets find: a dictionary's key, a list's element, a method of methods.ts. Never anything of JavaScript's.
import type { EvaluationBudget } from "./budget.ts";
import { boundMethod } from "./methods.ts";
import { toIndex } from "./operators.ts";
import { Dict, isLazy, isList, type PythonValue, Tuple, typeName, Undefined, unwrap, usable } from "./values.ts";

/** `a.b`: Jinja asks for the method first, then for the key. */
export function getAttribute(object: PythonValue, name: string | bigint, budget: EvaluationBudget): PythonValue {
  if (object instanceof Undefined) return object;
  const found = typeof name === "string" ? boundMethod(object, name, budget) : undefined;
  if (found !== undefined) return found;
  const held = element(object, name);
  return held !== undefined ? held : missing(object, name);
}

/** `a[b]`: the key first, then the method. */
export function getItem(object: PythonValue, key: PythonValue, budget: EvaluationBudget): PythonValue {
  if (object instanceof Undefined) return object;
  const found = element(object, key);
  if (found !== undefined) return found;
  return (typeof key === "string" ? boundMethod(object, key, budget) : undefined) ?? missing(object, key);
}

function element(object: PythonValue, key: PythonValue): PythonValue | undefined {
  const one = unwrap(usable(object));
  const at = unwrap(usable(key));
  if (one instanceof Dict) return isList(at) || at instanceof Dict ? undefined : one.get(at);
  if (isLazy(one)) return one.get(at);
  const items = isList(one) ? one : one instanceof Tuple ? one.items : typeof one === "string" ? [...one] : undefined;
  return items && (typeof at === "bigint" || typeof at === "boolean") ? items.at(toIndex(at)) : undefined;
}

function missing(object: PythonValue, key: PythonValue): Undefined {
  const name = typeof key === "string" ? `'${key}'` : String(unwrap(key));
  return new Undefined(
    `'${typeName(object)} object' has no ${typeof key === "string" ? "attribute" : "element"} ${name}`,
  );
}
