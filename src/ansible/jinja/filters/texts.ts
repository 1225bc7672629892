// Filters on text.
import { withoutTrailing } from "../../../core/url.ts";
import { bindArguments } from "../arguments.ts";
import { spendOnSearch } from "../cost.ts";
import { invalid } from "../failure.ts";
import { capitalize, replaceText, splitText } from "../methods/strings.ts";
import { boundMethod } from "../methods.ts";
import { formatPercent } from "../operators.ts";
import { str } from "../text.ts";
import { type CallArguments, Tuple } from "../values.ts";
import { type FilterFunction, type FilterTable, inputText } from "./filter.ts";
import { regexFilters } from "./regex.ts";

/** Bytes that `b64encode` reads at most. */
const maxEncoded = 50_000;

/** The method of the same name, on whatever the value prints as. */
const asMethod =
  (name: string): FilterFunction =>
  (value, args, { budget }) =>
    boundMethod(str(value, budget), name, budget)?.call(args) ?? invalid(`there is no method "${name}"`);

const replace: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["old", "new", "count"]);
  const count = bound.optional("count") === undefined ? -1 : bound.integer("count");
  const text = str(value, budget);
  const [from, to] = [str(bound.get("old") ?? "", budget), str(bound.get("new") ?? "", budget)];
  return replaceText(text, { from, to, count }, budget);
};

const split: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["sep", "maxsplit"]);
  const text = inputText(value);
  budget.allocate(text.length);
  const separator = bound.optional("sep") === undefined ? undefined : bound.text("sep");
  spendOnSearch(text, separator ?? "", budget);
  return splitText(text, {
    separator,
    limit: bound.integer("maxsplit", -1),
  });
};

const trim: FilterFunction = (value, { positional, named }, { budget }) => {
  const [characters = null] = [...positional, ...named.values()];
  const args: CallArguments = { positional: characters === null ? [] : [characters], named: new Map() };
  return boundMethod(str(value, budget), "strip", budget)?.call(args) ?? "";
};

const indent: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["width", "first", "blank"]);
  const text = inputText(value);
  const width = Math.max(bound.integer("width", 4), 0);
  const lines = text.split("\n");
  budget.allocate(text.length + lines.length * width);
  const isIndented = (line: string, index: number): boolean =>
    (index > 0 || bound.flag("first")) && (line !== "" || bound.flag("blank"));
  return lines.map((line, index) => (isIndented(line, index) ? " ".repeat(width) + line : line)).join("\n");
};

/** Jinja's title: unlike Python's method, a quotation mark begins no word. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join("");
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  return /^\/*$/.test(head) ? head : withoutTrailing(head, "/");
}

const splitext: FilterFunction = (value, _, { budget }) => {
  const path = str(value, budget).slice(0, 4000);
  const [, root = "", extension = ""] = /^([\s\S]*?[^/.][^/]*?)(\.[^./]*)?$/.exec(path) ?? [];
  return new Tuple([root, extension]);
};

const quote: FilterFunction = (value, _, { budget }) => {
  const text = str(value, budget);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
};

function base64Encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, maxEncoded))));
}

function base64Decode(text: string): string {
  if (!/^[A-Za-z0-9+/\s]*(?:=+\s*)?$/.test(text)) return invalid("it is no base64");
  const binary = atob(text.replace(/\s/g, ""));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

/** A filter that works on the text that the value prints as. */
const onText =
  (convert: (text: string) => string): FilterFunction =>
  (value, _, { budget }) =>
    convert(str(value, budget));

/** Filters on text, by name. */
export const textFilters: FilterTable = {
  lower: asMethod("lower"),
  upper: asMethod("upper"),
  title: onText(title),
  capitalize: onText(capitalize),
  trim,
  split,
  replace,
  indent,
  ...regexFilters,
  format: (value, { positional }, { budget }) => formatPercent(str(value, budget), new Tuple(positional), budget),
  basename: onText(basename),
  dirname: onText(dirname),
  splitext,
  quote,
  b64encode: onText(base64Encode),
  b64decode: onText(base64Decode),
  urlencode: onText((text) => encodeURIComponent(text).replaceAll("%2F", "/")),
};
