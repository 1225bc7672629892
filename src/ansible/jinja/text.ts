// Python's str() and repr().
import type { EvaluationBudget } from "./budget.ts";
import { invalid } from "./failure.ts";
import { Dict, isCallable, isLazy, isList, type PythonValue, Tuple, typeName, unwrap, usable } from "./values.ts";

/** str(): what a template prints. */
export function str(value: PythonValue, budget?: EvaluationBudget): string {
  const one = unwrap(usable(value));
  return typeof one === "string" ? one : repr(one, budget);
}

/** repr(): a string in quotes, everything else as Python writes it. */
export function repr(value: PythonValue, budget?: EvaluationBudget): string {
  budget?.spend();
  const one = unwrap(usable(value));
  if (typeof one === "string") return quoted(one);
  if (one === null) return "None";
  if (typeof one === "boolean") return one ? "True" : "False";
  if (typeof one === "bigint") return one.toString();
  if (typeof one === "number") return float(one);
  const inner = (items: readonly PythonValue[]): string => items.map((item) => repr(item, budget)).join(", ");
  if (isList(one)) return `[${inner(one)}]`;
  if (one instanceof Tuple) return one.items.length === 1 ? `(${inner(one.items)},)` : `(${inner(one.items)})`;
  if (one instanceof Dict)
    return `{${one
      .entries()
      .map(([key, item]) => `${repr(key, budget)}: ${repr(item, budget)}`)
      .join(", ")}}`;
  if (isCallable(one) || isLazy(one)) return invalid(`a ${typeName(one)} cannot be printed`);
  return invalid("it cannot be printed");
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\n\r\t'"\p{Cc}]/gu, (character) => {
    if (character === quote || character === "\\") return `\\${character}`;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    if (character === "'" || character === '"') return character;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `${quote}${body}${quote}`;
}

/** A float as Python writes it: `1.0`, `1e+16`, `1e-05`, `inf`. */
function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa = "", exponent = ""] = value.toExponential().split("e");
    return `${mantissa}e${exponent.startsWith("-") ? "-" : "+"}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
