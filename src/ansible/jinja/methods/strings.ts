// The methods of Python's str.
import type { EvaluationBudget } from "../budget.ts";
import { spendOnSearch } from "../cost.ts";
import { invalid } from "../failure.ts";
import { toIndex } from "../operators.ts";
import { str } from "../text.ts";
import { iterate, type PythonValue, Tuple, typeName, unwrap, usable } from "../values.ts";
import type { Method, MethodTable } from "./method.ts";

/** The most cuts that a split makes, whatever its limit. */
const maxCuts = 10_000;

function textArgument(value: PythonValue | undefined): string {
  if (value === undefined) return invalid("a string is required, not nothing");
  const text = unwrap(usable(value));
  return typeof text === "string" ? text : invalid(`a string is required, not ${typeName(text)}`);
}

const affixed =
  (test: "startsWith" | "endsWith"): Method<string> =>
  (self, [affix = null]) =>
    affix instanceof Tuple
      ? affix.items.some((item) => self[test](textArgument(item)))
      : self[test](textArgument(affix));

const stripping =
  (sides: { readonly left: boolean; readonly right: boolean }): Method<string> =>
  (self, [characters]) => {
    const stripped = characters === undefined || characters === null ? undefined : new Set(textArgument(characters));
    const isStripped = (character: string | undefined): boolean =>
      character !== undefined && (stripped ? stripped.has(character) : /\s/.test(character));
    const letters = [...self];
    let start = 0;
    let end = letters.length;
    while (sides.left && start < end && isStripped(letters[start])) start++;
    while (sides.right && end > start && isStripped(letters[end - 1])) end--;
    return letters.slice(start, end).join("");
  };

/** How str.split cuts a text. */
export interface SplitOptions {
  /** Default: white space. */
  readonly separator?: string | undefined;
  /** The number of cuts (Python's maxsplit); negative: no limit. */
  readonly limit?: number;
  readonly fromRight?: boolean;
}

/** str.split and str.rsplit. */
export function splitText(text: string, { separator, limit = -1, fromRight = false }: SplitOptions): string[] {
  if (separator === "") return invalid("empty separator");
  const parts = separator === undefined ? text.split(/\s+/).filter(Boolean) : text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  if (separator === undefined) {
    if (fromRight) return invalid("rsplit() at white space with a limit is not supported");
    const match = new RegExp(`^\\s*((?:\\S+\\s+){${limit}})([\\s\\S]*)$`).exec(text);
    return [...(match?.[1] ?? "").split(/\s+/).filter(Boolean), (match?.[2] ?? "").trimEnd()];
  }
  const firstCut = parts.length - limit;
  return fromRight
    ? [parts.slice(0, firstCut).join(separator), ...parts.slice(firstCut)]
    : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

const splitting =
  (fromRight: boolean): Method<string> =>
  (self, [separator = null, limit = -1n], budget) => {
    budget.allocate(self.length);
    const cut = separator === null ? undefined : textArgument(separator);
    spendOnSearch(self, cut ?? "", budget);
    return splitText(self, {
      separator: cut,
      limit: Math.min(toIndex(limit), maxCuts),
      fromRight,
    });
  };

/** Replaces the first `count` occurrences, or all for a negative number. */
export function replaceText(
  text: string,
  { from, to, count }: { readonly from: string; readonly to: string; readonly count: number },
  budget: EvaluationBudget,
): string {
  spendOnSearch(text, from, budget);
  const parts = from === "" ? ["", ...text, ""] : text.split(from);
  const cuts = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  budget.allocate(text.length + cuts * to.length);
  return [parts.slice(0, cuts + 1).join(to), ...parts.slice(cuts + 1)].join(from);
}

/** str.capitalize. */
export function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

/** `"{}-{1}".format(…)`, by position. */
const format: Method<string> = (self, args, budget) => {
  let next = 0;
  const text = self.replace(/\{\{|\}\}|\{(\d*)\}/g, (part, index: string | undefined) => {
    if (part === "{{" || part === "}}") return part.charAt(0);
    const value = args[index ? Number(index) : next++];
    return value === undefined ? invalid("format() has not enough arguments") : str(value, budget);
  });
  budget.allocate(text.length);
  return text;
};

/** The methods of str, by name. */
export const stringMethods: MethodTable<string> = {
  lower: (self) => self.toLowerCase(),
  upper: (self) => self.toUpperCase(),
  title: (self) => self.toLowerCase().replace(/\p{L}+/gu, capitalize),
  capitalize: (self) => capitalize(self),
  strip: stripping({ left: true, right: true }),
  lstrip: stripping({ left: true, right: false }),
  rstrip: stripping({ left: false, right: true }),
  startswith: affixed("startsWith"),
  endswith: affixed("endsWith"),
  split: splitting(false),
  rsplit: splitting(true),
  splitlines: (self) => self.replace(/\r?\n$/, "").split(/\r?\n/),
  replace: (self, [from, to, count = -1n], budget) =>
    replaceText(self, { from: textArgument(from), to: textArgument(to), count: toIndex(count) }, budget),
  join: (self, [items = null], budget) => {
    const text = iterate(items).map(textArgument).join(self);
    budget.allocate(text.length);
    return text;
  },
  find: (self, [part], budget) => {
    spendOnSearch(self, textArgument(part), budget);
    return BigInt(self.indexOf(textArgument(part)));
  },
  count: (self, [part], budget) => {
    spendOnSearch(self, textArgument(part), budget);
    return BigInt(self.split(textArgument(part)).length - 1);
  },
  isdigit: (self) => /^\d+$/.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  removeprefix: (self, [affix]) => {
    const prefix = textArgument(affix);
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  },
  removesuffix: (self, [affix]) => {
    const suffix = textArgument(affix);
    return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  },
  partition: (self, [part], budget) => {
    const separator = textArgument(part);
    spendOnSearch(self, separator, budget);
    const index = self.indexOf(separator);
    if (index < 0) return new Tuple([self, "", ""]);
    return new Tuple([self.slice(0, index), separator, self.slice(index + separator.length)]);
  },
  zfill: (self, [size = 0n], budget) => {
    budget.allocate(toIndex(size));
    return self.padStart(toIndex(size), "0");
  },
  format,
};
