// Python's literals, as ast.literal_eval reads them (with JSON's true, false and null): printed text that looks like a list, a
// dictionary or a boolean becomes one. Anything else stays the text it is.
import type { EvaluationBudget } from "./budget.ts";
import { TemplateFailure } from "./failure.ts";
import { Dict, type PythonValue, Tuple } from "./values.ts";

const pythonNames: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
const allNames: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ...pythonNames,
  ["true", true],
  ["false", false],
  ["null", null],
]);
const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
  ["a", "\x07"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["\n", ""],
]);
/** Hexadecimal digits behind `\x`, `\u` and `\U`. */
const hexDigits: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** Thrown where the text is no literal; it never leaves this file. */
class NoLiteral extends Error {}

/** How deep lists and dictionaries may be nested. */
const maxDepth = 100;

/** The value, or undefined when the text is no literal. */
export function literal(text: string, budget: EvaluationBudget): PythonValue | undefined {
  return readLiteral(text, allNames, budget);
}

/** The value as Python itself reads it, without JSON's names. */
export function pythonLiteral(text: string, budget: EvaluationBudget): PythonValue | undefined {
  return readLiteral(text, pythonNames, budget);
}

function readLiteral(
  text: string,
  names: ReadonlyMap<string, PythonValue>,
  budget: EvaluationBudget,
): PythonValue | undefined {
  budget.spend(Math.ceil(text.length / 10));
  try {
    const reader = new LiteralReader(text, names);
    return reader.readWhole();
  } catch (thrown) {
    if (thrown instanceof NoLiteral || (thrown instanceof TemplateFailure && thrown.kind === "invalid"))
      return undefined;
    throw thrown;
  }
}

class LiteralReader {
  readonly #text: string;
  readonly #names: ReadonlyMap<string, PythonValue>;
  #position = 0;
  #depth = 0;
  constructor(text: string, names: ReadonlyMap<string, PythonValue>) {
    this.#text = text;
    this.#names = names;
  }

  /** The whole text: a value, or a tuple without its parentheses (`80, 443`). */
  readWhole(): PythonValue {
    const first = this.readValue();
    const items = [first];
    let isTuple = false;
    while (this.#take(",")) {
      isTuple = true;
      this.#skipBlanks();
      if (this.#position < this.#text.length) items.push(this.readValue());
    }
    if (this.#position < this.#text.length) throw new NoLiteral();
    return isTuple ? new Tuple(items) : first;
  }

  readValue(): PythonValue {
    if (++this.#depth > maxDepth) throw new NoLiteral();
    this.#skipBlanks();
    const value = this.#valueAt(this.#text.charAt(this.#position));
    this.#depth--;
    return value;
  }

  #valueAt(start: string): PythonValue {
    if (start === "[") return this.#list("]");
    if (start === "(") return this.#tuple();
    if (start === "{") return this.#dict();
    return start === "'" || start === '"' ? this.#strings() : this.#word();
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text.charAt(this.#position))) this.#position++;
  }

  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#text.charAt(this.#position) !== character) return false;
    this.#position++;
    return true;
  }

  /** Whether another element follows; takes the comma, or the closing bracket. */
  #continues(close: string): boolean {
    if (this.#take(",")) return !this.#take(close);
    if (this.#take(close)) return false;
    throw new NoLiteral();
  }

  #list(close: string): PythonValue[] {
    this.#position++;
    const items: PythonValue[] = [];
    if (this.#take(close)) return items;
    do items.push(this.readValue());
    while (this.#continues(close));
    return items;
  }

  #tuple(): PythonValue {
    const start = this.#position;
    const items = this.#list(")");
    const [first] = items;
    // (1) is 1, (1,) is a tuple.
    const isParenthesis = items.length === 1 && !/,\s*\)$/.test(this.#text.slice(start, this.#position));
    return isParenthesis ? (first as PythonValue) : new Tuple(items);
  }

  #dict(): Dict {
    this.#position++;
    const entries: [PythonValue, PythonValue][] = [];
    if (this.#take("}")) return new Dict();
    do entries.push(this.#entry());
    while (this.#continues("}"));
    return new Dict(entries);
  }

  #entry(): [PythonValue, PythonValue] {
    const key = this.readValue();
    if (!this.#take(":")) throw new NoLiteral();
    return [key, this.readValue()];
  }

  /** Adjacent strings are one. */
  #strings(): string {
    let text = "";
    do {
      text += this.#string();
      this.#skipBlanks();
    } while (/['"]/.test(this.#text.charAt(this.#position)));
    return text;
  }

  #string(): string {
    const quote = this.#text.charAt(this.#position++);
    // No printed value has triple quotes, though they are legal Python.
    if (this.#text.startsWith(quote + quote, this.#position)) throw new NoLiteral();
    let text = "";
    for (;;) {
      const character = this.#text.charAt(this.#position++);
      if (character === "" || character === "\n") throw new NoLiteral();
      if (character === quote) return text;
      text += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#text.charAt(this.#position++);
    const length = hexDigits.get(character);
    if (length !== undefined) return this.#hexEscape(length);
    if (/[0-7]/.test(character)) return this.#octalEscape();
    return escapes.get(character) ?? `\\${character}`;
  }

  #hexEscape(length: number): string {
    const digits = this.#text.slice(this.#position, this.#position + length);
    const codePoint = Number.parseInt(digits, 16);
    if (digits.length < length || !/^[0-9a-f]+$/i.test(digits) || codePoint > 0x10ffff) throw new NoLiteral();
    this.#position += length;
    return String.fromCodePoint(codePoint);
  }

  #octalEscape(): string {
    const [digits = ""] = /^[0-7]{1,3}/.exec(this.#text.slice(this.#position - 1, this.#position + 2)) ?? [];
    this.#position += digits.length - 1;
    return String.fromCodePoint(Number.parseInt(digits, 8));
  }

  #word(): PythonValue {
    const rest = this.#text.slice(this.#position, this.#position + 400);
    const [word] = /^(?:[-+]\s*)?[\w.]+(?:(?<=[\d.]e)[-+]\d+)?/i.exec(rest) ?? [];
    if (word === undefined) throw new NoLiteral();
    this.#position += word.length;
    const constant = this.#names.get(word);
    if (constant !== undefined) return constant;
    const number = word.replace(/\s/g, "").replace(/(?<=\d)_(?=\d)/g, "");
    if (/^[-+]?(?:0|[1-9]\d*|0x[0-9a-f]+|0o[0-7]+|0b[01]+|0+)$/i.test(number)) return integer(number);
    if (/^[-+]?(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[-+]?\d+)?$/i.test(number)) return Number(number);
    throw new NoLiteral();
  }
}

function integer(text: string): bigint {
  const magnitude = BigInt(text.replace(/^[-+]/, ""));
  return text.startsWith("-") ? -magnitude : magnitude;
}
