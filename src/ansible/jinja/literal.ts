// Python's literals, as ast.literal_eval reads them (with JSON's true, false and null): what a template prints that looks
// like a list, a dictionary or a boolean becomes one. Anything else stays the text it is.
import type { EvaluationBudget } from "./budget.ts";
import { TemplateFailure } from "./failure.ts";
import { Dict, type PythonValue, Tuple } from "./values.ts";

const python: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
const names: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ...python,
  ["true", true],
  ["false", false],
  ["null", null],
]);
const escapes: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07", "\\": "\\", "'": "'", '"': '"', "\n": "" },
};

/** Not a literal. Never leaves this file. */
class NotOne extends Error {}

/** Lists in lists: more is no data that anybody wrote. */
const deepest = 100;

/** The value, or undefined when the text is no literal. */
export function literal(text: string, budget: EvaluationBudget): PythonValue | undefined {
  return read(text, names, budget);
}

/** The same without JSON's names: what Python itself reads. */
export function pythonLiteral(text: string, budget: EvaluationBudget): PythonValue | undefined {
  return read(text, python, budget);
}

function read(
  text: string,
  known: ReadonlyMap<string, PythonValue>,
  budget: EvaluationBudget,
): PythonValue | undefined {
  budget.spend(Math.ceil(text.length / 10));
  try {
    const reader = new Reader(text, known);
    const value = reader.value();
    reader.end();
    return value;
  } catch (thrown) {
    if (thrown instanceof NotOne || (thrown instanceof TemplateFailure && thrown.kind === "wrong")) return undefined;
    throw thrown;
  }
}

class Reader {
  readonly #text: string;
  readonly #names: ReadonlyMap<string, PythonValue>;
  #at = 0;
  #depth = 0;
  constructor(text: string, known: ReadonlyMap<string, PythonValue>) {
    this.#text = text;
    this.#names = known;
  }

  end(): void {
    this.#blank();
    if (this.#at < this.#text.length) throw new NotOne();
  }

  value(): PythonValue {
    if (++this.#depth > deepest) throw new NotOne();
    this.#blank();
    const start = this.#text.charAt(this.#at);
    const found =
      start === "["
        ? this.#list("]")
        : start === "("
          ? this.#tuple()
          : start === "{"
            ? this.#dict()
            : start === "'" || start === '"'
              ? this.#strings()
              : this.#word();
    this.#depth--;
    return found;
  }

  #blank(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #take(character: string): boolean {
    this.#blank();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #list(close: string): PythonValue[] {
    this.#at++;
    const items: PythonValue[] = [];
    while (!this.#take(close)) {
      items.push(this.value());
      if (!this.#take(",")) {
        if (this.#take(close)) break;
        throw new NotOne();
      }
    }
    return items;
  }

  #tuple(): PythonValue {
    const open = this.#at;
    const items = this.#list(")");
    // (1) is 1, (1,) is a tuple.
    const [only] = items;
    return items.length === 1 && !/,\s*\)$/.test(this.#text.slice(open, this.#at))
      ? (only as PythonValue)
      : new Tuple(items);
  }

  #dict(): Dict {
    this.#at++;
    const entries: [PythonValue, PythonValue][] = [];
    while (!this.#take("}")) {
      const key = this.value();
      if (!this.#take(":")) throw new NotOne();
      entries.push([key, this.value()]);
      if (!this.#take(",")) {
        if (this.#take("}")) break;
        throw new NotOne();
      }
    }
    return new Dict(entries);
  }

  #strings(): string {
    let whole = "";
    do {
      whole += this.#string();
      this.#blank();
    } while (/['"]/.test(this.#text.charAt(this.#at)));
    return whole;
  }

  #string(): string {
    const quote = this.#text.charAt(this.#at++);
    // A long string in triple quotes is legal Python and nothing that a value prints as.
    if (this.#text.startsWith(quote + quote, this.#at)) throw new NotOne();
    let text = "";
    for (;;) {
      const character = this.#text.charAt(this.#at++);
      if (character === "" || character === "\n") throw new NotOne();
      if (character === quote) return text;
      text += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#text.charAt(this.#at++);
    const length = { x: 2, u: 4, U: 8 }[character];
    if (length !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + length);
      if (hex.length < length || !/^[0-9a-f]+$/i.test(hex) || Number.parseInt(hex, 16) > 0x10ffff) throw new NotOne();
      this.#at += length;
      return String.fromCodePoint(Number.parseInt(hex, 16));
    }
    if (/[0-7]/.test(character)) {
      const [octal = ""] = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at - 1, this.#at + 2)) ?? [];
      this.#at += octal.length - 1;
      return String.fromCodePoint(Number.parseInt(octal, 8));
    }
    return escapes[character] ?? `\\${character}`;
  }

  #word(): PythonValue {
    const [word] = /^(?:[-+]\s*)?[\w.]+(?:(?<=[\d.]e)[-+]\d+)?/i.exec(this.#text.slice(this.#at, this.#at + 400)) ?? [];
    if (word === undefined) throw new NotOne();
    this.#at += word.length;
    const named = this.#names.get(word);
    if (named !== undefined) return named;
    const number = word.replace(/\s/g, "").replace(/(?<=\d)_(?=\d)/g, "");
    if (/^[-+]?(?:0|[1-9]\d*|0x[0-9a-f]+|0o[0-7]+|0b[01]+|0+)$/i.test(number)) return integer(number);
    if (/^[-+]?(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[-+]?\d+)?$/i.test(number)) return Number(number);
    throw new NotOne();
  }
}

function integer(text: string): bigint {
  const size = BigInt(text.replace(/^[-+]/, ""));
  return text.startsWith("-") ? -size : size;
}
