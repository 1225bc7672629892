// Python's operators on Python's values.
import type { EvaluationBudget } from "./budget.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { str } from "./text.ts";
import { isList, isNumber, type PythonValue, Tuple, typeName, unwrap, usable } from "./values.ts";

/** Bits that an integer may have. */
const widest = 1024n;

/** `+ - * / // % **` and unary minus; `~` is {@link concatenate}. @throws TemplateFailure where Python has a TypeError. */
export function arithmetic(
  operator: string,
  left: PythonValue,
  right: PythonValue,
  budget: EvaluationBudget,
): PythonValue {
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (isNumber(a) && isNumber(b)) return numeric(operator, a, b);
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") {
      budget.allocate(a.length + b.length);
      return a + b;
    }
    if (isList(a) && isList(b)) {
      budget.allocate(a.length + b.length);
      return [...a, ...b];
    }
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
  }
  if (operator === "*" && (typeof a === "bigint" || typeof b === "bigint")) {
    const [times, what] = typeof a === "bigint" ? [a, b] : [b as bigint, a];
    if (typeof what === "string" || isList(what)) {
      const count = times < 0n ? 0 : Number(times);
      budget.allocate(what.length * count);
      return typeof what === "string" ? what.repeat(count) : Array.from({ length: count }, () => what).flat();
    }
  }
  if (operator === "%" && typeof a === "string") return formatPercent(a, b, budget);
  return invalid(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
}

function numeric(operator: string, left: number | bigint | boolean, right: number | bigint | boolean): PythonValue {
  const whole = (value: number | bigint | boolean): number | bigint =>
    typeof value === "boolean" ? BigInt(value) : value;
  const [a, b] = [whole(left), whole(right)];
  if (["/", "//", "%"].includes(operator) && Number(b) === 0) return invalid("division by zero");
  if (typeof a === "bigint" && typeof b === "bigint" && operator !== "/") return bounded(integers(operator, a, b));
  const [x, y] = [Number(a), Number(b)];
  if (operator === "+") return x + y;
  if (operator === "-") return x - y;
  if (operator === "*") return x * y;
  if (operator === "/") return x / y;
  if (operator === "//") return Math.floor(x / y);
  if (operator === "%") return x - y * Math.floor(x / y);
  return x ** y;
}

function integers(operator: string, a: bigint, b: bigint): bigint {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  const quotient = b === 0n ? 0n : a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
  if (operator === "//") return quotient;
  if (operator === "%") return a - b * quotient;
  if (b < 0n) return invalid("a negative power");
  const bits = BigInt(a.toString(2).length);
  if (bits * b > widest) throw new TemplateFailure("limit", `a number of more than ${widest} bits`);
  return a ** b;
}

function bounded(value: bigint): bigint {
  if (value > 1n << widest || -value > 1n << widest)
    throw new TemplateFailure("limit", `a number of more than ${widest} bits`);
  return value;
}

/** `a ~ b`. */
export function concatenate(left: PythonValue, right: PythonValue, budget: EvaluationBudget): string {
  const [a, b] = [str(left, budget), str(right, budget)];
  budget.allocate(a.length + b.length);
  return a + b;
}

/** `"%s-%02d" % (…)`. */
export function formatPercent(format: string, given: PythonValue, budget: EvaluationBudget): string {
  const values = given instanceof Tuple ? [...given.items] : [given];
  const text = format.replace(
    /%(?:%|([-0 +]*)(\d{0,4})(?:\.(\d{1,3}))?([a-zA-Z]))/g,
    (whole, flags?: string, width?: string, precision?: string, kind?: string) => {
      if (whole === "%%") return "%";
      const value = values.shift();
      if (value === undefined) return invalid("not enough arguments for format string");
      const body = converted(kind ?? "s", value, precision, budget);
      const size = Number(width);
      if (flags?.includes("-")) return body.padEnd(size);
      return body.padStart(size, flags?.includes("0") && kind !== "s" ? "0" : " ");
    },
  );
  if (values.length > 0) return invalid("not all arguments converted during string formatting");
  budget.allocate(text.length);
  return text;
}

function converted(kind: string, value: PythonValue, precision: string | undefined, budget: EvaluationBudget): string {
  if (kind === "s")
    return precision === undefined ? str(value, budget) : str(value, budget).slice(0, Number(precision));
  const one = unwrap(usable(value));
  if (!isNumber(one)) return invalid(`%${kind} format: a number is required, not ${typeName(one)}`);
  if (kind === "d" || kind === "i") return BigInt(Math.trunc(Number(one))).toString();
  if (kind === "x") return BigInt(Math.trunc(Number(one))).toString(16);
  if (kind === "f") return Number(one).toFixed(Number(precision ?? 6));
  return invalid(`unsupported format character '${kind}'`);
}

/** `value[start:stop:step]`, as Python cuts lists, tuples and strings. */
export function slice(
  value: PythonValue,
  start: PythonValue,
  stop: PythonValue,
  step: PythonValue,
  budget: EvaluationBudget,
): PythonValue {
  const one = unwrap(usable(value));
  const items = typeof one === "string" ? [...one] : isList(one) ? one : one instanceof Tuple ? one.items : undefined;
  if (!items) return invalid(`'${typeName(one)}' object cannot be sliced`);
  budget.allocate(items.length);
  const by = step === null ? 1 : toIndex(step);
  if (by === 0) return invalid("slice step cannot be zero");
  const { length } = items;
  const clamp = (at: PythonValue, fallback: number): number => {
    if (at === null) return fallback;
    const place = toIndex(at) < 0 ? toIndex(at) + length : toIndex(at);
    return Math.min(Math.max(place, by > 0 ? 0 : -1), by > 0 ? length : length - 1);
  };
  const [from, to] = by > 0 ? [clamp(start, 0), clamp(stop, length)] : [clamp(start, length - 1), clamp(stop, -1)];
  const found: PythonValue[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) found.push(items[at] as PythonValue);
  return typeof one === "string" ? found.join("") : one instanceof Tuple ? new Tuple(found) : found;
}

/** An index. @throws TemplateFailure for what is no integer. */
export function toIndex(value: PythonValue): number {
  const one = usable(value);
  if (typeof one === "bigint") return Number(one);
  if (typeof one === "boolean") return one ? 1 : 0;
  return invalid(`indices must be integers, not ${typeName(one)}`);
}
