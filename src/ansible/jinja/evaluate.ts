// Expressions: a node and the names around it travel in, a value travels out. Nothing here can reach JavaScript's own objects:
// a name is looked up among variables, an attribute among dictionary keys and the methods of methods.ts, and that is all.
import { attribute, item } from "./access.ts";
import type { Budget } from "./budget.ts";
import { wrong } from "./failure.ts";
import { applyFilter } from "./filters.ts";
import type { Binary, Call, Filter, Member, Node } from "./nodes.ts";
import { arithmetic, joined, sliced } from "./operators.ts";
import { applyTest } from "./tests.ts";
import {
  type Arguments,
  compare,
  contains,
  Dict,
  equal,
  isCallable,
  isNumber,
  Tuple,
  truth,
  typeName,
  Undefined,
  usable,
  type Value,
} from "./values.ts";

/** The names that an expression sees. */
export interface Scope {
  readonly budget: Budget;
  /** The value of a name; {@link Undefined} when there is none. */
  name(name: string): Value;
}

const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** @throws TemplateFailure where Ansible would stop too, and where a bound is met. */
export function evaluate(node: Node, scope: Scope): Value {
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
      return constants.get(node.value) ?? (node.value.toLowerCase() === "none" ? null : scope.name(node.value));
    case "Ternary":
      return evaluate(truth(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
    case "SelectExpression":
      if (truth(evaluate(node.test, scope))) return evaluate(node.lhs, scope);
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
      return wrong(`"${node.type}" is not supported`);
  }
}

function unary(operator: string, value: Value, budget: Budget): Value {
  if (operator === "not") return !truth(value);
  const one = usable(value);
  if (!isNumber(one)) return wrong(`bad operand type for unary ${operator}: '${typeName(one)}'`);
  return operator === "-" ? arithmetic("-", 0n, one, budget) : arithmetic("+", 0n, one, budget);
}

function binary(node: Binary, scope: Scope): Value {
  const operator = node.operator.value;
  const left = evaluate(node.left, scope);
  if (operator === "and") return truth(left) ? evaluate(node.right, scope) : left;
  if (operator === "or") return truth(left) ? left : evaluate(node.right, scope);
  const right = evaluate(node.right, scope);
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    case ">=":
      return compare(left, right) >= 0;
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "~":
      return joined(left, right, scope.budget);
    default:
      return arithmetic(operator, left, right, scope.budget);
  }
}

function member(node: Member, scope: Scope): Value {
  const object = evaluate(node.object, scope);
  // The first thing that was missing explains all that follows from it.
  if (object instanceof Undefined) return object;
  const { property } = node;
  if (property.type === "SliceExpression") {
    const part = (bound: Node | undefined): Value => (bound === undefined ? null : evaluate(bound, scope));
    return sliced(object, part(property.start), part(property.stop), part(property.step), scope.budget);
  }
  if (!node.computed) {
    const name = property.type === "Identifier" ? property.value : BigInt((property as { value: number }).value);
    return attribute(object, name, scope.budget);
  }
  return item(object, evaluate(property, scope), scope.budget);
}

function called(node: Call, scope: Scope): Value {
  const callee = evaluate(node.callee, scope);
  const one = usable(callee);
  if (!isCallable(one)) return wrong(`'${typeName(one)}' object is not callable`);
  return one.call(argumentsOf(node.args, scope));
}

function argumentsOf(nodes: readonly Node[], scope: Scope): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression") named.set(node.key.value, evaluate(node.value, scope));
    else positional.push(evaluate(node, scope));
  }
  return { positional, named };
}

function filtered(node: Filter, scope: Scope): Value {
  const { filter } = node;
  const name = filter.type === "Identifier" ? filter.value : (filter.callee as { value: string }).value;
  const value = evaluate(node.operand, scope);
  const args = argumentsOf(filter.type === "Identifier" ? [] : filter.args, scope);
  // syntax.ts writes tests so.
  const [, not, test] = /^(not )?is:(.*)$/.exec(name) ?? [];
  if (test === undefined) return applyFilter(name, value, args, scope.budget);
  return applyTest(test, value, args, scope.budget) !== (not !== undefined);
}
