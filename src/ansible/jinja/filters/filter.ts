// The shape of a filter.
import type { Budget } from "../budget.ts";
import { wrong } from "../failure.ts";
import { type Arguments, iterate, plain, typeName, usable, type Value } from "../values.ts";

/** What a filter may use besides its input. */
export interface Tools {
  readonly budget: Budget;
  /** Another filter, by name: for `map("lower")`. */
  readonly filter: (name: string, value: Value, args: Arguments, budget: Budget) => Value;
}

export type FilterFunction = (value: Value, args: Arguments, tools: Tools) => Value;
export type FilterTable = Readonly<Record<string, FilterFunction>>;

/** The input as a list, paid for. */
export function items(value: Value, budget: Budget): readonly Value[] {
  const found = iterate(value);
  budget.spend(found.length);
  return found;
}

/** The input as text; a number is none. */
export function textOf(value: Value): string {
  const one = plain(usable(value));
  return typeof one === "string" ? one : wrong(`it wants text, not ${typeName(one)}`);
}

/** `a.b.0`: what `attribute=` means. */
export function path(name: Value): readonly (string | bigint)[] {
  const one = usable(name);
  if (typeof one === "bigint") return [one];
  return textOf(one)
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}
