// Statements: the nodes of a template and its names travel in, the values that it prints travel out, one a printed part.
import { evaluate, type Scope } from "./evaluate.ts";
import { TemplateFailure, wrong } from "./failure.ts";
import type { For, Node, SetNode } from "./nodes.ts";
import { str } from "./text.ts";
import { Dict, isList, iterate, Tuple, truth, Undefined, usable, type Value } from "./values.ts";

/** A scope with names of its own, for `set` and `for`. */
interface Local extends Scope {
  readonly own: Map<string, Value>;
}

const loopControl = { break: Symbol("break"), continue: Symbol("continue") } as const;
type Signal = (typeof loopControl)[keyof typeof loopControl] | undefined;

/**
 * The printed parts, in order: text as it stands, values as they are (None prints nothing).
 * @throws TemplateFailure where Ansible stops, and where a bound is met.
 */
export function render(body: readonly Node[], scope: Scope): Value[] {
  const parts: Value[] = [];
  run(body, inner(scope), parts);
  return parts;
}

function inner(outer: Scope): Local {
  const own = new Map<string, Value>();
  return { own, budget: outer.budget, name: (name) => (own.has(name) ? (own.get(name) as Value) : outer.name(name)) };
}

function run(body: readonly Node[], scope: Local, parts: Value[]): Signal {
  for (const node of body) {
    const signal = statement(node, scope, parts);
    if (signal) return signal;
  }
  return undefined;
}

function statement(node: Node, scope: Local, parts: Value[]): Signal {
  scope.budget.spend();
  switch (node.type) {
    case "Comment":
      return undefined;
    case "If":
      // `if` has no scope of its own.
      return run(truth(evaluate(node.test, scope)) ? node.body : node.alternate, scope, parts);
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
      if (typeof value === "string") scope.budget.make(value.length);
      parts.push(value);
      return undefined;
    }
  }
}

/** Ansible's finalize: nothing undefined may be printed, however deep inside, and None is empty. */
function printable(value: Value, scope: Scope): Value {
  assertDefined(value, scope);
  return value === null ? "" : value;
}

function assertDefined(value: Value, scope: Scope): void {
  scope.budget.spend();
  if (value instanceof Undefined && !value.mild) throw new TemplateFailure("undefined", value.words);
  if (isList(value)) for (const item of value) assertDefined(item, scope);
  if (value instanceof Tuple) for (const item of value.items) assertDefined(item, scope);
  if (value instanceof Dict) for (const item of value.values()) assertDefined(item, scope);
}

function assign(node: SetNode, scope: Local): void {
  const value = node.value === null ? block(node.body, scope) : evaluate(node.value, scope);
  bindNames(node.assignee, value, scope);
}

function block(body: readonly Node[], scope: Local): string {
  const parts: Value[] = [];
  run(body, inner(scope), parts);
  const text = parts.map((part) => str(part, scope.budget)).join("");
  scope.budget.make(text.length);
  return text;
}

function bindNames(target: Node, value: Value, scope: Local): void {
  if (target.type === "Identifier") scope.own.set(target.value, value);
  else if (target.type === "TupleLiteral") {
    const items = iterate(value);
    if (items.length !== target.value.length)
      wrong(`${items.length} values cannot be given ${target.value.length} names`);
    for (const [index, name] of target.value.entries()) bindNames(name, items[index] as Value, scope);
  } else wrong("only a name can be set");
}

function loop(node: For, scope: Local, parts: Value[]): void {
  const { iterable } = node;
  const select = iterable.type === "SelectExpression" ? iterable : undefined;
  const all = iterate(usable(evaluate(select ? select.lhs : iterable, scope)));
  scope.budget.spend(all.length);
  const chosen = select
    ? all.filter((item) => {
        const own = inner(scope);
        bindNames(node.loopvar, item, own);
        return truth(evaluate(select.test, own));
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

function loopValues(index: number, all: readonly Value[]): Dict {
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
