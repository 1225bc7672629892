// Filters on single values: defaults, conversions, numbers.
import { bindArguments } from "../arguments.ts";
import { invalid, TemplateFailure } from "../failure.ts";
import { parsePythonFloat, parsePythonInteger } from "../numbers.ts";
import { str } from "../text.ts";
import { isNumber, isTruthy, typeName, Undefined, unwrap, usable } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";

const defaultFilter: FilterFunction = (value, args) => {
  const bound = bindArguments(args, ["default_value", "boolean"]);
  const defaultValue = bound.get("default_value");
  const fallback = defaultValue === undefined ? "" : defaultValue;
  return value instanceof Undefined || (bound.flag("boolean") && !isTruthy(value)) ? fallback : value;
};

/** Ansible's bool: not Python's. */
const bool: FilterFunction = (value) => {
  const operand = unwrap(usable(value));
  if (operand === null || typeof operand === "boolean") return operand;
  if (typeof operand === "bigint" || typeof operand === "number") return Number(operand) === 1;
  return typeof operand === "string" && ["yes", "on", "1", "true"].includes(operand.toLowerCase());
};

const int: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["default", "base"]);
  const operand = unwrap(usable(value));
  if (typeof operand === "bigint") return operand;
  if (isNumber(operand)) return BigInt(Math.trunc(Number(operand)));
  const given = bound.get("default");
  const fallback = given === undefined ? 0n : given;
  if (typeof operand !== "string") return fallback;
  budget.spend(Math.min(operand.length, 100));
  const number = parsePythonInteger(operand, bound.integer("base", 10));
  // Jinja takes what is no integer as a float: "42.23" is 42.
  const float = number === undefined ? parsePythonFloat(operand) : undefined;
  if (float === undefined || Number.isNaN(float)) return number ?? fallback;
  return Number.isFinite(float) ? BigInt(Math.trunc(float)) : invalid("cannot convert float infinity to integer");
};

const float: FilterFunction = (value, args) => {
  const fallback = bindArguments(args, ["default"]).get("default") ?? 0;
  const operand = unwrap(usable(value));
  if (isNumber(operand)) return Number(operand);
  return (typeof operand === "string" ? parsePythonFloat(operand) : undefined) ?? fallback;
};

const round: FilterFunction = (value, args) => {
  const bound = bindArguments(args, ["precision", "method"]);
  const factor = 10 ** bound.integer("precision", 0);
  const method = bound.text("method", "common");
  const number = usable(value);
  if (!isNumber(number) && typeof number !== "boolean") return invalid(`it takes a number, not ${typeName(number)}`);
  // Python rounds an integer to an integer.
  if (method === "common" && (typeof number === "bigint" || typeof number === "boolean") && factor >= 1)
    return BigInt(number);
  const scaled = Number(number) * factor;
  const rounded = method === "ceil" ? Math.ceil(scaled) : method === "floor" ? Math.floor(scaled) : halfEven(scaled);
  return rounded / factor;
};

function halfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const ternary: FilterFunction = (value, args) => {
  const bound = bindArguments(args, ["true_val", "false_val", "none_val"]);
  const none = bound.optional("none_val");
  if (usable(value) === null && none !== undefined) return none;
  const result = bound.get(isTruthy(value) ? "true_val" : "false_val");
  return result !== undefined ? result : invalid("it needs a value for true and one for false");
};

const mandatory: FilterFunction = (value, args) => {
  const message = bindArguments(args, ["msg"]).get("msg");
  if (value instanceof Undefined)
    throw new TemplateFailure("undefined", message === undefined ? value.message : str(message));
  return value;
};

/** Filters on single values, by name. */
export const scalarFilters: FilterTable = {
  default: defaultFilter,
  d: defaultFilter,
  bool,
  int,
  float,
  round,
  ternary,
  mandatory,
  abs: (value) => {
    const number = usable(value);
    if (typeof number === "bigint") return number < 0n ? -number : number;
    return typeof number === "number" ? Math.abs(number) : invalid(`it takes a number, not ${typeName(number)}`);
  },
  string: (value, _, { budget }) => str(value, budget),
  type_debug: (value) => typeName(value),
};
