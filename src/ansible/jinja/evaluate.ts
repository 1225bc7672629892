// Expressions: a node and the names around it travel in, a value travels out. Nothing here can reach JavaScript's own objects:
// a name is looked up among variables, an attribute among dictionary keys and the methods of methods.ts, and that is all.
import { getAttribute, getItem } from "./access.ts";
import type { EvaluationBudget } from "./budget.ts";
import { invalid } from "./failure.ts";
import { applyFilter } from "./filters.ts";
import type { BinaryExpression, CallExpression, FilterExpression, MemberExpression, TemplateNode } from "./nodes.ts";
import { arithmetic, concatenate, slice } from "./operators.ts";
import { applyTest } from "./tests.ts";
import {
  type CallArguments,
  compareValues,
  contains,
  Dict,
  equal,
  isCallable,
  isNumber,
  isTruthy,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  usable,
} from "./values.ts";

/** The names that an expression sees. */
export interface Scope {
  readonly budget: EvaluationBudget;
  /** The value of a name; {@link Undefined} when there is none. */
  resolve(name: string): PythonValue;
}

const constants: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** @throws TemplateFailure where Ansible would stop too, and where a bound is met. */
export function evaluate(node: TemplateNode, scope: Scope): PythonValue {
  scope.budget.spend();
  switch (node.type) {
    case "StringLiteral":
      return node.value;
    case "IntegerLiteral":
      return BigInt(Math.trunc(node.value));
    case "FloatLiteral":
      return node.value;
    case "ArrayLiteral":
      return node.value.map((item) => evaluate(item, scope));
    case "TupleLiteral":
      return new Tuple(node.value.map((item) => evaluate(item, scope)));
    case "ObjectLiteral":
      return new Dict([...node.value].map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)]));
    case "Identifier":
      return constants.get(node.value) ?? (node.value.toLowerCase() === "none" ? null : scope.resolve(node.value));
    case "Ternary":
      return evaluate(isTruthy(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
    case "SelectExpression":
      if (isTruthy(evaluate(node.test, scope))) return evaluate(node.lhs, scope);
      return new Undefined("the inline if-expression evaluated to false and no else section was defined", true);
    case "UnaryExpression":
      return unary(node.operator.value, evaluate(node.argument, scope), scope.budget);
    case "BinaryExpression":
      return binary(node, scope);
    case "MemberExpression":
      return member(node, scope);
    case "CallExpression":
      return called(node, scope);
    case "FilterExpression":
      return filtered(node, scope);
    default:
      return invalid(`"${node.type}" is not supported`);
  }
}

function unary(operator: string, value: PythonValue, budget: EvaluationBudget): PythonValue {
  if (operator === "not") return !isTruthy(value);
  const one = usable(value);
  if (!isNumber(one)) return invalid(`bad operand type for unary ${operator}: '${typeName(one)}'`);
  return operator === "-" ? arithmetic("-", 0n, one, budget) : arithmetic("+", 0n, one, budget);
}

function binary(node: BinaryExpression, scope: Scope): PythonValue {
  const operator = node.operator.value;
  const left = evaluate(node.left, scope);
  if (operator === "and") return isTruthy(left) ? evaluate(node.right, scope) : left;
  if (operator === "or") return isTruthy(left) ? left : evaluate(node.right, scope);
  const right = evaluate(node.right, scope);
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
      return compareValues(left, right) < 0;
    case "<=":
      return compareValues(left, right) <= 0;
    case ">":
      return compareValues(left, right) > 0;
    case ">=":
      return compareValues(left, right) >= 0;
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "~":
      return concatenate(left, right, scope.budget);
    default:
      return arithmetic(operator, left, right, scope.budget);
  }
}

function member(node: MemberExpression, scope: Scope): PythonValue {
  const object = evaluate(node.object, scope);
  // The first thing that was missing explains all that follows from it.
  if (object instanceof Undefined) return object;
  const { property } = node;
  if (property.type === "SliceExpression") {
    const part = (bound: TemplateNode | undefined): PythonValue =>
      bound === undefined ? null : evaluate(bound, scope);
    return slice(object, part(property.start), part(property.stop), part(property.step), scope.budget);
  }
  if (!node.computed) {
    const name = property.type === "Identifier" ? property.value : BigInt((property as { value: number }).value);
    return getAttribute(object, name, scope.budget);
  }
  return getItem(object, evaluate(property, scope), scope.budget);
}

function called(node: CallExpression, scope: Scope): PythonValue {
  const callee = evaluate(node.callee, scope);
  const one = usable(callee);
  if (!isCallable(one)) return invalid(`'${typeName(one)}' object is not callable`);
  return one.call(argumentsOf(node.args, scope));
}

function argumentsOf(nodes: readonly TemplateNode[], scope: Scope): CallArguments {
  const positional: PythonValue[] = [];
  const named = new Map<string, PythonValue>();
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression") named.set(node.key.value, evaluate(node.value, scope));
    else positional.push(evaluate(node, scope));
  }
  return { positional, named };
}

function filtered(node: FilterExpression, scope: Scope): PythonValue {
  const { filter } = node;
  const name = filter.type === "Identifier" ? filter.value : (filter.callee as { value: string }).value;
  const value = evaluate(node.operand, scope);
  const args = argumentsOf(filter.type === "Identifier" ? [] : filter.args, scope);
  // syntax.ts writes tests so.
  const [, not, test] = /^(not )?is:(.*)$/.exec(name) ?? [];
  if (test === undefined) return applyFilter(name, value, args, scope.budget);
  return applyTest(test, value, args, scope.budget) !== (not !== undefined);
}
