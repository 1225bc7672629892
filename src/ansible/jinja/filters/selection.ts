// map, select and their like: filters that apply other filters and tests.
import { bind } from "../arguments.ts";
import { invalid } from "../failure.ts";
import { applyTest } from "../tests.ts";
import { type CallArguments, Dict, isTruthy, iterate, Tuple, Undefined, usable } from "../values.ts";
import { type FilterFunction, type FilterTable, inputList, inputText } from "./filter.ts";
import { attributeAt } from "./lists.ts";

/** select and reject: by truth, or by a test and its arguments. */
const selecting =
  (keep: boolean, byAttribute: boolean): FilterFunction =>
  (value, { positional, named }, { budget }) => {
    const rest = [...positional];
    const name = byAttribute ? (rest.shift() ?? invalid("it wants an attribute")) : undefined;
    const test = rest.shift();
    const args: CallArguments = { positional: rest, named };
    return inputList(value, budget).filter((one) => {
      const looked = name === undefined ? one : attributeAt(one, name, budget);
      return (test === undefined ? isTruthy(looked) : applyTest(inputText(test), looked, args, budget)) === keep;
    });
  };

const map: FilterFunction = (value, { positional, named }, { budget, filter }) => {
  const [name, ...rest] = positional;
  const all = inputList(value, budget);
  if (name !== undefined) return all.map((one) => filter(inputText(name), one, { positional: rest, named }, budget));
  const bound = bind({ positional: [], named }, ["attribute", "default"]);
  const attribute = bound.get("attribute") ?? invalid("it wants a filter or an attribute");
  return all.map((one) => {
    const found = attributeAt(one, attribute, budget);
    const other = bound.get("default");
    return found instanceof Undefined && other !== undefined ? other : found;
  });
};

const groupby: FilterFunction = (value, args, { budget, filter }) => {
  const bound = bind(args, ["attribute"]);
  const attribute = bound.get("attribute") ?? invalid("it wants an attribute");
  const groups = new Dict();
  for (const one of inputList(value, budget)) {
    const key = attributeAt(one, attribute, budget);
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
