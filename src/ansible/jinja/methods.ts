// The methods of Python's strings, dictionaries and lists that templates call. Those that change a value are not among them.
import type { EvaluationBudget } from "./budget.ts";
import { invalid } from "./failure.ts";
import { toIndex } from "./operators.ts";
import { str } from "./text.ts";
import {
  type Callable,
  Dict,
  equal,
  isLazy,
  isList,
  iterate,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  unwrap,
  usable,
} from "./values.ts";

type Method<S> = (self: S, args: readonly PythonValue[], budget: EvaluationBudget) => PythonValue;

const text = (value: PythonValue | undefined): string => {
  const one = value === undefined ? undefined : unwrap(usable(value));
  return typeof one === "string"
    ? one
    : invalid(`a string is required, not ${one === undefined ? "nothing" : typeName(one)}`);
};

const starts = (self: string, args: readonly PythonValue[], at: "startsWith" | "endsWith"): boolean => {
  const [given = null] = args;
  return given instanceof Tuple ? given.items.some((one) => self[at](text(one))) : self[at](text(given));
};

const stripped = (self: string, given: PythonValue | undefined, left: boolean, right: boolean): string => {
  const blank = given === undefined || given === null ? undefined : new Set(text(given));
  const goes = (character: string): boolean => (blank ? blank.has(character) : /\s/.test(character));
  const characters = [...self];
  let from = 0;
  let to = characters.length;
  while (left && from < to && goes(characters[from] as string)) from++;
  while (right && to > from && goes(characters[to - 1] as string)) to--;
  return characters.slice(from, to).join("");
};

/** str.split and str.rsplit. `most` cuts, -1 for all. */
export function splitText(self: string, separator: string | undefined, most = -1, fromRight = false): string[] {
  if (separator === "") return invalid("empty separator");
  const parts = separator === undefined ? self.split(/\s+/).filter(Boolean) : self.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  if (separator === undefined) {
    if (fromRight) return invalid("rsplit() at white space with a limit is not supported");
    const cut = new RegExp(`^\\s*((?:\\S+\\s+){${most}})([\\s\\S]*)$`).exec(self);
    return [...(cut?.[1] ?? "").split(/\s+/).filter(Boolean), (cut?.[2] ?? "").trimEnd()];
  }
  return fromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

const cutting =
  (fromRight: boolean): Method<string> =>
  (self, [separator = null, most = -1n], budget) => {
    budget.allocate(self.length);
    return splitText(
      self,
      separator === null ? undefined : text(separator),
      Math.min(toIndex(most), 10_000),
      fromRight,
    );
  };

const strings: Readonly<Record<string, Method<string>>> = {
  lower: (self) => self.toLowerCase(),
  upper: (self) => self.toUpperCase(),
  title: (self) => self.toLowerCase().replace(/\p{L}+/gu, (word) => capitalize(word)),
  capitalize: (self) => capitalize(self),
  strip: (self, [given]) => stripped(self, given, true, true),
  lstrip: (self, [given]) => stripped(self, given, true, false),
  rstrip: (self, [given]) => stripped(self, given, false, true),
  startswith: (self, args) => starts(self, args, "startsWith"),
  endswith: (self, args) => starts(self, args, "endsWith"),
  split: cutting(false),
  rsplit: cutting(true),
  splitlines: (self) => self.replace(/\r?\n$/, "").split(/\r?\n/),
  replace: (self, [from, to, most = -1n], budget) => replaceText(self, text(from), text(to), toIndex(most), budget),
  join: (self, [items = null], budget) => {
    const whole = iterate(items).map(text).join(self);
    budget.allocate(whole.length);
    return whole;
  },
  find: (self, [part]) => BigInt(self.indexOf(text(part))),
  count: (self, [part]) => BigInt(self.split(text(part)).length - 1),
  isdigit: (self) => /^\d+$/.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  removeprefix: (self, [part]) => (self.startsWith(text(part)) ? self.slice(text(part).length) : self),
  removesuffix: (self, [part]) =>
    text(part) !== "" && self.endsWith(text(part)) ? self.slice(0, -text(part).length) : self,
  partition: (self, [part]) => {
    const at = self.indexOf(text(part));
    return new Tuple(at < 0 ? [self, "", ""] : [self.slice(0, at), text(part), self.slice(at + text(part).length)]);
  },
  zfill: (self, [size = 0n], budget) => {
    budget.allocate(toIndex(size));
    return self.padStart(toIndex(size), "0");
  },
  format: (self, args, budget) => formatted(self, args, budget),
};

/** Replaces `most` times, or always for a negative number. */
export function replaceText(self: string, from: string, to: string, most: number, budget: EvaluationBudget): string {
  const parts = from === "" ? ["", ...self, ""] : self.split(from);
  const cuts = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  budget.allocate(self.length + cuts * to.length);
  return [parts.slice(0, cuts + 1).join(to), ...parts.slice(cuts + 1)].join(from);
}

export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

/** `"{}-{1}".format(…)`, by position. */
function formatted(self: string, args: readonly PythonValue[], budget: EvaluationBudget): string {
  let next = 0;
  const whole = self.replace(/\{\{|\}\}|\{(\d*)\}/g, (part, at: string | undefined) => {
    if (part === "{{" || part === "}}") return part.charAt(0);
    const value = args[at ? Number(at) : next++];
    return value === undefined ? invalid("format() has not enough arguments") : str(value, budget);
  });
  budget.allocate(whole.length);
  return whole;
}

const dicts: Readonly<Record<string, Method<Dict>>> = {
  keys: (self) => self.keys(),
  values: (self) => self.values(),
  items: (self) => self.entries().map((entry) => new Tuple(entry)),
  get: (self, [key = null, fallback = null]) => {
    const found = self.get(unwrap(usable(key)));
    return found === undefined ? fallback : found;
  },
  copy: (self) => self,
};

const lists: Readonly<Record<string, Method<readonly PythonValue[]>>> = {
  index: (self, [wanted = null]) => {
    const at = self.findIndex((one) => equal(one, wanted));
    return at < 0 ? invalid("the item is not in the list") : BigInt(at);
  },
  count: (self, [wanted = null]) => BigInt(self.filter((one) => equal(one, wanted)).length),
  copy: (self) => self,
};

/** The method of that name, bound to the value, or undefined where there is none. */
export function boundMethod(value: PythonValue, name: string, budget: EvaluationBudget): Callable | undefined {
  const self = unwrap(usable(value));
  const bind = <S>(table: Readonly<Record<string, Method<S>>>, on: S): Callable | undefined => {
    const found = Object.hasOwn(table, name) ? table[name] : undefined;
    return found && { name, call: ({ positional, named }) => found(on, [...positional, ...named.values()], budget) };
  };
  if (typeof self === "string") return bind(strings, self);
  if (self instanceof Dict) return bind(dicts, self);
  if (isLazy(self)) {
    if (name === "keys") return { name, call: () => self.keys() };
    if (name !== "get") return undefined;
    return { name, call: ({ positional: [key = null, other = null] }) => defined(self.get(key)) ?? other };
  }
  if (isList(self)) return bind(lists, self);
  return self instanceof Tuple ? bind(lists, self.items) : undefined;
}

function defined(value: PythonValue | undefined): PythonValue | undefined {
  return value instanceof Undefined ? undefined : value;
}
