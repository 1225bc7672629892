// The methods of Python's strings, dictionaries and lists that templates call. Those that change a value are not among them.
import type { EvaluationBudget } from "./budget.ts";
import { equal } from "./comparison.ts";
import { spendOn } from "./cost.ts";
import { invalid } from "./failure.ts";
import type { MethodTable } from "./methods/method.ts";
import { stringMethods } from "./methods/strings.ts";
import {
  type Callable,
  Dict,
  isLazy,
  type LazyMapping,
  type PythonValue,
  sequence,
  Tuple,
  Undefined,
  unwrap,
  usable,
} from "./values.ts";

const dictMethods: MethodTable<Dict> = {
  keys: (self) => self.keys(),
  values: (self) => self.values(),
  items: (self) => self.entries().map((entry) => new Tuple(entry)),
  get: (self, [key = null, fallback = null]) => {
    const value = self.get(unwrap(usable(key)));
    return value === undefined ? fallback : value;
  },
  copy: (self) => self,
};

const lazyMethods: MethodTable<LazyMapping> = {
  keys: (self) => self.keys(),
  get: (self, [key = null, fallback = null]) => {
    const value = self.get(key);
    return value === undefined || value === null || value instanceof Undefined ? fallback : value;
  },
};

const listMethods: MethodTable<readonly PythonValue[]> = {
  index: (self, [element = null], budget) => {
    const index = self.findIndex((item) => equal(item, element, budget));
    return index < 0 ? invalid("the item is not in the list") : BigInt(index);
  },
  count: (self, [element = null], budget) => BigInt(self.filter((item) => equal(item, element, budget)).length),
  copy: (self) => self,
};

/** The method of that name, bound to the value, or undefined where there is none. */
export function boundMethod(value: PythonValue, name: string, budget: EvaluationBudget): Callable | undefined {
  const self = unwrap(usable(value));
  const bind = <S>(table: MethodTable<S>, object: S): Callable | undefined => {
    const method = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!method) return undefined;
    return {
      name,
      call: ({ positional, named }) => {
        spendOn(value, budget);
        return method(object, [...positional, ...named.values()], budget);
      },
    };
  };
  if (typeof self === "string") return bind(stringMethods, self);
  if (self instanceof Dict) return bind(dictMethods, self);
  if (isLazy(self)) return bind(lazyMethods, self);
  const items = sequence(self);
  return items && bind(listMethods, items);
}
