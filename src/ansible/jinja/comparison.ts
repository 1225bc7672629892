// Python's comparisons: `==`, the ordering of `<` and its like, and `in`.
import { invalid } from "./failure.ts";
import { foundIn } from "./observed-list.ts";
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

/** Python's ==. */
export function equal(left: PythonValue, right: PythonValue): boolean {
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 and not 1n === 1, as in Python.
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b) && (typeof a === typeof b ? a === b : a == b);
  if (a instanceof Dict && b instanceof Dict) return equalDicts(a, b);
  const [x, y] = [sequence(a), sequence(b)];
  if (!(x && y) || isList(a) !== isList(b) || x.length !== y.length) return false;
  return x.every((item, index) => equal(item, y[index] as PythonValue));
}

function equalDicts(a: Dict, b: Dict): boolean {
  return (
    a.size === b.size && a.entries().every(([key, value]) => b.has(key) && equal(value, b.get(key) as PythonValue))
  );
}

/** Python's ordering: negative, zero, positive. @throws TemplateFailure for what Python cannot order. */
export function compareValues(left: PythonValue, right: PythonValue): number {
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  const [x, y] = [sequence(a), sequence(b)];
  if (x && y && isList(a) === isList(b)) return compareSequences(x, y);
  return invalid(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function compareSequences(a: readonly PythonValue[], b: readonly PythonValue[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index] as PythonValue, b[index] as PythonValue];
    if (!equal(left, right)) return compareValues(left, right);
  }
  return a.length - b.length;
}

/** By code point: UTF-16 order differs from Python's beyond the basic plane. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const difference = (x[index]?.codePointAt(0) ?? 0) - (y[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Python's `in`. */
export function contains(container: PythonValue, item: PythonValue): boolean {
  const within = unwrap(usable(container));
  const element = unwrap(usable(item));
  if (typeof within === "string") {
    if (typeof element === "string") return within.includes(element);
    return invalid(`'in <string>' requires string as left operand, not ${typeName(element)}`);
  }
  if (within instanceof Dict) return within.has(element);
  if (isLazy(within)) return within.get(element) !== undefined;
  const found = foundIn(within, [element]);
  if (found) return found.length > 0;
  return iterate(within).some((candidate) => equal(candidate, element));
}
