// Python's values in JavaScript, as far as Ansible's templates see them. Integers are bigint and floats are number, because
// 1 and 1.0, 20240305 and "20240305" are different keys of a checksum table. Nothing here is ever changed once it is made.
import { invalid, TemplateFailure } from "./failure.ts";

export type PythonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly PythonValue[]
  | Tuple
  | Dict
  | LazyMapping
  | Callable
  | Undefined
  | VaultEncrypted
  | UnsafeText;

/** A variable that nobody set; every use but `default` and `is defined` fails with its words. */
export class Undefined {
  readonly message: string;
  /** Jinja's own milder kind, which `a if b` without an else comes to: it prints as nothing. */
  readonly lenient: boolean;
  constructor(words: string, mild = false) {
    this.message = words;
    this.lenient = mild;
  }
}

/** A value encrypted with Ansible Vault. It is carried, never read. */
export class VaultEncrypted {
  readonly source: string;
  constructor(where: string) {
    this.source = where;
  }
}

/** A string tagged `!unsafe`: it is no template. */
export class UnsafeText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class Tuple {
  readonly items: readonly PythonValue[];
  constructor(items: readonly PythonValue[]) {
    this.items = items;
  }
}

/** A mapping whose values are worked out when asked for: `hostvars`. */
export interface LazyMapping {
  readonly lazy: true;
  get(key: PythonValue): PythonValue | undefined;
  keys(): readonly PythonValue[];
}

/** What a call is handed. */
export interface CallArguments {
  readonly positional: readonly PythonValue[];
  readonly named: ReadonlyMap<string, PythonValue>;
}

/** A method or a global function. */
export interface Callable {
  readonly call: (args: CallArguments) => PythonValue;
  readonly name: string;
}

/** A dictionary: insertion order, and keys that are equal when Python says so (1 and 1.0, not 1 and "1"). */
export class Dict {
  readonly #entries = new Map<unknown, readonly [key: PythonValue, value: PythonValue]>();
  constructor(entries: Iterable<readonly [PythonValue, PythonValue]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }
  get size(): number {
    return this.#entries.size;
  }
  has(key: PythonValue): boolean {
    return this.#entries.has(hash(key));
  }
  get(key: PythonValue): PythonValue | undefined {
    return this.#entries.get(hash(key))?.[1];
  }
  /** Only while it is being made. An equal key keeps its place and its first spelling. */
  set(key: PythonValue, value: PythonValue): void {
    const at = hash(key);
    this.#entries.set(at, [this.#entries.get(at)?.[0] ?? key, value]);
  }
  entries(): readonly (readonly [PythonValue, PythonValue])[] {
    return [...this.#entries.values()];
  }
  keys(): readonly PythonValue[] {
    return this.entries().map(([key]) => key);
  }
  values(): readonly PythonValue[] {
    return this.entries().map(([, value]) => value);
  }
}

function hash(key: PythonValue): unknown {
  if (typeof key === "string" || typeof key === "bigint" || key === null) return key;
  if (typeof key === "number") return Number.isInteger(key) ? BigInt(key) : key;
  if (typeof key === "boolean") return key ? 1n : 0n;
  if (key instanceof Tuple) return `\0${key.items.map((item) => `${typeof item} ${String(hash(item))}`).join("\0")}`;
  if (key instanceof UnsafeText) return key.text;
  return invalid(`unhashable type: '${typeName(key)}'`);
}

export function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}
export function isLazy(value: PythonValue): value is LazyMapping {
  return typeof value === "object" && value !== null && "lazy" in value;
}
export function isCallable(value: PythonValue): value is Callable {
  return typeof value === "object" && value !== null && "call" in value;
}
export function isNumber(value: PythonValue): value is number | bigint | boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}

/** Python's word for the type, as its messages use it. */
export function typeName(value: PythonValue): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string" || value instanceof UnsafeText) return "str";
  if (isList(value)) return "list";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof VaultEncrypted) return "vault-encrypted text";
  return isCallable(value) ? "function" : "dict";
}

/** The value, if it can be used at all. @throws TemplateFailure for what is undefined or encrypted. */
export function usable(value: PythonValue): Exclude<PythonValue, Undefined | VaultEncrypted> {
  if (value instanceof Undefined) {
    if (value.lenient) return "";
    throw new TemplateFailure("undefined", value.message);
  }
  if (value instanceof VaultEncrypted)
    throw new TemplateFailure("wrong", `it needs ${value.source}, which is encrypted with Ansible Vault`);
  return value;
}

/** Python's truth. */
export function isTruthy(value: PythonValue): boolean {
  const one = usable(value);
  if (typeof one === "string" || isList(one)) return one.length > 0;
  if (one instanceof Tuple) return one.items.length > 0;
  if (one instanceof Dict) return one.size > 0;
  if (one instanceof UnsafeText) return one.text !== "";
  if (isLazy(one)) return one.keys().length > 0;
  return typeof one === "bigint" ? one !== 0n : Boolean(one);
}

/** Python's ==. */
export function equal(left: PythonValue, right: PythonValue): boolean {
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 and not 1n === 1, as in Python.
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b) && (typeof a === typeof b ? a === b : a == b);
  const [x, y] = [elements(a), elements(b)];
  if (x && y) {
    const alike = isList(a) === isList(b) && x.length === y.length;
    return alike && x.every((item, index) => equal(item, y[index] as PythonValue));
  }
  if (a instanceof Dict && b instanceof Dict)
    return (
      a.size === b.size && a.entries().every(([key, value]) => b.has(key) && equal(value, b.get(key) as PythonValue))
    );
  return false;
}

/** Python's ordering: negative, zero, positive. @throws TemplateFailure for what Python cannot order. */
export function compareValues(left: PythonValue, right: PythonValue): number {
  const a = unwrap(usable(left));
  const b = unwrap(usable(right));
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return byCodePoint(a, b);
  const [x, y] = [elements(a), elements(b)];
  if (x && y && isList(a) === isList(b)) {
    for (let index = 0; index < Math.min(x.length, y.length); index++) {
      const [one, other] = [x[index] as PythonValue, y[index] as PythonValue];
      if (!equal(one, other)) return compareValues(one, other);
    }
    return x.length - y.length;
  }
  return invalid(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 order differs from Python's beyond the basic plane.
  const [x, y] = [[...a], [...b]];
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const difference = (x[index]?.codePointAt(0) ?? 0) - (y[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** An `!unsafe` string is a string to everything but the templating itself. */
export function unwrap<V extends PythonValue>(value: V): Exclude<V, UnsafeText> | string {
  return value instanceof UnsafeText ? value.text : (value as Exclude<V, UnsafeText>);
}

function elements(value: PythonValue): readonly PythonValue[] | undefined {
  return isList(value) ? value : value instanceof Tuple ? value.items : undefined;
}

/** What a `for` sees. @throws TemplateFailure for what cannot be iterated. */
export function iterate(value: PythonValue): readonly PythonValue[] {
  const one = unwrap(usable(value));
  if (typeof one === "string") return [...one];
  if (one instanceof Dict || isLazy(one)) return one.keys();
  return elements(one) ?? invalid(`'${typeName(one)}' object is not iterable`);
}

/** Python's `in`. */
export function contains(container: PythonValue, item: PythonValue): boolean {
  const one = unwrap(usable(container));
  const wanted = unwrap(usable(item));
  if (typeof one === "string") {
    if (typeof wanted === "string") return one.includes(wanted);
    return invalid(`'in <string>' requires string as left operand, not ${typeName(wanted)}`);
  }
  if (one instanceof Dict) return one.has(wanted);
  if (isLazy(one)) return one.get(wanted) !== undefined;
  return iterate(one).some((candidate) => equal(candidate, wanted));
}
