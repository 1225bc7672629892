// The functions that templates may call. Lookups that would read files, run programs or look at the environment are refused:
// a plan rests on the checkout and the inventory alone.
import { bindArguments } from "./arguments.ts";
import type { EvaluationBudget } from "./budget.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { str } from "./text.ts";
import {
  type CallArguments,
  type Callable,
  Dict,
  isList,
  iterate,
  Namespace,
  type PythonValue,
  Undefined,
  usable,
} from "./values.ts";

/** What the functions may use. */
export interface FunctionContext {
  readonly budget: EvaluationBudget;
  /** A variable's value, or undefined where there is none. */
  variable(name: string): PythonValue | undefined;
}

/** The functions, by name. */
export function globalFunctions(context: FunctionContext): ReadonlyMap<string, PythonValue> {
  const functions: Readonly<Record<string, (args: CallArguments) => PythonValue>> = {
    range: (args) => range(args, context.budget),
    dict: ({ positional: [base = []], named }) => new Dict([...entriesOf(base), ...named.entries()]),
    namespace: ({ positional: [base = []], named }) => new Namespace([...entriesOf(base), ...named.entries()]),
    lookup: (args) => {
      const values = lookup(args, context);
      if (values.length === 1) return values[0] as PythonValue;
      return values.every((value) => typeof value === "string") ? values.join(",") : values;
    },
    query: (args) => lookup(args, context),
    q: (args) => lookup(args, context),
    undef: ({ positional, named }) => {
      const hint = positional[0] ?? named.get("hint") ?? "";
      return new Undefined(str(hint) || "Mandatory variable has not been overridden");
    },
    now: () => invalid("now() is refused: a plan must be the same tomorrow"),
  };
  return new Map(Object.entries(functions).map(([name, call]): [string, Callable] => [name, { name, call }]));
}

/** The entries of a dictionary, or of a list of pairs. */
function entriesOf(base: PythonValue): readonly (readonly [PythonValue, PythonValue])[] {
  const usableBase = usable(base);
  if (usableBase instanceof Dict) return usableBase.entries();
  return iterate(usableBase).map((pair) => {
    const [key, value, ...rest] = iterate(pair);
    if (key === undefined || value === undefined || rest.length > 0) return invalid("dict() takes pairs");
    return [key, value];
  });
}

function range({ positional }: CallArguments, budget: EvaluationBudget): PythonValue {
  const numbers = positional.map((value) => Number(usable(value)));
  const [start, stop, step] =
    numbers.length === 1 ? [0, numbers[0] ?? 0, 1] : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 1];
  if (![start, stop, step].every(Number.isSafeInteger) || step === 0)
    return invalid("range() takes integers, and no step of 0");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.allocateElements(length);
  return Array.from({ length }, (_, index) => BigInt(start + index * step));
}

function lookup(
  { positional: [name = null, ...terms], named }: CallArguments,
  context: FunctionContext,
): PythonValue[] {
  const plugin = str(name).replace(/^ansible\.builtin\./, "");
  if (plugin !== "vars")
    return invalid(`lookup("${plugin}") is refused: a plan rests on the checkout and the inventory alone`);
  const options = bindArguments({ positional: [], named }, ["default", "wantlist", "errors"]);
  return terms
    .flatMap((term) => (isList(term) ? term : [term]))
    .map((term) => {
      const variable = context.variable(str(term));
      const isSet = variable !== undefined && !(variable instanceof Undefined);
      // The default counts also for a variable that rests on something undefined.
      const value = isSet ? variable : (unquoted(options.optional("default")) ?? variable);
      if (value === undefined) throw new TemplateFailure("undefined", `'${str(term)}' is undefined`);
      return usable(value);
    });
}

/** Ansible takes the option of a lookup out of its quotes. */
function unquoted(value: PythonValue | undefined): PythonValue | undefined {
  const isQuoted = typeof value === "string" && /^(?:'[\s\S]*[^\\]'|"[\s\S]*[^\\]"|''|"")$/.test(value);
  return isQuoted ? value.slice(1, -1) : value;
}
