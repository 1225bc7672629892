// Filters on single values: defaults, conversions, numbers.
import { bind } from "../arguments.ts";
import { invalid, TemplateFailure } from "../failure.ts";
import { literal } from "../literal.ts";
import { repr, str } from "../text.ts";
import { isNumber, isTruthy, type PythonValue, typeName, Undefined, unwrap, usable } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";

const fallback: FilterFunction = (value, args) => {
  const bound = bind(args, ["default_value", "boolean"]);
  const given = bound.get("default_value");
  const other = given === undefined ? "" : given;
  return value instanceof Undefined || (bound.flag("boolean") && !isTruthy(value)) ? other : value;
};

/** Ansible's bool: not Python's truth. */
const bool: FilterFunction = (value) => {
  const one = unwrap(usable(value));
  if (one === null || typeof one === "boolean") return one;
  const word = typeof one === "string" ? one.toLowerCase() : one;
  if (typeof word === "bigint" || typeof word === "number") return Number(word) === 1;
  return ["yes", "on", "1", "true"].includes(word as string);
};

const int: FilterFunction = (value, args) => {
  const bound = bind(args, ["default", "base"]);
  const other = bound.get("default") ?? 0n;
  const one = unwrap(usable(value));
  if (isNumber(one)) return BigInt(Math.trunc(Number(one)));
  if (typeof one !== "string") return other;
  const text = one.trim().replace(/(?<=\d)_(?=\d)/g, "");
  const base = bound.whole("base", 10);
  if (base === 16 && /^[-+]?(0x)?[0-9a-f]+$/i.test(text)) return BigInt(Number.parseInt(text, 16));
  if (base === 8 && /^[-+]?(0o)?[0-7]+$/i.test(text)) return BigInt(Number.parseInt(text.replace(/0o/i, ""), 8));
  if (/^[-+]?\d{1,300}$/.test(text)) return BigInt(text.replace(/^\+/, ""));
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? BigInt(Math.trunc(Number(text))) : other;
};

const floating: FilterFunction = (value, args) => {
  const other = bind(args, ["default"]).get("default") ?? 0;
  const one = unwrap(usable(value));
  if (isNumber(one)) return Number(one);
  return typeof one === "string" && one.trim() !== "" && Number.isFinite(Number(one)) ? Number(one) : other;
};

const round: FilterFunction = (value, args) => {
  const bound = bind(args, ["precision", "method"]);
  const factor = 10 ** bound.whole("precision", 0);
  const how = bound.text("method", "common");
  const scaled = Number(usable(value)) * factor;
  const to = how === "ceil" ? Math.ceil : how === "floor" ? Math.floor : halfEven;
  return to(scaled) / factor;
};

function halfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const ternary: FilterFunction = (value, args) => {
  const bound = bind(args, ["true_val", "false_val", "none_val"]);
  const none = bound.get("none_val");
  if (usable(value) === null && none !== undefined && none !== null) return none;
  const chosen = bound.get(isTruthy(value) ? "true_val" : "false_val");
  return chosen !== undefined ? chosen : invalid("it wants two values");
};

const mandatory: FilterFunction = (value, args) => {
  const said = bind(args, ["msg"]).get("msg");
  if (value instanceof Undefined)
    throw new TemplateFailure("undefined", said === undefined ? value.message : str(said as PythonValue));
  return value;
};

/** JSON as Python's json.dumps writes it. */
function json(value: PythonValue): string {
  const one = unwrap(usable(value));
  if (typeof one === "string") return JSON.stringify(one).replace(/[\u0080-\uffff]/g, escaped);
  if (one === null) return "null";
  if (typeof one === "boolean") return String(one);
  if (isNumber(one)) return repr(one);
  if (Array.isArray(one)) return `[${one.map(json).join(", ")}]`;
  if ("entries" in one && "size" in one)
    return `{${one
      .entries()
      .map(([key, item]) => `${JSON.stringify(str(key))}: ${json(item)}`)
      .join(", ")}}`;
  return invalid(`a ${typeName(one)} is no JSON`);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JSON is read as the literals it is. */
const fromJson: FilterFunction = (value, _, { budget }) => {
  const text = str(value, budget);
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new TemplateFailure("wrong", "it is no JSON", cause);
  }
  return literal(text, budget) ?? invalid("it is no JSON that can be read here");
};

export const valueFilters: FilterTable = {
  default: fallback,
  d: fallback,
  bool,
  int,
  float: floating,
  round,
  ternary,
  mandatory,
  abs: (value) => {
    const one = usable(value);
    if (typeof one === "bigint") return one < 0n ? -one : one;
    return typeof one === "number" ? Math.abs(one) : invalid(`it wants a number, not ${typeName(one)}`);
  },
  string: (value, _, { budget }) => str(value, budget),
  type_debug: (value) => typeName(value),
  to_json: (value) => json(value),
  tojson: (value) => json(value),
  from_json: fromJson,
};
