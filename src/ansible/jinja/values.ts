// Python's values in JavaScript, as far as Ansible's templates see them. Integers are bigint and floats are number, because
// 1 and 1.0, 20240305 and "20240305" are different keys of a checksum table. No value is changed once it is made.
import { invalid, TemplateFailure } from "./failure.ts";

/** A value of a variable, or of an expression. */
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
  | UnknownFact
  | VaultEncrypted
  | UnsafeText;

/** A variable that nobody set; every use but `default` and `is defined` fails with its message. */
export class Undefined {
  readonly message: string;
  /** Jinja's lenient kind, the value of `a if b` without an else: it prints as nothing. */
  readonly lenient: boolean;
  constructor(message: string, lenient = false) {
    this.message = message;
    this.lenient = lenient;
  }
}

/** A fact that only a running host has, or what rests on one. It is not undefined, and every use fails with its message. */
export class UnknownFact {
  readonly message: string;
  /** Whether a host has it for sure; what lies inside a fact may be missing. */
  readonly certain: boolean;
  constructor(message: string, certain: boolean) {
    this.message = message;
    this.certain = certain;
  }
}

/** A value encrypted with Ansible Vault. It may be passed on; using it is an error that names its source. */
export class VaultEncrypted {
  readonly source: string;
  /** What stands in the file, where it is a value and no whole file. */
  readonly ciphertext: string | undefined;
  constructor(source: string, ciphertext?: string) {
    this.source = source;
    this.ciphertext = ciphertext;
  }
}

/** A string tagged `!unsafe`, or one that Ansible Vault encrypted: it is no template. */
export class UnsafeText {
  readonly #text: string | (() => string);
  /** A text that is costly to have, such as a decrypted one, is made when it is read. */
  constructor(text: string | (() => string)) {
    this.#text = text;
  }
  get text(): string {
    return typeof this.#text === "string" ? this.#text : this.#text();
  }
}

/** What `| string` or `| to_json` gives: text for good, though it may look like a list. */
export class KeptText extends UnsafeText {}

/** A tuple. */
export class Tuple {
  readonly items: readonly PythonValue[];
  constructor(items: readonly PythonValue[]) {
    this.items = items;
  }
}

/** A mapping whose values are evaluated when they are read: `hostvars`. */
export interface LazyMapping {
  readonly lazy: true;
  get(key: PythonValue): PythonValue | undefined;
  keys(): readonly PythonValue[];
}

/** The arguments of a call. */
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
  /** Sets an entry while the dictionary is being made. An equal key keeps its place and its first spelling. */
  set(key: PythonValue, value: PythonValue): void {
    const hashed = hash(key);
    this.#entries.set(hashed, [this.#entries.get(hashed)?.[0] ?? key, value]);
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

/** What `namespace()` makes: the one value that a template changes, by `{% set ns.name = … %}`. */
export class Namespace extends Dict {}

/** Parts of the largest tuple that is a key: tuples inside tuples can have far more than their text. */
const maxParts = 10_000;

function hash(key: PythonValue, parts = { left: maxParts }): unknown {
  if (typeof key === "string" || typeof key === "bigint" || key === null) return key;
  if (typeof key === "number") return Number.isInteger(key) ? BigInt(key) : key;
  if (typeof key === "boolean") return key ? 1n : 0n;
  if (key instanceof Tuple) {
    parts.left -= key.items.length;
    if (parts.left < 0) throw new TemplateFailure("limit", `a key of more than ${maxParts} parts`);
    return `\0${key.items.map((item) => `${typeof item} ${String(hash(item, parts))}`).join("\0")}`;
  }
  if (key instanceof UnsafeText) return key.text;
  return invalid(`unhashable type: '${typeName(key)}'`);
}

/** Whether the value is a list. */
export function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}

/** Whether the value is a mapping that is evaluated when it is read. */
export function isLazy(value: PythonValue): value is LazyMapping {
  return typeof value === "object" && value !== null && "lazy" in value;
}

/** Whether the value is a function or a method. */
export function isCallable(value: PythonValue): value is Callable {
  return typeof value === "object" && value !== null && "call" in value;
}

/** Whether the value is a number; to Python a boolean is one. */
export function isNumber(value: PythonValue): value is number | bigint | boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}

/** The elements of a list or a tuple; undefined for anything else. */
export function sequence(value: PythonValue): readonly PythonValue[] | undefined {
  return isList(value) ? value : value instanceof Tuple ? value.items : undefined;
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
  if (value instanceof UnknownFact) return "unknown fact";
  if (value instanceof VaultEncrypted) return "vault-encrypted text";
  return isCallable(value) ? "function" : "dict";
}

/** The value, where it can be used. @throws TemplateFailure for what is undefined, unknown or encrypted. */
export function usable(value: PythonValue): Exclude<PythonValue, Undefined | UnknownFact | VaultEncrypted> {
  if (value instanceof Undefined) {
    if (value.lenient) return "";
    throw new TemplateFailure("undefined", value.message);
  }
  if (value instanceof UnknownFact) throw new TemplateFailure("fact", value.message);
  if (value instanceof VaultEncrypted)
    throw new TemplateFailure("invalid", `it needs ${value.source}, which is encrypted with Ansible Vault`);
  return value;
}

/** An `!unsafe` string is a string to everything but the templating itself. */
export function unwrap<V extends PythonValue>(value: V): Exclude<V, UnsafeText> | string {
  return value instanceof UnsafeText ? value.text : (value as Exclude<V, UnsafeText>);
}

/** Python's bool(). */
export function isTruthy(value: PythonValue): boolean {
  const defined = usable(value);
  if (typeof defined === "string" || isList(defined)) return defined.length > 0;
  if (defined instanceof Tuple) return defined.items.length > 0;
  if (defined instanceof Dict) return defined.size > 0;
  if (defined instanceof UnsafeText) return defined.text !== "";
  if (isLazy(defined)) return defined.keys().length > 0;
  return typeof defined === "bigint" ? defined !== 0n : Boolean(defined);
}

/** What a `for` sees. @throws TemplateFailure for what cannot be iterated. */
export function iterate(value: PythonValue): readonly PythonValue[] {
  const iterable = unwrap(usable(value));
  if (typeof iterable === "string") return [...iterable];
  if (iterable instanceof Dict || isLazy(iterable)) return iterable.keys();
  return sequence(iterable) ?? invalid(`'${typeName(iterable)}' object is not iterable`);
}
