// Runs the statements of a template. Each printed part is a value of its own.
import { bindArguments } from "./arguments.ts";
import type { EvaluationBudget } from "./budget.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { literal } from "./literal.ts";
import type { FilterStatement, ForStatement, MacroStatement, SetStatement, TemplateNode } from "./nodes.ts";
import { str } from "./text.ts";
import {
  type CallArguments,
  type Callable,
  Dict,
  isTruthy,
  iterate,
  Namespace,
  type PythonValue,
  sequence,
  Undefined,
  UnknownFact,
  usable,
} from "./values.ts";

/** A scope with names that `set` and `for` give values to. */
interface BlockScope extends Scope {
  readonly names: Map<string, PythonValue>;
}

const loopControl = { break: Symbol("break"), continue: Symbol("continue") } as const;
type LoopControl = (typeof loopControl)[keyof typeof loopControl] | undefined;

/**
 * The printed parts, in order: text as it stands, values as they are (None prints nothing).
 * @throws TemplateFailure where Ansible stops, and where a limit is reached.
 */
export function renderTemplate(body: readonly TemplateNode[], scope: Scope): PythonValue[] {
  const parts: PythonValue[] = [];
  runStatements(body, blockScope(scope), parts);
  return parts;
}

function blockScope(outer: Scope): BlockScope {
  const names = new Map<string, PythonValue>();
  return {
    names,
    budget: outer.budget,
    resolve: (name) => (names.has(name) ? (names.get(name) as PythonValue) : outer.resolve(name)),
  };
}

function runStatements(body: readonly TemplateNode[], scope: BlockScope, parts: PythonValue[]): LoopControl {
  for (const node of body) {
    const control = runStatement(node, scope, parts);
    if (control) return control;
  }
  return undefined;
}

function runStatement(node: TemplateNode, scope: BlockScope, parts: PythonValue[]): LoopControl {
  scope.budget.spend();
  switch (node.type) {
    case "Comment":
      return undefined;
    case "If":
      // `if` has no scope of its own.
      return runStatements(isTruthy(evaluate(node.test, scope)) ? node.body : node.alternate, scope, parts);
    case "For":
      runLoop(node, scope, parts);
      return undefined;
    case "Set":
      runSet(node, scope);
      return undefined;
    case "Macro":
      scope.names.set(node.name.value, macro(node, scope));
      return undefined;
    case "FilterStatement":
      parts.push(runFilter(node, scope));
      return undefined;
    case "Break":
      return loopControl.break;
    case "Continue":
      return loopControl.continue;
    default: {
      // Text between tags arrives as a string literal, and so does `{{ "text" }}`: both print the same.
      const value = finalize(evaluate(node, scope), scope);
      if (typeof value === "string") scope.budget.allocate(value.length);
      parts.push(value);
      return undefined;
    }
  }
}

/** Ansible's finalize: nothing undefined may be printed, however deep inside, and None is empty. */
function finalize(value: PythonValue, scope: Scope): PythonValue {
  assertDefined(value, scope);
  return value === null ? "" : value;
}

function assertDefined(value: PythonValue, scope: Scope): void {
  scope.budget.spend();
  if (value instanceof Undefined && !value.lenient) throw new TemplateFailure("undefined", value.message);
  if (value instanceof UnknownFact) throw new TemplateFailure("fact", value.message);
  const items = value instanceof Dict ? value.values() : sequence(value);
  if (items) for (const item of items) assertDefined(item, scope);
}

function runSet(node: SetStatement, scope: BlockScope): void {
  const value = node.value === null ? renderBlock(node.body, scope) : evaluate(node.value, scope);
  assign(node.assignee, value, scope);
}

/** What a block prints, as Ansible joins it: text, unless it looks like a list, a dictionary or a boolean. */
function renderBlock(body: readonly TemplateNode[], scope: BlockScope): PythonValue {
  const parts: PythonValue[] = [];
  runStatements(body, blockScope(scope), parts);
  const text = parts.map((part) => str(part, scope.budget)).join("");
  scope.budget.allocate(text.length);
  return printedValue(text, scope.budget);
}

/** The value that printed text looks like; else the text. */
export function printedValue(text: string, budget: EvaluationBudget): PythonValue {
  const looksLikeValue = /^[[{]/.test(text) || text === "True" || text === "False";
  const value = looksLikeValue ? literal(text, budget) : undefined;
  return value === undefined ? text : value;
}

/** A function of a template's own: its parameters, by position or by name, are names in its body. */
function macro({ name, args, body }: MacroStatement, scope: BlockScope): Callable {
  const parameters = args.map((parameter) =>
    parameter.type === "KeywordArgumentExpression"
      ? { name: parameter.key.value, fallback: parameter.value }
      : { name: parameter.type === "Identifier" ? parameter.value : "", fallback: undefined },
  );
  const names = parameters.map((parameter) => parameter.name);
  const call = (given: CallArguments): PythonValue => {
    const bound = bindArguments(given, names);
    const inner = blockScope(scope);
    for (const { name: parameter, fallback } of parameters) {
      const value = bound.get(parameter);
      const filled = value === undefined && fallback ? evaluate(fallback, inner) : value;
      const missing = new Undefined(`parameter '${parameter}' was not provided`);
      inner.names.set(parameter, filled === undefined ? missing : filled);
    }
    return scope.budget.nested(() => renderBlock(body, inner));
  };
  return { name: name.value, call };
}

function runFilter({ filter, body }: FilterStatement, scope: BlockScope): PythonValue {
  const operand: TemplateNode = { type: "Identifier", value: "caller's text" };
  const inner = blockScope(scope);
  inner.names.set(operand.value, renderBlock(body, scope));
  return finalize(evaluate({ type: "FilterExpression", operand, filter }, inner), scope);
}

function assign(target: TemplateNode, value: PythonValue, scope: BlockScope): void {
  if (target.type === "Identifier") scope.names.set(target.value, value);
  else if (target.type === "TupleLiteral") {
    const items = iterate(value);
    if (items.length !== target.value.length)
      invalid(`${items.length} values cannot be assigned to ${target.value.length} names`);
    for (const [index, name] of target.value.entries()) assign(name, items[index] as PythonValue, scope);
  } else assignInNamespace(target, value, scope);
}

/** `{% set ns.name = value %}`. */
function assignInNamespace(target: TemplateNode, value: PythonValue, scope: BlockScope): void {
  const isAttribute = target.type === "MemberExpression" && !target.computed && target.property.type === "Identifier";
  const object = isAttribute ? evaluate(target.object, scope) : null;
  if (isAttribute && object instanceof Namespace && target.property.type === "Identifier")
    object.set(target.property.value, value);
  else invalid("only a name, or one in a namespace, can be set");
}

function runLoop(node: ForStatement, scope: BlockScope, parts: PythonValue[]): void {
  const items = loopItems(node, scope);
  for (const [index, item] of items.entries()) {
    const inner = blockScope(scope);
    inner.names.set("loop", loopVariable(index, items));
    assign(node.loopvar, item, inner);
    if (runStatements(node.body, inner, parts) === loopControl.break) return;
  }
  if (items.length === 0) runStatements(node.defaultBlock, blockScope(scope), parts);
}

/** What a loop runs over: all items, or those for which the condition of `for x in y if z` is true. */
function loopItems({ iterable, loopvar }: ForStatement, scope: BlockScope): readonly PythonValue[] {
  const select = iterable.type === "SelectExpression" ? iterable : undefined;
  const items = iterate(usable(evaluate(select ? select.lhs : iterable, scope)));
  scope.budget.spend(items.length);
  if (!select) return items;
  return items.filter((item) => {
    const inner = blockScope(scope);
    assign(loopvar, item, inner);
    return isTruthy(evaluate(select.test, inner));
  });
}

function loopVariable(index: number, items: readonly PythonValue[]): Dict {
  const { length } = items;
  return new Dict([
    ["index", BigInt(index + 1)],
    ["index0", BigInt(index)],
    ["revindex", BigInt(length - index)],
    ["revindex0", BigInt(length - index - 1)],
    ["first", index === 0],
    ["last", index === length - 1],
    ["length", BigInt(length)],
    ["previtem", items[index - 1] ?? new Undefined("there is no previous item")],
    ["nextitem", items[index + 1] ?? new Undefined("there is no next item")],
  ]);
}
