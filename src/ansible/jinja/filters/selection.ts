// map, select and their like: filters that apply other filters and tests.
import { bind } from "../arguments.ts";
import { wrong } from "../failure.ts";
import { applyTest } from "../tests.ts";
import { type Arguments, Dict, iterate, Tuple, truth, Undefined, usable } from "../values.ts";
import { type FilterFunction, type FilterTable, items, textOf } from "./filter.ts";
import { follow } from "./lists.ts";

/** select and reject: by truth, or by a test and its arguments. */
const selecting =
  (keep: boolean, byAttribute: boolean): FilterFunction =>
  (value, { positional, named }, { budget }) => {
    const rest = [...positional];
    const name = byAttribute ? (rest.shift() ?? wrong("it wants an attribute")) : undefined;
    const test = rest.shift();
    const args: Arguments = { positional: rest, named };
    return items(value, budget).filter((one) => {
      const looked = name === undefined ? one : follow(one, name, budget);
      return (test === undefined ? truth(looked) : applyTest(textOf(test), looked, args, budget)) === keep;
    });
  };

const map: FilterFunction = (value, { positional, named }, { budget, filter }) => {
  const [name, ...rest] = positional;
  const all = items(value, budget);
  if (name !== undefined) return all.map((one) => filter(textOf(name), one, { positional: rest, named }, budget));
  const bound = bind({ positional: [], named }, ["attribute", "default"]);
  const attribute = bound.get("attribute") ?? wrong("it wants a filter or an attribute");
  return all.map((one) => {
    const found = follow(one, attribute, budget);
    const other = bound.get("default");
    return found instanceof Undefined && other !== undefined ? other : found;
  });
};

const groupby: FilterFunction = (value, args, { budget, filter }) => {
  const bound = bind(args, ["attribute"]);
  const attribute = bound.get("attribute") ?? wrong("it wants an attribute");
  const groups = new Dict();
  for (const one of items(value, budget)) {
    const key = follow(one, attribute, budget);
    groups.set(key, [...iterate(groups.get(key) ?? []), one]);
  }
  const keys = filter("sort", groups.keys(), { positional: [], named: new Map() }, budget);
  return iterate(keys).map((key) => new Tuple([key, usable(groups.get(key) ?? [])]));
};

export const selectionFilters: FilterTable = {
  map,
  select: selecting(true, false),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(false, true),
  groupby,
};
