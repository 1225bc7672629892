// Filters on lists.
import { getAttribute } from "../access.ts";
import { type BoundArguments, bindArguments } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { compareValues, contains } from "../comparison.ts";
import { invalid } from "../failure.ts";
import { foundIn, isObserved } from "../observed-list.ts";
import { arithmetic } from "../operators.ts";
import { str } from "../text.ts";
import {
  type CallArguments,
  Dict,
  isLazy,
  isList,
  type PythonValue,
  sequence,
  Tuple,
  typeName,
  Undefined,
  unwrap,
  usable,
} from "../values.ts";
import { distinct } from "./distinct.ts";
import { attributePath, type FilterFunction, type FilterTable, inputList } from "./filter.ts";

/** Levels that `flatten` goes down by default. */
const defaultLevels = 50;

/** The value of `a.b.0` below another. */
export function attributeAt(value: PythonValue, name: PythonValue, budget: EvaluationBudget): PythonValue {
  return attributePath(name).reduce((object: PythonValue, part) => getAttribute(object, part, budget), value);
}

/** What a filter with the parameter `attribute` looks at in each item. */
function attributeReader(bound: BoundArguments, budget: EvaluationBudget): (item: PythonValue) => PythonValue {
  const attribute = bound.optional("attribute");
  return attribute === undefined ? (item) => item : (item) => attributeAt(item, attribute, budget);
}

/** What `sort`, `unique`, `min` and `max` compare: a text in lower case unless told otherwise. */
function keyReader(
  bound: BoundArguments,
  caseSensitive: boolean,
  budget: EvaluationBudget,
): (item: PythonValue) => PythonValue {
  const read = attributeReader(bound, budget);
  return (item) => {
    const key = read(item);
    const text = unwrap(usable(key));
    return typeof text === "string" && !caseSensitive ? text.toLowerCase() : key;
  };
}

const sort: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["reverse", "case_sensitive", "attribute"]);
  const keyOf = keyReader(bound, bound.flag("case_sensitive"), budget);
  const keyed = inputList(value, budget).map((item) => ({ item, key: keyOf(item) }));
  budget.spend(keyed.length * 10);
  const sign = bound.flag("reverse") ? -1 : 1;
  return keyed.sort((a, b) => sign * compareValues(a.key, b.key, budget)).map(({ item }) => item);
};

const unique: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["case_sensitive", "attribute"]);
  const items = inputList(value, budget);
  // Ansible's own unique tells cases apart, and is asked where Jinja's cannot tell: for lists and dictionaries.
  const keyOf = keyReader(bound, bound.flag("case_sensitive") || items.some(isUnhashable), budget);
  return distinct(items, budget, keyOf);
};

function isUnhashable(item: PythonValue): boolean {
  return isList(item) || item instanceof Dict || (item instanceof Tuple && item.items.some(isUnhashable));
}

const extreme =
  (sign: number): FilterFunction =>
  (value, args, { budget }) => {
    const bound = bindArguments(args, ["case_sensitive", "attribute"]);
    const items = inputList(value, budget);
    const keyOf = keyReader(bound, bound.flag("case_sensitive"), budget);
    if (items.length === 0) return new Undefined("No aggregated item, sequence was empty.");
    return items.reduce((best, item) => (sign * compareValues(keyOf(item), keyOf(best), budget) > 0 ? item : best));
  };

const flatten: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["levels", "skip_nulls"]);
  const skipNulls = bound.flag("skip_nulls", true);
  const isSkipped = (item: PythonValue): boolean => skipNulls && (item === null || item === "None" || item === "null");
  let size = 0;
  const spread = (list: readonly PythonValue[], levels: number): PythonValue[] =>
    list.flatMap((item) => {
      budget.spend();
      budget.assertSize(++size);
      const inner = sequence(item);
      if (inner) return levels > 0 ? spread(inner, levels - 1) : [item];
      return isSkipped(item) ? [] : [item];
    });
  return spread(
    inputList(value, budget),
    bound.optional("levels") === undefined ? defaultLevels : bound.integer("levels"),
  );
};

/** The members of a set filter's first operand that are, or are not, in the second. Either may be text: then `in` looks for a part of it. */
const membersIn =
  (wanted: boolean): FilterFunction =>
  (value, { positional: [other = null] }, { budget }) => {
    const members = inputList(value, budget);
    budget.spend(members.length * inputList(other, budget).length);
    return distinct(
      members.filter((item) => contains(other, item, budget) === wanted),
      budget,
    );
  };

const commonMembers = membersIn(true);

const intersect: FilterFunction = (value, args, context) => {
  const other = usable(args.positional[0] ?? null);
  const found = isList(other) && !isObserved(other) ? foundIn(value, other) : undefined;
  return found ?? commonMembers(value, args, context);
};

const union = (value: PythonValue, { positional: [other = null] }: CallArguments, budget: EvaluationBudget) =>
  distinct([...inputList(value, budget), ...(isList(unwrap(usable(other))) ? inputList(other, budget) : [])], budget);

const symmetricDifference: FilterFunction = (value, args, context) => {
  const common = commonMembers(value, args, context);
  const all = union(value, args, context.budget);
  context.budget.spend(all.length);
  return all.filter((item) => !contains(common, item, context.budget));
};

const sum: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["attribute", "start"]);
  const read = attributeReader(bound, budget);
  return inputList(value, budget).reduce(
    (total: PythonValue, item) => arithmetic("+", total, read(item), budget),
    bound.get("start") ?? 0n,
  );
};

const join: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["d", "attribute"]);
  const read = attributeReader(bound, budget);
  const parts = inputList(value, budget).map((item) => str(read(item), budget));
  const separator = str(bound.get("d") ?? "", budget);
  budget.allocate(parts.reduce((size, part) => size + part.length + separator.length, 0));
  return parts.join(separator);
};

const length: FilterFunction = (value) => {
  const container = unwrap(usable(value));
  if (typeof container === "string") return BigInt([...container].length);
  if (container instanceof Dict) return BigInt(container.size);
  if (isLazy(container)) return BigInt(container.keys().length);
  return BigInt((sequence(container) ?? invalid(`a ${typeName(container)} has no length`)).length);
};

const zip: FilterFunction = (value, { positional }, { budget }) => {
  const lists = [value, ...positional].map((list) => inputList(list, budget));
  const size = Math.min(...lists.map((list) => list.length));
  budget.allocateElements(size * lists.length);
  return Array.from({ length: size }, (_, index) => new Tuple(lists.map((list) => list[index] as PythonValue)));
};

const elementAt =
  (index: number, name: string): FilterFunction =>
  (value, _, { budget }) => {
    const item = inputList(value, budget).at(index);
    return item !== undefined ? item : new Undefined(`No ${name} item, sequence was empty.`);
  };

/** Filters on lists, by name. */
export const listFilters: FilterTable = {
  first: elementAt(0, "first"),
  last: elementAt(-1, "last"),
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
  union: (value, args, { budget }) => union(value, args, budget),
  intersect,
  difference: membersIn(false),
  symmetric_difference: symmetricDifference,
  sum,
  join,
  zip,
};
