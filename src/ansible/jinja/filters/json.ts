// JSON, as Python's json.dumps writes it and json.loads reads it.
import { type BoundArguments, bindArguments } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { compareValues } from "../comparison.ts";
import { invalid, TemplateFailure } from "../failure.ts";
import { literal } from "../literal.ts";
import { mapped, repr, str } from "../text.ts";
import { Dict, isNumber, type PythonValue, sequence, typeName, unwrap, usable } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";

/** Spaces of one level at most. */
const maxIndent = 100;

/** How JSON is laid out. */
interface Layout {
  /** Spaces of one level; undefined for one line. */
  readonly indent: number | undefined;
  readonly sortKeys: boolean;
  readonly ensureAscii: boolean;
}

/** Writes values within a budget: aliases can make a value far larger than its text. */
class JsonWriter {
  readonly #layout: Layout;
  readonly #budget: EvaluationBudget;
  constructor(layout: Layout, budget: EvaluationBudget) {
    this.#layout = layout;
    this.#budget = budget;
  }

  write(value: PythonValue, level = 0): string {
    this.#budget.spend();
    const operand = unwrap(usable(value));
    if (typeof operand === "string") return this.#text(operand);
    if (operand === null) return "null";
    if (typeof operand === "boolean") return String(operand);
    if (isNumber(operand)) return repr(operand, this.#budget);
    const items = sequence(operand);
    if (items)
      return this.#block(
        "[]",
        level,
        mapped(items, (item) => this.write(item, level + 1)),
      );
    if (!(operand instanceof Dict)) return invalid(`a ${typeName(operand)} is no JSON`);
    const entries = [...operand.entries()];
    this.#budget.spend(entries.length);
    if (this.#layout.sortKeys) entries.sort(([a], [b]) => compareValues(a, b, this.#budget));
    return this.#block(
      "{}",
      level,
      mapped(entries, ([key, item]) => `${this.#key(key)}: ${this.write(item, level + 1)}`),
    );
  }

  #block([open = "", close = ""]: string, level: number, parts: Iterable<string>): string {
    const { indent } = this.#layout;
    const newline = indent === undefined ? "" : `\n${" ".repeat(indent * (level + 1))}`;
    const body = this.#budget.join(parts, indent === undefined ? ", " : `,${newline}`);
    if (body === "") return open + close;
    return `${open}${newline}${body}${newline.slice(0, newline.length - (indent ?? 0))}${close}`;
  }

  #key(key: PythonValue): string {
    const name = unwrap(key);
    return typeof name === "string" ? this.#text(name) : `"${this.write(key)}"`;
  }

  #text(text: string): string {
    this.#budget.allocate(text.length);
    const json = JSON.stringify(text);
    return this.#layout.ensureAscii ? json.replace(/[\u007f-\uffff]/g, escapeCharacter) : json;
  }
}

function escapeCharacter(character: string): string {
  return character === "\u007f" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function layoutOf(bound: BoundArguments, indent: number | undefined, sortKeys: boolean): Layout {
  const spaces = bound.optional("indent") === undefined ? indent : bound.integer("indent");
  if (spaces !== undefined && (spaces < 0 || spaces > maxIndent))
    return invalid(`it takes an indent up to ${maxIndent}`);
  const ensureAscii = bound.flag("ensure_ascii", true);
  return { indent: spaces, sortKeys: bound.flag("sort_keys", sortKeys), ensureAscii };
}

const dumping =
  (indent: number | undefined, sortKeys: boolean): FilterFunction =>
  (value, { named }, { budget }) => {
    const bound = bindArguments({ positional: [], named }, ["indent", "sort_keys", "ensure_ascii"]);
    return new JsonWriter(layoutOf(bound, indent, sortKeys), budget).write(value);
  };

/** Jinja's own, which is safe in HTML. */
const toHtmlJson: FilterFunction = (value, args, { budget }) => {
  const layout = layoutOf(bindArguments(args, ["indent"]), undefined, true);
  return new JsonWriter(layout, budget)
    .write(value)
    .replace(/[<>&']/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
};

/** Reads JSON with the reader of Python's literals, which keeps integers and floats apart. */
const fromJson: FilterFunction = (value, _, { budget }) => {
  const text = str(value, budget);
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new TemplateFailure("invalid", "it is no JSON", cause);
  }
  return literal(text, budget) ?? invalid("it is no JSON that can be read here");
};

/** Filters on JSON, by name. */
export const jsonFilters: FilterTable = {
  to_json: dumping(undefined, false),
  to_nice_json: dumping(4, true),
  tojson: toHtmlJson,
  from_json: fromJson,
};
