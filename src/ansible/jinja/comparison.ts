// Python's comparisons: `==`, the ordering of `<` and its like, and `in`.
import type { EvaluationBudget } from "./budget.ts";
import { spendOnSearch } from "./cost.ts";
import { invalid } from "./failure.ts";
import { foundIn, isObserved } from "./observed-list.ts";
import {
  Dict,
  isLazy,
  isList,
  isNumber,
  iterate,
  type PythonValue,
  sequence,
  typeName,
  unwrap,
  usable,
} from "./values.ts";

/** Python's ==. @throws TemplateFailure `limit`: aliases can make a value far larger than its text. */
export function equal(left: PythonValue, right: PythonValue, budget: EvaluationBudget): boolean {
  budget.spend();
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (typeof a === "string" && typeof b === "string") {
    budget.spend(Math.ceil(Math.min(a.length, b.length) / 1000));
    return a === b;
  }
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 and not 1n === 1, as in Python.
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b) && (typeof a === typeof b ? a === b : a == b);
  if (a instanceof Dict && b instanceof Dict) return equalDicts(a, b, budget);
  const [x, y] = [sequence(a), sequence(b)];
  if (!(x && y) || isList(a) !== isList(b) || x.length !== y.length) return false;
  return x.every((item, index) => equal(item, y[index] as PythonValue, budget));
}

function equalDicts(a: Dict, b: Dict, budget: EvaluationBudget): boolean {
  return (
    a.size === b.size &&
    a.entries().every(([key, value]) => b.has(key) && equal(value, b.get(key) as PythonValue, budget))
  );
}

/** Python's ordering: negative, zero, positive. @throws TemplateFailure for what Python cannot order. */
export function compareValues(left: PythonValue, right: PythonValue, budget: EvaluationBudget): number {
  budget.spend();
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") {
    budget.spend(Math.ceil(Math.min(a.length, b.length) / 100));
    return compareTexts(a, b);
  }
  const [x, y] = [sequence(a), sequence(b)];
  if (x && y && isList(a) === isList(b)) return compareSequences(x, y, budget);
  return invalid(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function compareSequences(a: readonly PythonValue[], b: readonly PythonValue[], budget: EvaluationBudget): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index] as PythonValue, b[index] as PythonValue];
    if (!equal(left, right, budget)) return compareValues(left, right, budget);
  }
  return a.length - b.length;
}

/** By code point: UTF-16 order differs from Python's beyond the basic plane. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  // Not into the middle of a surrogate pair.
  if (at > 0 && /[\ud800-\udbff]/.test(a.charAt(at - 1))) at--;
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}

/** Python's `in`. */
export function contains(container: PythonValue, item: PythonValue, budget: EvaluationBudget): boolean {
  const within = unwrap(usable(container));
  // Nothing is compared, so the item may be undefined.
  if (!isObserved(within) && sequence(within)?.length === 0) return false;
  const element = unwrap(usable(item));
  if (typeof within === "string") {
    if (typeof element === "string") return includesText(within, element, budget);
    return invalid(`'in <string>' requires string as left operand, not ${typeName(element)}`);
  }
  if (within instanceof Dict) return within.has(element);
  if (isLazy(within)) return within.get(element) !== undefined;
  const found = foundIn(within, [element]);
  if (found) return found.length > 0;
  return iterate(within).some((candidate) => equal(candidate, element, budget));
}

/** Whether a text is in another; the engine may compare all of it at each place. */
function includesText(text: string, part: string, budget: EvaluationBudget): boolean {
  spendOnSearch(text, part, budget);
  return text.includes(part);
}
