// Filters on lists.

import { getAttribute } from "../access.ts";
import { bind } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { invalid } from "../failure.ts";
import { arithmetic } from "../operators.ts";
import { str } from "../text.ts";
import {
  compareValues,
  contains,
  Dict,
  equal,
  isLazy,
  isList,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  unwrap,
  usable,
} from "../values.ts";
import { attributePath, type FilterFunction, type FilterTable, inputList } from "./filter.ts";

/** Follows `a.b.0`. */
export function attributeAt(value: PythonValue, name: PythonValue, budget: EvaluationBudget): PythonValue {
  return attributePath(name).reduce((at: PythonValue, part) => getAttribute(at, part, budget), value);
}

/** What `sort`, `unique`, `min` and `max` look at: a text in lower case unless told otherwise. */
function keyOf(
  value: PythonValue,
  name: PythonValue | undefined,
  sensitive: boolean,
  budget: EvaluationBudget,
): PythonValue {
  const one = name === undefined || name === null ? value : attributeAt(value, name, budget);
  const text = unwrap(usable(one));
  return typeof text === "string" && !sensitive ? text.toLowerCase() : one;
}

/** A list without repeats, in order. Equal is Python's equal. */
export function distinct(
  values: readonly PythonValue[],
  budget: EvaluationBudget,
  key: (value: PythonValue) => PythonValue = (value) => value,
): PythonValue[] {
  const found: PythonValue[] = [];
  const seen = new Set<unknown>();
  const others: PythonValue[] = [];
  for (const value of values) {
    const at = key(value);
    if (typeof at === "string" || typeof at === "bigint") {
      if (seen.has(at)) continue;
      seen.add(at);
    } else {
      budget.spend(others.length);
      if (others.some((other) => equal(other, at))) continue;
      others.push(at);
    }
    found.push(value);
  }
  return found;
}

const sort: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["reverse", "case_sensitive", "attribute"]);
  const keyed = inputList(value, budget).map((item) => ({
    item,
    key: keyOf(item, bound.get("attribute"), bound.flag("case_sensitive"), budget),
  }));
  budget.spend(keyed.length * 10);
  const sign = bound.flag("reverse") ? -1 : 1;
  return keyed.sort((a, b) => sign * compareValues(a.key, b.key)).map(({ item }) => item);
};

const unique: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["case_sensitive", "attribute"]);
  // Ansible's own unique tells cases apart by default, unlike Jinja's.
  const sensitive = bound.flag("case_sensitive", true);
  return distinct(inputList(value, budget), budget, (item) => keyOf(item, bound.get("attribute"), sensitive, budget));
};

const extreme =
  (sign: number): FilterFunction =>
  (value, args, { budget }) => {
    const bound = bind(args, ["case_sensitive", "attribute"]);
    const all = inputList(value, budget);
    const key = (item: PythonValue): PythonValue =>
      keyOf(item, bound.get("attribute"), bound.flag("case_sensitive", true), budget);
    if (all.length === 0) return new Undefined("No aggregated item, sequence was empty.");
    return all.reduce((best, item) => (sign * compareValues(key(item), key(best)) > 0 ? item : best));
  };

const flatten: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["levels", "skip_nulls"]);
  const levels = bound.get("levels");
  const spread = (list: readonly PythonValue[], left: number): PythonValue[] =>
    list.flatMap((item) => {
      budget.spend();
      const inner = isList(item) ? item : item instanceof Tuple ? item.items : undefined;
      if (inner) return left > 0 ? spread(inner, left - 1) : [item];
      return bound.flag("skip_nulls", true) && (item === null || item === "None" || item === "null") ? [] : [item];
    });
  return spread(inputList(value, budget), levels === undefined || levels === null ? 50 : bound.whole("levels"));
};

/** Ansible's set filters. What is looked in may be text too: then a part of it is in it, as Python's `in` has it. */
const membership =
  (keep: (one: PythonValue, a: PythonValue, b: PythonValue) => boolean): FilterFunction =>
  (value, { positional: [given = null] }, { budget }) => {
    const [a, b] = [inputList(value, budget), inputList(given, budget)];
    budget.spend(a.length * b.length);
    return distinct([...a, ...(isList(unwrap(usable(given))) ? b : [])], budget).filter((one) =>
      keep(one, value, given),
    );
  };

const sum: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["attribute", "start"]);
  const name = bound.get("attribute");
  return inputList(value, budget).reduce(
    (total: PythonValue, item) =>
      arithmetic("+", total, name === undefined || name === null ? item : attributeAt(item, name, budget), budget),
    bound.get("start") ?? 0n,
  );
};

const join: FilterFunction = (value, args, { budget }) => {
  const bound = bind(args, ["d", "attribute"]);
  const name = bound.get("attribute");
  const parts = inputList(value, budget).map((item) =>
    str(name === undefined || name === null ? item : attributeAt(item, name, budget), budget),
  );
  const separator = str(bound.get("d") ?? "", budget);
  budget.allocate(parts.reduce((size, part) => size + part.length + separator.length, 0));
  return parts.join(separator);
};

const length: FilterFunction = (value) => {
  const one = unwrap(usable(value));
  if (typeof one === "string") return BigInt([...one].length);
  if (isList(one)) return BigInt(one.length);
  if (one instanceof Tuple) return BigInt(one.items.length);
  if (one instanceof Dict) return BigInt(one.size);
  return isLazy(one) ? BigInt(one.keys().length) : invalid(`a ${typeName(one)} has no length`);
};

const zip: FilterFunction = (value, { positional }, { budget }) => {
  const lists = [value, ...positional].map((list) => inputList(list, budget));
  const shortest = Math.min(...lists.map((list) => list.length));
  return Array.from({ length: shortest }, (_, index) => new Tuple(lists.map((list) => list[index] as PythonValue)));
};

const ends =
  (at: number, which: string): FilterFunction =>
  (value, _, { budget }) => {
    const found = inputList(value, budget).at(at);
    return found !== undefined ? found : new Undefined(`No ${which} item, sequence was empty.`);
  };

export const listFilters: FilterTable = {
  first: ends(0, "first"),
  last: ends(-1, "last"),
  length,
  count: length,
  list: (value, _, { budget }) => inputList(value, budget),
  reverse: (value, _, { budget }) => {
    const reversed = [...inputList(value, budget)].reverse();
    return typeof unwrap(usable(value)) === "string" ? reversed.join("") : reversed;
  },
  sort,
  unique,
  min: extreme(-1),
  max: extreme(1),
  flatten,
  union: membership(() => true),
  intersect: membership((one, a, b) => contains(a, one) && contains(b, one)),
  difference: membership((one, a, b) => contains(a, one) && !contains(b, one)),
  symmetric_difference: membership((one, a, b) => contains(a, one) !== contains(b, one)),
  sum,
  join,
  zip,
};
