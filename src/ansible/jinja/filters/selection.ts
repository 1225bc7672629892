// map, select and their like: filters that apply other filters and tests.
import { bindArguments } from "../arguments.ts";
import { invalid } from "../failure.ts";
import { applyTest } from "../tests.ts";
import { type CallArguments, Dict, isTruthy, iterate, Tuple, Undefined, usable } from "../values.ts";
import { type FilterFunction, type FilterTable, inputList, inputText } from "./filter.ts";
import { attributeAt } from "./lists.ts";

/** select and reject: by truth, or by a test and its arguments. */
const selecting =
  ({ keep, byAttribute }: { readonly keep: boolean; readonly byAttribute: boolean }): FilterFunction =>
  (value, { positional, named }, { budget }) => {
    const rest = [...positional];
    const attribute = byAttribute ? (rest.shift() ?? invalid("it needs an attribute")) : undefined;
    const test = rest.shift();
    const args: CallArguments = { positional: rest, named };
    return inputList(value, budget).filter((item) => {
      const operand = attribute === undefined ? item : attributeAt(item, attribute, budget);
      return (test === undefined ? isTruthy(operand) : applyTest(inputText(test), operand, args, budget)) === keep;
    });
  };

const map: FilterFunction = (value, { positional, named }, { budget, filter }) => {
  const [name, ...rest] = positional;
  const items = inputList(value, budget);
  if (name !== undefined)
    return items.map((item) => filter(inputText(name), item, { positional: rest, named }, budget));
  const bound = bindArguments({ positional: [], named }, ["attribute", "default"]);
  const attribute = bound.get("attribute") ?? invalid("it needs a filter or an attribute");
  const fallback = bound.get("default");
  return items.map((item) => {
    const mapped = attributeAt(item, attribute, budget);
    return mapped instanceof Undefined && fallback !== undefined ? fallback : mapped;
  });
};

const groupby: FilterFunction = (value, args, { budget, filter }) => {
  const attribute = bindArguments(args, ["attribute"]).get("attribute") ?? invalid("it needs an attribute");
  const groups = new Dict();
  for (const item of inputList(value, budget)) {
    const key = attributeAt(item, attribute, budget);
    groups.set(key, [...iterate(groups.get(key) ?? []), item]);
  }
  const keys = filter("sort", groups.keys(), { positional: [], named: new Map() }, budget);
  return iterate(keys).map((key) => new Tuple([key, usable(groups.get(key) ?? [])]));
};

/** Filters that select, by name. */
export const selectionFilters: FilterTable = {
  map,
  select: selecting({ keep: true, byAttribute: false }),
  reject: selecting({ keep: false, byAttribute: false }),
  selectattr: selecting({ keep: true, byAttribute: true }),
  rejectattr: selecting({ keep: false, byAttribute: true }),
  groupby,
};
