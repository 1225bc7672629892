// Ansible's templating: variables whose values are templates that name other variables, evaluated when they are needed.
// The rules are those of ansible-core 2.14 without jinja2_native: what a template prints is text again, but for what looks like
// a list, a dictionary or a boolean; `{{ name }}` alone gives the number that `name` is.
import type { EvaluationBudget } from "./budget.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { TemplateFailure, withinStack } from "./failure.ts";
import { globalFunctions } from "./globals.ts";
import { isObserved } from "./observed-list.ts";
import { printedValue, renderTemplate } from "./render.ts";
import { isTemplate, parseTemplate } from "./syntax.ts";
import { str } from "./text.ts";
import {
  Dict,
  isLazy,
  isList,
  isTruthy,
  KeptText,
  type PythonValue,
  Tuple,
  Undefined,
  UnknownFact,
  unwrap,
} from "./values.ts";

/** The value of a variable as it is written, or undefined where nothing sets it. */
export type RawVariables = (name: string) => PythonValue | undefined;

/** Containers that hold no template: they need no copy. */
const staticContainers = new WeakSet<object>();

/** Evaluates templates over one host's variables. */
export class Templar implements Scope {
  readonly budget: EvaluationBudget;
  readonly #raw: RawVariables;
  readonly #namesRead: Set<string>;
  readonly #values = new Map<string, PythonValue | TemplateFailure>();
  readonly #evaluating = new Set<string>();
  readonly #globals: ReadonlyMap<string, PythonValue>;

  constructor(raw: RawVariables, budget: EvaluationBudget, namesRead: Iterable<string> = []) {
    this.#raw = raw;
    this.#namesRead = new Set(namesRead);
    this.budget = budget;
    this.#globals = globalFunctions({ budget, variable: (name) => this.variable(name) });
  }

  /** Every name that was looked up, with or without success. */
  get namesRead(): ReadonlySet<string> {
    return this.#namesRead;
  }

  /** A templar with further variables, which win. The names that it reads count as read here too. */
  withVariables(variables: ReadonlyMap<string, PythonValue>): Templar {
    return new Templar((name) => {
      this.#namesRead.add(name);
      return variables.has(name) ? variables.get(name) : this.#raw(name);
    }, this.budget);
  }

  /** Whether templates have a function of that name. */
  isGlobal(name: string): boolean {
    return this.#globals.has(name);
  }

  /** A variable as it is written, before templating. */
  rawOf(name: string): PythonValue | undefined {
    this.#namesRead.add(name);
    return this.#raw(name);
  }

  /** A name as a template sees it. */
  resolve(name: string): PythonValue {
    // Not `??`: a variable may be None.
    const value = this.variable(name);
    return value !== undefined ? value : (this.#globals.get(name) ?? new Undefined(`'${name}' is undefined`));
  }

  /** A variable's value, {@link Undefined} or {@link UnknownFact} when it rests on one, undefined when there is none. */
  variable(name: string): PythonValue | undefined {
    this.#namesRead.add(name);
    const cached = this.#values.get(name);
    if (cached instanceof TemplateFailure) throw cached;
    if (cached !== undefined) return cached;
    const raw = this.#raw(name);
    if (raw === undefined || isLazy(raw)) return raw;
    if (this.#evaluating.has(name))
      throw new TemplateFailure("invalid", `${[...this.#evaluating, name].join(" → ")} is a circle`);
    this.#evaluating.add(name);
    try {
      const value = this.budget.nested(() => this.template(raw));
      this.#values.set(name, value);
      return value;
    } catch (cause) {
      if (!(cause instanceof TemplateFailure)) throw cause;
      const message = `${name}: ${cause.message}`;
      const value = valueOfFailure(cause, message);
      this.#values.set(name, value);
      if (value instanceof TemplateFailure) throw value;
      return value;
    } finally {
      this.#evaluating.delete(name);
    }
  }

  /** A variable as `hostvars` shows it: a text that rests on something undefined stays the template that it is. */
  shown(name: string): PythonValue | undefined {
    const value = this.variable(name);
    const raw = value instanceof Undefined ? this.#raw(name) : undefined;
    return raw === undefined ? value : this.#asFarAsDefined(raw);
  }

  #asFarAsDefined(value: PythonValue): PythonValue {
    this.budget.spend();
    if (isList(value)) return value.map((item) => this.#asFarAsDefined(item));
    if (value instanceof Dict) return new Dict(value.entries().map(([key, item]) => [key, this.#asFarAsDefined(item)]));
    try {
      return this.template(value);
    } catch (thrown) {
      if (thrown instanceof TemplateFailure && thrown.kind === "undefined") return value;
      throw thrown;
    }
  }

  /** Templates a value, and what is inside it. @throws TemplateFailure when it has no value. */
  template(value: PythonValue): PythonValue {
    // A tuple, as an INI file may have one, is a list from there on.
    if (value instanceof Tuple) return this.template(value.items);
    if (typeof value === "string") return isTemplate(value) ? withinStack(() => this.#templateText(value)) : value;
    if (!isStatic(value)) {
      this.budget.spend();
      if (isList(value)) return value.map((item) => this.template(item));
      if (value instanceof Dict) return new Dict(value.entries().map(([key, item]) => [key, this.template(item)]));
    }
    return value;
  }

  /** Renders a whole document, such as a template file. The result stays text, even if it looks like a list. */
  document(text: string): string {
    const print = (part: PythonValue): string => str(part, this.budget);
    return withinStack(() => renderTemplate(parseTemplate(text), this).map(print).join(""));
  }

  /** The value of an expression, as if between `{{` and `}}`. */
  expression(text: string): PythonValue {
    return this.template(`{{ ${text} }}`);
  }

  /** Whether a `when` holds. A list of conditions holds when each does. */
  conditionHolds(condition: PythonValue): boolean {
    if (isList(condition)) return condition.every((item) => this.conditionHolds(item));
    if (condition === null || condition === "") return true;
    const templated = unwrap(this.template(condition));
    if (typeof templated !== "string" || templated === "") return isTruthy(templated);
    const [node] = parseTemplate(`{{ ${templated} }}`);
    return node === undefined || isTruthy(withinStack(() => evaluate(node, this)));
  }

  #templateText(text: string): PythonValue {
    const [, name] = /^\{\{\s*(\w+)\s*\}\}\n?$/.exec(text) ?? [];
    if (name !== undefined) {
      const raw = this.rawOf(name);
      if (raw === null || ["boolean", "bigint", "number"].includes(typeof raw)) return raw as PythonValue;
    }
    const body = parseTemplate(text);
    const parts = renderTemplate(body, this);
    const [first = ""] = parts;
    if (parts.length <= 1 && (isList(first) || first instanceof Dict)) return first;
    if (parts.length <= 1 && first instanceof KeptText) return new KeptText(withNewlines(first.text, text));
    const printed = parts.map((part) => str(part, this.budget)).join("");
    this.budget.allocate(printed.length);
    const value = printedValue(printed, this.budget);
    return typeof value === "string" ? withNewlines(value, text) : value;
  }
}

/** What a variable is whose template has no value: one that rests on something undefined or unknown fails only where it is used. */
function valueOfFailure(cause: TemplateFailure, message: string): Undefined | UnknownFact | TemplateFailure {
  if (cause.kind === "undefined") return new Undefined(message);
  return cause.kind === "fact" ? new UnknownFact(message, true) : new TemplateFailure(cause.kind, message, cause);
}

/** Jinja drops newlines at the end; Ansible puts them back. */
function withNewlines(printed: string, source: string): string {
  return printed + "\n".repeat(Math.max(0, lastNewlines(source) - lastNewlines(printed)));
}

/** Newlines at the end of a text. Read from there: an expression would begin at each run of newlines. */
function lastNewlines(text: string): number {
  let count = 0;
  while (text.at(-1 - count) === "\n") count++;
  return count;
}

/** The value, which is no template any more, whatever its texts look like. */
export function evaluated<V extends PythonValue>(value: V): V {
  const items = value instanceof Dict ? value.values() : isList(value) ? value : undefined;
  if (items && !staticContainers.has(value as object)) {
    staticContainers.add(value as object);
    items.forEach(evaluated);
  }
  return value;
}

function isStatic(value: PythonValue): boolean {
  if (typeof value === "string") return !isTemplate(value);
  if (!(isList(value) || value instanceof Dict)) return true;
  if (staticContainers.has(value) || isObserved(value)) return true;
  const holdsNoTemplate = (isList(value) ? value : value.values()).every(isStatic);
  if (holdsNoTemplate) staticContainers.add(value);
  return holdsNoTemplate;
}
