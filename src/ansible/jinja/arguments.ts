// Arguments of filters and functions, by position or by name, as Python binds them.
import { invalid } from "./failure.ts";
import { type CallArguments, isNumber, isTruthy, type PythonValue, typeName, unwrap, usable } from "./values.ts";

/** The arguments of one call, read by parameter name. */
export class BoundArguments {
  readonly #values: ReadonlyMap<string, PythonValue>;
  constructor(values: ReadonlyMap<string, PythonValue>) {
    this.#values = values;
  }

  /** The value, or undefined when it was not given. */
  get(name: string): PythonValue | undefined {
    return this.#values.get(name);
  }

  /** The value, or undefined when it was not given or is None. */
  optional(name: string): PythonValue | undefined {
    return this.#values.get(name) ?? undefined;
  }

  text(name: string, fallback?: string): string {
    if (fallback !== undefined && !this.#values.has(name)) return fallback;
    const value = unwrap(usable(this.#required(name)));
    return typeof value === "string" ? value : invalid(`"${name}" must be text, and is ${typeName(value)}`);
  }

  integer(name: string, fallback?: number): number {
    if (fallback !== undefined && !this.#values.has(name)) return fallback;
    const value = usable(this.#required(name));
    return isNumber(value)
      ? Math.trunc(Number(value))
      : invalid(`"${name}" must be a number, and is ${typeName(value)}`);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.#values.get(name);
    return value === undefined ? fallback : isTruthy(value);
  }

  #required(name: string): PythonValue {
    return this.#values.get(name) ?? invalid(`the argument "${name}" is missing`);
  }
}

/**
 * Binds the arguments of a call to parameter names.
 * @throws TemplateFailure for an argument that is not among `names`, or one too many.
 */
export function bindArguments({ positional, named }: CallArguments, names: readonly string[]): BoundArguments {
  if (positional.length > names.length) invalid(`it takes at most ${names.length} arguments`);
  const values = new Map(positional.map((value, index) => [names[index] as string, value]));
  for (const [name, value] of named) {
    if (!names.includes(name)) invalid(`it takes no argument "${name}"`);
    values.set(name, value);
  }
  return new BoundArguments(values);
}
