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
  const pattern = compilePattern(bound.text("pattern"), text, flagsOf(bound));
  const replacement = bound.text("replacement", "");
  let replaced = "";
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    replaced += text.slice(end, match.index) + expandReplacement(replacement, match);
    end = match.index + match[0].length;
    budget.allocate(replaced.length);
  }
  return replaced + text.slice(end);
};

const regexSearch: FilterFunction = (value, args, { budget }) => {
  const [source, ...groups] = args.positional;
  const bound = bindArguments({ positional: [], named: args.named }, flagNames);
  const text = str(value, budget);
  const pattern = compilePattern(str(source ?? invalid("it needs a pattern"), budget), text, flagsOf(bound));
  const match = pattern.exec(text);
  if (!match) return null;
  if (groups.length === 0) return match[0];
  return groups.map((group) => expandReplacement(str(group, budget), match));
};

const regexFindall: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["regex", "multiline", "ignorecase"]);
  const text = str(value, budget);
  const pattern = compilePattern(bound.text("regex"), text, flagsOf(bound));
  const matches: PythonValue[] = [];
  for (const match of text.matchAll(pattern)) {
    const [whole = "", ...groups] = match.map((part) => part ?? "");
    matches.push(groups.length > 1 ? new Tuple(groups) : (groups[0] ?? whole));
    budget.allocate(matches.length);
  }
  return matches;
};

/** Filters that match regular expressions, by name. */
export const regexFilters: FilterTable = {
  regex_replace: regexReplace,
  regex_search: regexSearch,
  regex_findall: regexFindall,
  regex_escape: (value, _, { budget }) => str(value, budget).replace(/[-()[\]{}?*+|^$\\.&~# \t\n\r\v\f]/g, "\\$&"),
};
