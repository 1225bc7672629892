// Filters that match regular expressions.
import { type BoundArguments, bindArguments } from "../arguments.ts";
import { invalid } from "../failure.ts";
import { compilePattern, expandReplacement, type PatternFlags } from "../regex.ts";
import { str } from "../text.ts";
import { type PythonValue, Tuple } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";

const flagNames = ["ignorecase", "multiline"];

function flagsOf(bound: BoundArguments): PatternFlags {
  return { ignoreCase: bound.flag("ignorecase"), multiline: bound.flag("multiline") };
}

const regexReplace: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["pattern", "replacement", ...flagNames]);
  const text = str(value, budget);
  const replacement = bound.text("replacement", "");
  const characters = [...text];
  const parts: string[] = [];
  let size = 0;
  let end = 0;
  for (const match of compilePattern(bound.text("pattern"), flagsOf(bound)).matches(text, budget)) {
    const part = characters.slice(end, match.start).join("") + expandReplacement(replacement, match);
    parts.push(part);
    size += part.length;
    end = match.end;
    budget.spend(Math.ceil(part.length / 100));
    budget.assertSize(size);
  }
  return parts.join("") + characters.slice(end).join("");
};

const regexSearch: FilterFunction = (value, args, { budget }) => {
  const [source, ...groups] = args.positional;
  const bound = bindArguments({ positional: [], named: args.named }, flagNames);
  const text = str(value, budget);
  const pattern = compilePattern(str(source ?? invalid("it needs a pattern"), budget), flagsOf(bound));
  const match = pattern.first(text, budget);
  if (!match) return null;
  if (groups.length === 0) return match.groups[0] ?? "";
  return groups.map((group) => expandReplacement(str(group, budget), match));
};

const regexFindall: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["regex", "multiline", "ignorecase"]);
  const text = str(value, budget);
  const found: PythonValue[] = [];
  for (const match of compilePattern(bound.text("regex"), flagsOf(bound)).matches(text, budget)) {
    const [whole = "", ...groups] = match.groups.map((part) => part ?? "");
    found.push(groups.length > 1 ? new Tuple(groups) : (groups[0] ?? whole));
    budget.spend();
    budget.assertSize(found.length);
  }
  return found;
};

/** Filters that match regular expressions, by name. */
export const regexFilters: FilterTable = {
  regex_replace: regexReplace,
  regex_search: regexSearch,
  regex_findall: regexFindall,
  regex_escape: (value, _, { budget }) => str(value, budget).replace(/[-()[\]{}?*+|^$\\.&~# \t\n\r\v\f]/g, "\\$&"),
};
