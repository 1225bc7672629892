// Jinja's and Ansible's tests (`x is …`). A test that the tables below do not have is an error.
import { bindArguments } from "./arguments.ts";
import type { EvaluationBudget } from "./budget.ts";
import { compareValues, contains, equal } from "./comparison.ts";
import { spendOn, spendOnArguments } from "./cost.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import { addressTests } from "./filters/ip/tests.ts";
import { compilePattern } from "./regex.ts";
import { str } from "./text.ts";
import {
  type CallArguments,
  Dict,
  isCallable,
  isLazy,
  isList,
  isNumber,
  isTruthy,
  iterate,
  type PythonValue,
  Tuple,
  typeName,
  Undefined,
  UnknownFact,
  UnsafeText,
  unwrap,
  usable,
  VaultEncrypted,
} from "./values.ts";
import { versionTest } from "./version.ts";

type Test = (value: PythonValue, args: CallArguments, budget: EvaluationBudget) => boolean;

function argument(args: CallArguments): PythonValue {
  return args.positional[0] ?? invalid("the test needs an argument");
}

function isSequence(value: PythonValue): boolean {
  return isList(value) || value instanceof Tuple || typeof value === "string";
}

const comparing =
  (test: (value: PythonValue, operand: PythonValue, budget: EvaluationBudget) => boolean): Test =>
  (value, args, budget) =>
    test(value, argument(args), budget);
const ordering = (test: (order: number) => boolean): Test =>
  comparing((value, operand, budget) => test(compareValues(value, operand, budget)));

const version: Test = (value, args, budget) => {
  const bound = bindArguments(args, ["version", "operator", "strict", "version_type"]);
  const strict = bound.optional("strict");
  const other = str(bound.get("version") ?? "", budget);
  return versionTest(str(value, budget), other, {
    operator: bound.text("operator", "eq"),
    scheme: strict !== undefined && isTruthy(strict) ? "strict" : bound.text("version_type", "loose"),
  });
};

const matching =
  (anchored: boolean): Test =>
  (value, args, budget) => {
    const bound = bindArguments(args, ["pattern", "ignorecase", "multiline"]);
    const text = str(value, budget);
    const source = bound.text("pattern");
    const pattern = compilePattern(source, {
      ignoreCase: bound.flag("ignorecase"),
      multiline: bound.flag("multiline"),
    });
    return anchored ? pattern.isAtStart(text, budget) : pattern.first(text, budget) !== undefined;
  };

/** A test that is false for what is undefined. */
const ofDefined =
  (test: (value: PythonValue) => boolean): Test =>
  (value) =>
    !(value instanceof Undefined) && test(usable(value));

/** The members of a Python set. @throws TemplateFailure for lists and dictionaries in it. */
function setMembers(value: PythonValue): readonly PythonValue[] {
  const members = iterate(value);
  const unhashable = members.find((member) => isList(member) || member instanceof Dict);
  return unhashable === undefined ? members : invalid(`unhashable type: '${typeName(unhashable)}'`);
}

const isSubset = (value: PythonValue, operand: PythonValue, budget: EvaluationBudget): boolean => {
  const members = setMembers(operand);
  return setMembers(value).every((item) => contains(members, item, budget));
};
const subset: Test = comparing(isSubset);
const superset: Test = comparing((value, operand, budget) => isSubset(operand, value, budget));

/** @throws TemplateFailure for what a host may lack. */
function isDefined(value: PythonValue): boolean {
  if (value instanceof UnknownFact && !value.certain) throw new TemplateFailure("fact", value.message);
  return !(value instanceof Undefined);
}

const tests: Readonly<Record<string, Test>> = {
  defined: isDefined,
  undefined: (value) => !isDefined(value),
  none: (value) => value === null,
  true: ofDefined((value) => value === true),
  false: ofDefined((value) => value === false),
  boolean: ofDefined((value) => typeof value === "boolean"),
  integer: ofDefined((value) => typeof value === "bigint"),
  float: ofDefined((value) => typeof value === "number"),
  number: ofDefined((value) => isNumber(value)),
  string: (value) => typeof value === "string" || value instanceof UnsafeText,
  mapping: (value) => value instanceof Dict || isLazy(value),
  sequence: ofDefined((value) => isSequence(unwrap(value)) || value instanceof Dict),
  iterable: (value) => isSequence(unwrap(usable(value))) || value instanceof Dict || isLazy(value),
  callable: (value) => isCallable(value),
  sameas: comparing((value, operand) => value === operand),
  odd: (value) => BigInt(usable(value) as bigint) % 2n !== 0n,
  even: (value) => BigInt(usable(value) as bigint) % 2n === 0n,
  divisibleby: comparing((value, operand) => Number(usable(value)) % Number(usable(operand)) === 0),
  lower: (value, _, budget) => str(value, budget) === str(value, budget).toLowerCase(),
  upper: (value, _, budget) => str(value, budget) === str(value, budget).toUpperCase(),
  in: comparing((value, operand, budget) => contains(operand, value, budget)),
  contains: comparing(contains),
  subset,
  issubset: subset,
  superset,
  issuperset: superset,
  all: (value) => iterate(value).every(isTruthy),
  any: (value) => iterate(value).some(isTruthy),
  truthy: (value) => isTruthy(value),
  falsy: (value) => !isTruthy(value),
  vault_encrypted: (value) => value instanceof VaultEncrypted,
  version,
  version_compare: version,
  match: matching(true),
  search: matching(false),
  regex: matching(false),
};
const comparisons: ReadonlyMap<string, Test> = new Map(
  (
    [
      [["==", "eq", "equalto"], comparing(equal)],
      [["!=", "ne"], comparing((value, operand, budget) => !equal(value, operand, budget))],
      [["<", "lt", "lessthan"], ordering((order) => order < 0)],
      [["<=", "le"], ordering((order) => order <= 0)],
      [[">", "gt", "greaterthan"], ordering((order) => order > 0)],
      [[">=", "ge"], ordering((order) => order >= 0)],
    ] as readonly [readonly string[], Test][]
  ).flatMap(([names, test]) => names.map((name) => [name, test] as const)),
);

function addressTest(name: string): Test | undefined {
  const test = addressTests.get(/^ansible\.utils\.(\w+)$/.exec(name)?.[1] ?? "");
  const textOf = (value: PythonValue): string => {
    const text = unwrap(usable(value));
    return typeof text === "string" ? text : "";
  };
  return test && ((value, { positional: [other = ""] }) => test(textOf(value), textOf(other)));
}

/** Applies the test `name` (`version`, `ansible.builtin.version`). @throws TemplateFailure for a test that is not supported. */
export function applyTest(name: string, value: PythonValue, args: CallArguments, budget: EvaluationBudget): boolean {
  const builtin = name.replace(/^ansible\.(builtin|legacy)\./, "");
  const test = Object.hasOwn(tests, builtin) ? tests[builtin] : (comparisons.get(builtin) ?? addressTest(name));
  if (!test) return invalid(`the test "${name}" is not supported`);
  budget.spend();
  spendOn(value, budget);
  spendOnArguments(args, budget);
  return test(value, args, budget);
}
