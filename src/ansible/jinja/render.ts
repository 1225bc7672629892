// Statements: the nodes of a template and its names travel in, the values that it prints travel out, one a printed part.
import { evaluate, type Scope } from "./evaluate.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import type { ForStatement, SetStatement, TemplateNode } from "./nodes.ts";
import { str } from "./text.ts";
import { Dict, isList, isTruthy, iterate, type PythonValue, Tuple, Undefined, usable } from "./values.ts";

/** A scope with names of its own, for `set` and `for`. */
interface Local extends Scope {
  readonly own: Map<string, PythonValue>;
}

const loopControl = { break: Symbol("break"), continue: Symbol("continue") } as const;
type Signal = (typeof loopControl)[keyof typeof loopControl] | undefined;

/**
 * The printed parts, in order: text as it stands, values as they are (None prints nothing).
 * @throws TemplateFailure where Ansible stops, and where a bound is met.
 */
export function renderTemplate(body: readonly TemplateNode[], scope: Scope): PythonValue[] {
  const parts: PythonValue[] = [];
  run(body, inner(scope), parts);
  return parts;
}

function inner(outer: Scope): Local {
  const own = new Map<string, PythonValue>();
  return {
    own,
    budget: outer.budget,
    resolve: (name) => (own.has(name) ? (own.get(name) as PythonValue) : outer.resolve(name)),
  };
}

function run(body: readonly TemplateNode[], scope: Local, parts: PythonValue[]): Signal {
  for (const node of body) {
    const signal = statement(node, scope, parts);
    if (signal) return signal;
  }
  return undefined;
}

function statement(node: TemplateNode, scope: Local, parts: PythonValue[]): Signal {
  scope.budget.spend();
  switch (node.type) {
    case "Comment":
      return undefined;
    case "If":
      // `if` has no scope of its own.
      return run(isTruthy(evaluate(node.test, scope)) ? node.body : node.alternate, scope, parts);
    case "For":
      loop(node, scope, parts);
      return undefined;
    case "Set":
      assign(node, scope);
      return undefined;
    case "Break":
      return loopControl.break;
    case "Continue":
      return loopControl.continue;
    default: {
      // Text between tags arrives as a string literal, and so does `{{ "text" }}`: they print alike.
      const value = printable(evaluate(node, scope), scope);
      if (typeof value === "string") scope.budget.allocate(value.length);
      parts.push(value);
      return undefined;
    }
  }
}

/** Ansible's finalize: nothing undefined may be printed, however deep inside, and None is empty. */
function printable(value: PythonValue, scope: Scope): PythonValue {
  assertDefined(value, scope);
  return value === null ? "" : value;
}

function assertDefined(value: PythonValue, scope: Scope): void {
  scope.budget.spend();
  if (value instanceof Undefined && !value.lenient) throw new TemplateFailure("undefined", value.message);
  if (isList(value)) for (const item of value) assertDefined(item, scope);
  if (value instanceof Tuple) for (const item of value.items) assertDefined(item, scope);
  if (value instanceof Dict) for (const item of value.values()) assertDefined(item, scope);
}

function assign(node: SetStatement, scope: Local): void {
  const value = node.value === null ? block(node.body, scope) : evaluate(node.value, scope);
  bindNames(node.assignee, value, scope);
}

function block(body: readonly TemplateNode[], scope: Local): string {
  const parts: PythonValue[] = [];
  run(body, inner(scope), parts);
  const text = parts.map((part) => str(part, scope.budget)).join("");
  scope.budget.allocate(text.length);
  return text;
}

function bindNames(target: TemplateNode, value: PythonValue, scope: Local): void {
  if (target.type === "Identifier") scope.own.set(target.value, value);
  else if (target.type === "TupleLiteral") {
    const items = iterate(value);
    if (items.length !== target.value.length)
      invalid(`${items.length} values cannot be given ${target.value.length} names`);
    for (const [index, name] of target.value.entries()) bindNames(name, items[index] as PythonValue, scope);
  } else invalid("only a name can be set");
}

function loop(node: ForStatement, scope: Local, parts: PythonValue[]): void {
  const { iterable } = node;
  const select = iterable.type === "SelectExpression" ? iterable : undefined;
  const all = iterate(usable(evaluate(select ? select.lhs : iterable, scope)));
  scope.budget.spend(all.length);
  const chosen = select
    ? all.filter((item) => {
        const own = inner(scope);
        bindNames(node.loopvar, item, own);
        return isTruthy(evaluate(select.test, own));
      })
    : all;
  for (const [index, item] of chosen.entries()) {
    const own = inner(scope);
    own.own.set("loop", loopValues(index, chosen));
    bindNames(node.loopvar, item, own);
    if (run(node.body, own, parts) === loopControl.break) return;
  }
  if (chosen.length === 0) run(node.defaultBlock, inner(scope), parts);
}

function loopValues(index: number, all: readonly PythonValue[]): Dict {
  const { length } = all;
  return new Dict([
    ["index", BigInt(index + 1)],
    ["index0", BigInt(index)],
    ["revindex", BigInt(length - index)],
    ["revindex0", BigInt(length - index - 1)],
    ["first", index === 0],
    ["last", index === length - 1],
    ["length", BigInt(length)],
    ["previtem", all[index - 1] ?? new Undefined("there is no previous item")],
    ["nextitem", all[index + 1] ?? new Undefined("there is no next item")],
  ]);
}
