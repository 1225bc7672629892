// Python's str() and repr().
import { EvaluationBudget } from "./budget.ts";
import { invalid } from "./failure.ts";
import {
  Dict,
  isCallable,
  isLazy,
  isList,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  unwrap,
  usable,
} from "./values.ts";

/** str(): what a template prints. */
export function str(value: PythonValue, budget: EvaluationBudget = new EvaluationBudget()): string {
  const printed = unwrap(usable(value));
  return typeof printed === "string" ? printed : repr(printed, budget);
}

/** How what is undefined is printed inside a list or a dictionary. */
export const undefinedMark = "AnsibleUndefined(";

/** repr(): a string in quotes, everything else as Python writes it. */
export function repr(value: PythonValue, budget: EvaluationBudget = new EvaluationBudget()): string {
  budget.spend();
  if (value instanceof Undefined) return `${undefinedMark}${value.message})`;
  const printed = unwrap(usable(value));
  if (typeof printed === "string") return quoted(printed, budget);
  if (printed === null) return "None";
  if (typeof printed === "boolean") return printed ? "True" : "False";
  if (typeof printed === "bigint") return printed.toString();
  if (typeof printed === "number") return floatText(printed);
  const join = (items: readonly PythonValue[]): string =>
    budget.join(
      mapped(items, (item) => repr(item, budget)),
      ", ",
    );
  if (isList(printed)) return `[${join(printed)}]`;
  if (printed instanceof Tuple)
    return printed.items.length === 1 ? `(${join(printed.items)},)` : `(${join(printed.items)})`;
  if (printed instanceof Dict)
    return `{${budget.join(
      mapped(printed.entries(), ([key, item]) => `${repr(key, budget)}: ${repr(item, budget)}`),
      ", ",
    )}}`;
  if (isCallable(printed) || isLazy(printed)) return invalid(`a ${typeName(printed)} cannot be printed`);
  return invalid("it cannot be printed");
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** The results one after the other, so that whoever takes them can stop. */
export function* mapped<T, R>(items: readonly T[], convert: (item: T) => R): Iterable<R> {
  for (const item of items) yield convert(item);
}

function quoted(text: string, budget: EvaluationBudget): string {
  budget.allocate(text.length);
  return quote(text);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\n\r\t'"\p{Cc}]/gu, (character) => {
    if (character === mark) return `\\${character}`;
    if (character === "'" || character === '"') return character;
    return escapes.get(character) ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `${mark}${body}${mark}`;
}

/** A float as Python writes it: `1.0`, `1e+16`, `1e-05`, `inf`. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const [mantissa = "", exponent = ""] = value.toExponential().split("e");
    return `${mantissa}e${exponent.startsWith("-") ? "-" : "+"}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
