// Arguments of filters and functions, by position or by name, as Python binds them.
import { invalid } from "./failure.ts";
import { type CallArguments, isNumber, isTruthy, type PythonValue, typeName, unwrap, usable } from "./values.ts";

/** What a filter is given besides its input, read by parameter name. */
export interface Bound {
  /** The value, or undefined when it was not given. */
  get(name: string): PythonValue | undefined;
  text(name: string, fallback?: string): string;
  whole(name: string, fallback?: number): number;
  flag(name: string, fallback?: boolean): boolean;
}

/** @throws TemplateFailure for an argument that is not among `names`, or one too many. */
export function bind(args: CallArguments, names: readonly string[]): Bound {
  if (args.positional.length > names.length) invalid(`it takes at most ${names.length} arguments`);
  const values = new Map(args.positional.map((value, index) => [names[index] as string, value]));
  for (const [name, value] of args.named) {
    if (!names.includes(name)) invalid(`it takes no argument "${name}"`);
    values.set(name, value);
  }
  const required = (name: string): PythonValue => values.get(name) ?? invalid(`the argument "${name}" is missing`);
  return {
    get: (name) => values.get(name),
    text: (name, fallback) => {
      if (fallback !== undefined && !values.has(name)) return fallback;
      const one = unwrap(usable(required(name)));
      return typeof one === "string" ? one : invalid(`"${name}" is no text but ${typeName(one)}`);
    },
    whole: (name, fallback) => {
      if (fallback !== undefined && !values.has(name)) return fallback;
      const one = usable(required(name));
      return isNumber(one) ? Math.trunc(Number(one)) : invalid(`"${name}" is no number but ${typeName(one)}`);
    },
    flag: (name, fallback = false) => (values.has(name) ? isTruthy(values.get(name) as PythonValue) : fallback),
  };
}
