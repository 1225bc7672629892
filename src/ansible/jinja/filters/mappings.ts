// Filters on dictionaries.

import { getItem } from "../access.ts";
import { bind } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { invalid } from "../failure.ts";
import { compareValues, Dict, isList, type PythonValue, Tuple, typeName, unwrap, usable } from "../values.ts";
import { type FilterFunction, type FilterTable, inputList } from "./filter.ts";

function dict(value: PythonValue): Dict {
  const one = usable(value);
  return one instanceof Dict ? one : invalid(`it wants a dictionary, not ${typeName(one)}`);
}

const dictToItems: FilterFunction = (value, args) => {
  const bound = bind(args, ["key_name", "value_name"]);
  const [key, name] = [bound.text("key_name", "key"), bound.text("value_name", "value")];
  return dict(value)
    .entries()
    .map(
      ([one, other]) =>
        new Dict([
          [key, one],
          [name, other],
        ]),
    );
};

const itemsToDict: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["key_name", "value_name"]);
  const [key, name] = [bound.text("key_name", "key"), bound.text("value_name", "value")];
  return new Dict(inputList(value, budget).map((one) => [getItem(one, key, budget), getItem(one, name, budget)]));
};

/** Ansible's combine: the later wins; `recursive` merges dictionaries, `list_merge` says what becomes of lists. */
const combine: FilterFunction = (value, { positional, named }, { budget }) => {
  const bound = bind({ positional: [], named }, ["recursive", "list_merge"]);
  const [recursive, lists] = [bound.flag("recursive"), bound.text("list_merge", "replace")];
  const all = [value, ...positional].flatMap((one) => (isList(one) ? one : [one]));
  return all.map(dict).reduce((base, over) => merged(base, over, recursive, lists, budget), new Dict());
};

function merged(base: Dict, over: Dict, recursive: boolean, lists: string, budget: EvaluationBudget): Dict {
  budget.spend(base.size + over.size);
  const result = new Dict(base.entries());
  for (const [key, value] of over.entries()) {
    const there = result.get(key);
    if (recursive && there instanceof Dict && value instanceof Dict)
      result.set(key, merged(there, value, recursive, lists, budget));
    else if (there !== undefined && isList(there) && isList(value) && lists !== "replace") {
      if (lists === "append") result.set(key, [...there, ...value]);
      else if (lists === "prepend") result.set(key, [...value, ...there]);
      else if (lists !== "keep") invalid(`list_merge "${lists}" is not supported`);
    } else result.set(key, value);
  }
  return result;
}

const dictsort: FilterFunction = (value, args) => {
  const bound = bind(args, ["case_sensitive", "by", "reverse"]);
  const at = bound.text("by", "key") === "value" ? 1 : 0;
  const key = (entry: readonly [PythonValue, PythonValue]): PythonValue => {
    const one = unwrap(usable(entry[at]));
    return typeof one === "string" && !bound.flag("case_sensitive") ? one.toLowerCase() : one;
  };
  const sign = bound.flag("reverse") ? -1 : 1;
  return [...dict(value).entries()]
    .sort((a, b) => sign * compareValues(key(a), key(b)))
    .map((entry) => new Tuple(entry));
};

/** `key | extract(container)`, perhaps with further keys. */
const extract: FilterFunction = (value, { positional: [container = null, further = []] }, { budget }) =>
  (isList(further) ? further : [further]).reduce(
    (at: PythonValue, key) => getItem(at, key, budget),
    getItem(container, value, budget),
  );

export const mappingFilters: FilterTable = {
  dict2items: dictToItems,
  items2dict: itemsToDict,
  combine,
  dictsort,
  extract,
  items: (value) =>
    dict(value)
      .entries()
      .map((entry) => new Tuple(entry)),
};
