// Filters on text.
import { bind } from "../arguments.ts";
import { invalid } from "../failure.ts";
import { boundMethod, capitalize, replaceText, splitText } from "../methods.ts";
import { formatPercent } from "../operators.ts";
import { compilePattern, expandReplacement } from "../regex.ts";
import { str } from "../text.ts";
import { type CallArguments, type PythonValue, Tuple } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";

/** The method of the same name, on whatever the value prints as. */
const asMethod =
  (name: string): FilterFunction =>
  (value, args, { budget }) =>
    boundMethod(str(value, budget), name, budget)?.call(args) ?? invalid(`there is no method "${name}"`);

const flags = ["ignorecase", "multiline"];

const regexReplace: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["pattern", "replacement", ...flags]);
  const text = str(value, budget);
  const found = compilePattern(bound.text("pattern"), text, {
    ignoreCase: bound.flag("ignorecase"),
    multiline: bound.flag("multiline"),
  });
  const replacement = bound.text("replacement", "");
  let whole = "";
  let at = 0;
  for (const match of text.matchAll(found)) {
    whole += text.slice(at, match.index) + expandReplacement(replacement, match);
    at = match.index + match[0].length;
    budget.allocate(whole.length);
  }
  return whole + text.slice(at);
};

const regexSearch: FilterFunction = (value, args, { budget }) => {
  const [source, ...groups] = args.positional;
  const bound = bind({ positional: [], named: args.named }, flags);
  const text = str(value, budget);
  const match = compilePattern(str(source ?? invalid("it wants a pattern"), budget), text, {
    ignoreCase: bound.flag("ignorecase"),
    multiline: bound.flag("multiline"),
  }).exec(text);
  if (!match) return null;
  if (groups.length === 0) return match[0];
  return groups.map((group) => expandReplacement(str(group, budget), match));
};

const regexFindall: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["regex", "multiline", "ignorecase"]);
  const text = str(value, budget);
  const found = compilePattern(bound.text("regex"), text, {
    ignoreCase: bound.flag("ignorecase"),
    multiline: bound.flag("multiline"),
  });
  const matches: PythonValue[] = [];
  for (const match of text.matchAll(found)) {
    const [whole, ...groups] = match.map((part) => part ?? "");
    matches.push(groups.length === 0 ? (whole ?? "") : groups.length === 1 ? (groups[0] ?? "") : new Tuple(groups));
    budget.allocate(matches.length);
  }
  return matches;
};

const replace: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["old", "new", "count"]);
  const most = bound.get("count");
  const count = most === undefined || most === null ? -1 : bound.whole("count");
  return replaceText(
    str(value, budget),
    str(bound.get("old") ?? "", budget),
    str(bound.get("new") ?? "", budget),
    count,
    budget,
  );
};

const indent: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["width", "first", "blank"]);
  const text = str(value, budget);
  const width = bound.whole("width", 4);
  const lines = text.split("\n");
  budget.allocate(text.length + lines.length * Math.max(width, 0));
  const space = " ".repeat(Math.max(width, 0));
  return lines
    .map((line, index) =>
      (index === 0 && !bound.flag("first")) || (line === "" && !bound.flag("blank")) ? line : space + line,
    )
    .join("\n");
};

const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const dirname = (path: string): string => {
  const head = path.slice(0, path.lastIndexOf("/") + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, "");
};

const bytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** An IPv6 address in brackets, as URLs want it; anything else as it is. */
const wrapAddress: FilterFunction = (value, _, { budget }) => {
  const text = str(value, budget);
  return /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text;
};

export const textFilters: FilterTable = {
  lower: asMethod("lower"),
  upper: asMethod("upper"),
  title: asMethod("title"),
  capitalize: (value, _, { budget }) => capitalize(str(value, budget)),
  trim: (value, { positional, named }, { budget }) => {
    const [chars = null] = [...positional, ...named.values()];
    const args: CallArguments = { positional: chars === null ? [] : [chars], named: new Map() };
    return boundMethod(str(value, budget), "strip", budget)?.call(args) ?? "";
  },
  split: (value, args, { budget }) => {
    const bound = bind(args, ["sep", "maxsplit"]);
    const separator = bound.get("sep");
    const text = str(value, budget);
    budget.allocate(text.length);
    return splitText(
      text,
      separator === undefined || separator === null ? undefined : bound.text("sep"),
      bound.whole("maxsplit", -1),
    );
  },
  replace,
  indent,
  regex_replace: regexReplace,
  regex_search: regexSearch,
  regex_findall: regexFindall,
  regex_escape: (value, _, { budget }) => str(value, budget).replace(/[^\w\s]|\s/g, "\\$&"),
  format: (value, { positional }, { budget }) => formatPercent(str(value, budget), new Tuple(positional), budget),
  basename: (value, _, { budget }) => basename(str(value, budget)),
  dirname: (value, _, { budget }) => dirname(str(value, budget)),
  splitext: (value, _, { budget }) => {
    const [, root = "", extension = ""] =
      /^([\s\S]*?[^/.][^/]*?)(\.[^./]*)?$/.exec(str(value, budget).slice(0, 4000)) ?? [];
    return new Tuple([root, extension]);
  },
  ipwrap: wrapAddress,
  "ansible.utils.ipwrap": wrapAddress,
  quote: (value, _, { budget }) => {
    const text = str(value, budget);
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
  },
  b64encode: (value, _, { budget }) => btoa(bytes(str(value, budget).slice(0, 50_000))),
  b64decode: (value, _, { budget }) => {
    const text = str(value, budget);
    if (!/^[A-Za-z0-9+/\s]*=*\s*$/.test(text)) return invalid("it is no base64");
    return new TextDecoder().decode(
      Uint8Array.from(atob(text.replace(/\s/g, "")), (character) => character.charCodeAt(0)),
    );
  },
  urlencode: (value, _, { budget }) => encodeURIComponent(str(value, budget)).replaceAll("%2F", "/"),
};
