// What a dot and brackets find: a dictionary's key, a list's element, a method of methods.ts. Never anything of JavaScript's.
import type { Budget } from "./budget.ts";
import { method } from "./methods.ts";
import { index } from "./operators.ts";
import { Dict, isLazy, isList, plain, Tuple, typeName, Undefined, usable, type Value } from "./values.ts";

/** `a.b`: Jinja asks for the method first, then for the key. */
export function attribute(object: Value, name: string | bigint, budget: Budget): Value {
  if (object instanceof Undefined) return object;
  const found = typeof name === "string" ? method(object, name, budget) : undefined;
  if (found !== undefined) return found;
  const held = element(object, name);
  return held !== undefined ? held : missing(object, name);
}

/** `a[b]`: the key first, then the method. */
export function item(object: Value, key: Value, budget: Budget): Value {
  if (object instanceof Undefined) return object;
  const found = element(object, key);
  if (found !== undefined) return found;
  return (typeof key === "string" ? method(object, key, budget) : undefined) ?? missing(object, key);
}

function element(object: Value, key: Value): Value | undefined {
  const one = plain(usable(object));
  const at = plain(usable(key));
  if (one instanceof Dict) return isList(at) || at instanceof Dict ? undefined : one.get(at);
  if (isLazy(one)) return one.get(at);
  const items = isList(one) ? one : one instanceof Tuple ? one.items : typeof one === "string" ? [...one] : undefined;
  return items && (typeof at === "bigint" || typeof at === "boolean") ? items.at(index(at)) : undefined;
}

function missing(object: Value, key: Value): Undefined {
  const name = typeof key === "string" ? `'${key}'` : String(plain(key));
  return new Undefined(
    `'${typeName(object)} object' has no ${typeof key === "string" ? "attribute" : "element"} ${name}`,
  );
}
