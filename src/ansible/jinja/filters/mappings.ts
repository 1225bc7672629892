// Filters on dictionaries.
import { getItem } from "../access.ts";
import { bindArguments } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { compareValues, equal } from "../comparison.ts";
import { invalid, TemplateFailure } from "../failure.ts";
import {
  type CallArguments,
  Dict,
  isList,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  unwrap,
  usable,
} from "../values.ts";
import { type FilterFunction, type FilterTable, inputList } from "./filter.ts";

function inputDict(value: PythonValue): Dict {
  const dict = usable(value);
  return dict instanceof Dict ? dict : invalid(`it takes a dictionary, not ${typeName(dict)}`);
}

/** The names of the two fields that `dict2items` makes and `items2dict` reads. */
function fieldNames(args: CallArguments): { readonly key: string; readonly value: string } {
  const bound = bindArguments(args, ["key_name", "value_name"]);
  return { key: bound.text("key_name", "key"), value: bound.text("value_name", "value") };
}

const dictToItems: FilterFunction = (value, args, { budget }) => {
  const names = fieldNames(args);
  const toItem = ([key, content]: readonly [PythonValue, PythonValue]): Dict =>
    new Dict([
      [names.key, key],
      [names.value, content],
    ]);
  const dict = inputDict(value);
  // A dictionary for each entry.
  budget.spend(dict.size * 4);
  return dict.entries().map(toItem);
};

const itemsToDict: FilterFunction = (value, args, { budget }) => {
  const names = fieldNames(args);
  return new Dict(
    inputList(value, budget).map((item) => [getItem(item, names.key, budget), getItem(item, names.value, budget)]),
  );
};

/** Ansible's combine: the later wins; `recursive` merges dictionaries, `list_merge` says what becomes of lists. */
const combine: FilterFunction = (value, { positional, named }, { budget }) => {
  const bound = bindArguments({ positional: [], named }, ["recursive", "list_merge"]);
  const merge = new DictMerge(bound.flag("recursive"), bound.text("list_merge", "replace"), budget);
  const dicts = [value, ...positional].flatMap((item) => (isList(item) ? item : [item])).map(inputDict);
  for (const dict of dicts) assertDefined(dict, budget);
  return dicts.reduce((base, over) => merge.merge(base, over), new Dict());
};

/** @throws TemplateFailure for something undefined in a dictionary, however deep. */
function assertDefined(value: PythonValue, budget: EvaluationBudget): void {
  budget.spend();
  if (value instanceof Undefined) throw new TemplateFailure("undefined", value.message);
  const items = value instanceof Dict ? value.values() : isList(value) ? value : [];
  for (const item of items) assertDefined(item, budget);
}

type List = readonly PythonValue[];

/** What becomes of two lists under one key, by `list_merge`. */
const listMerges: ReadonlyMap<string, (base: List, over: List) => List> = new Map<string, (a: List, b: List) => List>([
  ["append", (base, over) => [...base, ...over]],
  ["prepend", (base, over) => [...over, ...base]],
  ["keep", (base) => base],
]);

class DictMerge {
  readonly #recursive: boolean;
  readonly #listMerge: string;
  readonly #budget: EvaluationBudget;
  constructor(recursive: boolean, listMerge: string, budget: EvaluationBudget) {
    this.#recursive = recursive;
    this.#listMerge = listMerge;
    this.#budget = budget;
  }

  merge(base: Dict, over: Dict): Dict {
    this.#budget.spend(base.size + over.size);
    // As Ansible has it: lists of equal dictionaries are not merged.
    if (base.size === 0 || equal(base, over, this.#budget)) return over;
    const merged = new Dict(base.entries());
    for (const [key, value] of over.entries()) merged.set(key, this.#mergeValue(merged.get(key), value));
    return merged;
  }

  #mergeValue(existing: PythonValue | undefined, value: PythonValue): PythonValue {
    if (this.#recursive && existing instanceof Dict && value instanceof Dict) return this.merge(existing, value);
    if (existing === undefined || !isList(existing) || !isList(value) || this.#listMerge === "replace") return value;
    const mergeLists = listMerges.get(this.#listMerge) ?? invalid(`list_merge "${this.#listMerge}" is not supported`);
    return mergeLists(existing, value);
  }
}

const dictsort: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["case_sensitive", "by", "reverse"]);
  const position = bound.text("by", "key") === "value" ? 1 : 0;
  const keyOf = (entry: readonly [PythonValue, PythonValue]): PythonValue => {
    const key = unwrap(usable(entry[position]));
    return typeof key === "string" && !bound.flag("case_sensitive") ? key.toLowerCase() : key;
  };
  const sign = bound.flag("reverse") ? -1 : 1;
  return [...inputDict(value).entries()]
    .sort((a, b) => sign * compareValues(keyOf(a), keyOf(b), budget))
    .map((entry) => new Tuple(entry));
};

/** `key | extract(container)`, perhaps with further keys. */
const extract: FilterFunction = (value, { positional: [container = null, further = []] }, { budget }) =>
  (isList(further) ? further : [further]).reduce(
    (object: PythonValue, key) => getItem(object, key, budget),
    getItem(container, value, budget),
  );

/** Filters on dictionaries, by name. */
export const mappingFilters: FilterTable = {
  dict2items: dictToItems,
  items2dict: itemsToDict,
  combine,
  dictsort,
  extract,
  items: (value) =>
    inputDict(value)
      .entries()
      .map((entry) => new Tuple(entry)),
};
