// Evaluates expressions. Nothing here can reach JavaScript's own objects: a name is looked up among variables, an attribute only
// among dictionary keys and the methods of methods.ts.
import { getAttribute, getItem } from "./access.ts";
import type { EvaluationBudget } from "./budget.ts";
import { compareValues, contains, equal } from "./comparison.ts";
import { spendOnArguments } from "./cost.ts";
import { invalid } from "./failure.ts";
import { applyFilter } from "./filters.ts";
import type { BinaryExpression, CallExpression, FilterExpression, MemberExpression, TemplateNode } from "./nodes.ts";
import { arithmetic, concatenate, slice } from "./operators.ts";
import { applyTest } from "./tests.ts";
import {
  type CallArguments,
  Dict,
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

/** The value of an expression. @throws TemplateFailure where Ansible would stop too, and where a limit is reached. */
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
      return evaluateUnary(node.operator.value, evaluate(node.argument, scope), scope.budget);
    case "BinaryExpression":
      return evaluateBinary(node, scope);
    case "MemberExpression":
      return evaluateMember(node, scope);
    case "CallExpression":
      return evaluateCall(node, scope);
    case "FilterExpression":
      return evaluateFilter(node, scope);
    default:
      return invalid(`"${node.type}" is not supported`);
  }
}

function evaluateUnary(operator: string, value: PythonValue, budget: EvaluationBudget): PythonValue {
  if (operator === "not") return !isTruthy(value);
  const operand = usable(value);
  if (!isNumber(operand)) return invalid(`bad operand type for unary ${operator}: '${typeName(operand)}'`);
  return operator === "-" ? arithmetic("-", 0n, operand, budget) : arithmetic("+", 0n, operand, budget);
}

type Comparison = (left: PythonValue, right: PythonValue, budget: EvaluationBudget) => boolean;

const comparisons: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["==", equal],
  ["!=", (left, right, budget) => !equal(left, right, budget)],
  ["<", (left, right, budget) => compareValues(left, right, budget) < 0],
  ["<=", (left, right, budget) => compareValues(left, right, budget) <= 0],
  [">", (left, right, budget) => compareValues(left, right, budget) > 0],
  [">=", (left, right, budget) => compareValues(left, right, budget) >= 0],
  ["in", (left, right, budget) => contains(right, left, budget)],
  ["not in", (left, right, budget) => !contains(right, left, budget)],
]);

function evaluateBinary(node: BinaryExpression, scope: Scope): PythonValue {
  const operator = node.operator.value;
  const left = evaluate(node.left, scope);
  if (operator === "and") return isTruthy(left) ? evaluate(node.right, scope) : left;
  if (operator === "or") return isTruthy(left) ? left : evaluate(node.right, scope);
  const right = evaluate(node.right, scope);
  const comparison = comparisons.get(operator);
  if (comparison) return comparison(left, right, scope.budget);
  return operator === "~" ? concatenate(left, right, scope.budget) : arithmetic(operator, left, right, scope.budget);
}

function evaluateMember(node: MemberExpression, scope: Scope): PythonValue {
  const object = evaluate(node.object, scope);
  // The first undefined name explains all that follows from it.
  if (object instanceof Undefined) return object;
  const { property } = node;
  if (property.type === "SliceExpression") {
    const bound = (part: TemplateNode | undefined): PythonValue => (part === undefined ? null : evaluate(part, scope));
    const bounds = { start: bound(property.start), stop: bound(property.stop), step: bound(property.step) };
    return slice(object, bounds, scope.budget);
  }
  if (!node.computed) {
    const name = property.type === "Identifier" ? property.value : BigInt((property as { value: number }).value);
    return getAttribute(object, name, scope.budget);
  }
  return getItem(object, evaluate(property, scope), scope.budget);
}

function evaluateCall(node: CallExpression, scope: Scope): PythonValue {
  const callee = usable(evaluate(node.callee, scope));
  if (!isCallable(callee)) return invalid(`'${typeName(callee)}' object is not callable`);
  const args = evaluateArguments(node.args, scope);
  spendOnArguments(args, scope.budget);
  return callee.call(args);
}

function evaluateArguments(nodes: readonly TemplateNode[], scope: Scope): CallArguments {
  const positional: PythonValue[] = [];
  const named = new Map<string, PythonValue>();
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression") named.set(node.key.value, evaluate(node.value, scope));
    else positional.push(evaluate(node, scope));
  }
  return { positional, named };
}

/**
 * The name of the filter that an expression applies.
 * @throws TemplateFailure where an index, an attribute or another call follows the filter's arguments: `x | first(1)[0]`.
 */
function filterName({ filter }: FilterExpression): string {
  const name = filter.type === "CallExpression" ? filter.callee : filter;
  if (name.type !== "Identifier")
    return invalid("a filter or a test is followed by something that Jinja has not there");
  return name.value;
}

function evaluateFilter(node: FilterExpression, scope: Scope): PythonValue {
  const name = filterName(node);
  const value = evaluate(node.operand, scope);
  const args = evaluateArguments(node.filter.type === "CallExpression" ? node.filter.args : [], scope);
  // syntax.ts writes `x is not test` as a filter named `not is:test`.
  const [, negation, test] = /^(not )?is:(.*)$/.exec(name) ?? [];
  if (test === undefined) return applyFilter(name, value, args, scope.budget);
  return applyTest(test, value, args, scope.budget) !== (negation !== undefined);
}
