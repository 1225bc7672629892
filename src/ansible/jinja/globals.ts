// The functions that templates may call. Lookups that would read files, run programs or look at the environment are refused:
// a plan rests on the checkout and the inventory alone.
import { bind } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { TemplateFailure, wrong } from "./failure.ts";
import { str } from "./text.ts";
import { type Arguments, type Callable, Dict, isList, iterate, Undefined, usable, type Value } from "./values.ts";

/** What the functions rest on. */
export interface Ground {
  readonly budget: Budget;
  /** A variable's value, or undefined where there is none. */
  variable(name: string): Value | undefined;
}

/** The functions, by name. */
export function globals(ground: Ground): ReadonlyMap<string, Value> {
  const functions: Readonly<Record<string, (args: Arguments) => Value>> = {
    range: (args) => range(args, ground.budget),
    dict: ({ positional: [given], named }) =>
      new Dict([...(given instanceof Dict ? given.entries() : []), ...named.entries()]),
    namespace: ({ named }) => new Dict(named.entries()),
    lookup: (args) => {
      const found = lookup(args, ground);
      if (found.length === 1) return found[0] as Value;
      return found.every((one) => typeof one === "string") ? found.join(",") : found;
    },
    query: (args) => lookup(args, ground),
    q: (args) => lookup(args, ground),
    undef: ({ positional, named }) => {
      const hint = positional[0] ?? named.get("hint") ?? "";
      return new Undefined(str(hint) || "Mandatory variable has not been overridden");
    },
    now: () => wrong("now() is refused: a plan must be the same tomorrow"),
  };
  return new Map(Object.entries(functions).map(([name, call]): [string, Callable] => [name, { name, call }]));
}

function range({ positional }: Arguments, budget: Budget): Value {
  const numbers = positional.map((value) => Number(usable(value)));
  const [start, stop, step] =
    numbers.length === 1 ? [0, numbers[0] ?? 0, 1] : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 1];
  if (![start, stop, step].every(Number.isSafeInteger) || step === 0) return wrong("range() wants integers");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.make(length);
  return Array.from({ length }, (_, at) => BigInt(start + at * step));
}

function lookup({ positional: [name = null, ...terms], named }: Arguments, ground: Ground): Value[] {
  const plugin = str(name).replace(/^ansible\.builtin\./, "");
  if (plugin !== "vars")
    return wrong(`lookup("${plugin}") is refused: a plan rests on the checkout and the inventory alone`);
  const { get } = bind({ positional: [], named }, ["default", "wantlist", "errors"]);
  return terms
    .flatMap((term) => (isList(term) ? iterate(term) : [term]))
    .map((term) => {
      const value = ground.variable(str(term));
      const found = value !== undefined ? value : get("default");
      if (found === undefined) throw new TemplateFailure("undefined", `'${str(term)}' is undefined`);
      return usable(found);
    });
}
