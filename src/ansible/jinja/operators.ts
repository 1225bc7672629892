// Python's operators on Python's values.
import type { EvaluationBudget } from "./budget.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { str } from "./text.ts";
import { isList, isNumber, type PythonValue, sequence, Tuple, typeName, unwrap, usable } from "./values.ts";

/** Bits that an integer may have. */
const maxBits = 1024n;

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
  const operation = operations.get(operator);
  const result = operation?.(a, b, budget);
  if (result !== undefined) return result;
  return invalid(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
}

/** What an operator does with operands that are not both numbers; undefined where it takes no such operands. */
type Operation = (a: PythonValue, b: PythonValue, budget: EvaluationBudget) => PythonValue | undefined;

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["+", add],
  ["*", (a, b, budget) => (typeof a === "bigint" ? repeat(b, a, budget) : repeat(a, b, budget))],
  ["%", (a, b, budget) => (typeof a === "string" ? formatPercent(a, b, budget) : undefined)],
]);

function add(a: PythonValue, b: PythonValue, budget: EvaluationBudget): PythonValue | undefined {
  if (typeof a === "string" && typeof b === "string") {
    budget.allocate(a.length + b.length);
    return a + b;
  }
  const [x, y] = [sequence(a), sequence(b)];
  if (!(x && y) || isList(a) !== isList(b)) return undefined;
  budget.allocateElements(x.length + y.length);
  return isList(a) ? [...x, ...y] : new Tuple([...x, ...y]);
}

function repeat(value: PythonValue, times: PythonValue, budget: EvaluationBudget): PythonValue | undefined {
  if (typeof times !== "bigint" || !(typeof value === "string" || isList(value))) return undefined;
  const count = times < 0n ? 0 : Number(times);
  if (typeof value === "string") budget.allocate(value.length * count);
  else budget.allocateElements(value.length * count);
  return typeof value === "string" ? value.repeat(count) : Array.from({ length: count }, () => value).flat();
}

function numeric(operator: string, left: number | bigint | boolean, right: number | bigint | boolean): PythonValue {
  const a = typeof left === "boolean" ? BigInt(left) : left;
  const b = typeof right === "boolean" ? BigInt(right) : right;
  if (["/", "//", "%"].includes(operator) && Number(b) === 0) return invalid("division by zero");
  if (typeof a === "bigint" && typeof b === "bigint" && operator !== "/")
    return bounded((integerOperations.get(operator) ?? integerPower)(a, b));
  return (floatOperations.get(operator) ?? ((x, y) => x ** y))(Number(a), Number(b));
}

type FloatOperation = (x: number, y: number) => number;
type IntegerOperation = (a: bigint, b: bigint) => bigint;

const floatOperations: ReadonlyMap<string, FloatOperation> = new Map<string, FloatOperation>([
  ["+", (x, y) => x + y],
  ["-", (x, y) => x - y],
  ["*", (x, y) => x * y],
  ["/", (x, y) => x / y],
  ["//", (x, y) => Math.floor(x / y)],
  ["%", (x, y) => x - y * Math.floor(x / y)],
]);

const integerOperations: ReadonlyMap<string, IntegerOperation> = new Map<string, IntegerOperation>([
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
  ["//", floorQuotient],
  ["%", (a, b) => a - b * floorQuotient(a, b)],
]);

function floorQuotient(a: bigint, b: bigint): bigint {
  return a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
}

function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return invalid("a negative power");
  const bits = BigInt(base.toString(2).length);
  if (bits * exponent > maxBits) throw new TemplateFailure("limit", `a number of more than ${maxBits} bits`);
  return base ** exponent;
}

function bounded(value: bigint): bigint {
  if (value > 1n << maxBits || -value > 1n << maxBits)
    throw new TemplateFailure("limit", `a number of more than ${maxBits} bits`);
  return value;
}

/** `a ~ b`. */
export function concatenate(left: PythonValue, right: PythonValue, budget: EvaluationBudget): string {
  const [a, b] = [str(left, budget), str(right, budget)];
  budget.allocate(a.length + b.length);
  return a + b;
}

/** `"%s-%02d" % (…)`. */
export function formatPercent(format: string, operand: PythonValue, budget: EvaluationBudget): string {
  const values = operand instanceof Tuple ? [...operand.items] : [operand];
  const text = format.replace(
    /%(?:%|([-0 +]*)(\d{0,4})(?:\.(\d{1,3}))?([a-zA-Z]))/g,
    (whole, ...[flags, width, precision, kind]: (string | undefined)[]) => {
      if (whole === "%%") return "%";
      const value = values.shift();
      if (value === undefined) return invalid("not enough arguments for format string");
      const body = formatValue(kind ?? "s", value, precision, budget);
      const size = Number(width);
      if (flags?.includes("-")) return body.padEnd(size);
      return body.padStart(size, flags?.includes("0") && kind !== "s" ? "0" : " ");
    },
  );
  if (values.length > 0) return invalid("not all arguments converted during string formatting");
  budget.allocate(text.length);
  return text;
}

function formatValue(
  kind: string,
  value: PythonValue,
  precision: string | undefined,
  budget: EvaluationBudget,
): string {
  if (kind === "s")
    return precision === undefined ? str(value, budget) : str(value, budget).slice(0, Number(precision));
  const number = unwrap(usable(value));
  if (!isNumber(number)) return invalid(`%${kind} format: a number is required, not ${typeName(number)}`);
  if (kind === "d" || kind === "i") return BigInt(Math.trunc(Number(number))).toString();
  if (kind === "x") return BigInt(Math.trunc(Number(number))).toString(16);
  if (kind === "f") return fixed(Number(number), Number(precision ?? 6));
  return invalid(`unsupported format character '${kind}'`);
}

/** The engine writes no more than a hundred digits behind the point. */
function fixed(number: number, digits: number): string {
  return digits > 100 ? invalid("a precision of more than 100") : number.toFixed(digits);
}

/** The parts of `[start:stop:step]`; None for a part that is left out. */
export interface SliceBounds {
  readonly start: PythonValue;
  readonly stop: PythonValue;
  readonly step: PythonValue;
}

/** `value[start:stop:step]`, as Python cuts lists, tuples and strings. */
export function slice(value: PythonValue, bounds: SliceBounds, budget: EvaluationBudget): PythonValue {
  const whole = unwrap(usable(value));
  const items = typeof whole === "string" ? [...whole] : sequence(whole);
  if (!items) return invalid(`'${typeName(whole)}' object cannot be sliced`);
  budget.allocateElements(items.length);
  const chosen = sliceIndices(items.length, bounds).map((index) => items[index] as PythonValue);
  if (typeof whole === "string") return chosen.join("");
  return whole instanceof Tuple ? new Tuple(chosen) : chosen;
}

function sliceIndices(length: number, { start, stop, step }: SliceBounds): number[] {
  const stride = step === null ? 1 : toIndex(step);
  if (stride === 0) return invalid("slice step cannot be zero");
  const [lowest, highest] = stride > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: PythonValue, fallback: number): number => {
    if (bound === null) return fallback;
    const index = toIndex(bound);
    return Math.min(Math.max(index < 0 ? index + length : index, lowest), highest);
  };
  const indices: number[] = [];
  if (stride > 0) {
    const end = clamp(stop, highest);
    for (let index = clamp(start, lowest); index < end; index += stride) indices.push(index);
  } else {
    const end = clamp(stop, lowest);
    for (let index = clamp(start, highest); index > end; index += stride) indices.push(index);
  }
  return indices;
}

/** An index. @throws TemplateFailure for what is no integer. */
export function toIndex(value: PythonValue): number {
  const index = usable(value);
  if (typeof index === "bigint") return Number(index);
  if (typeof index === "boolean") return index ? 1 : 0;
  return invalid(`indices must be integers, not ${typeName(index)}`);
}
