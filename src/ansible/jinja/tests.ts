// Jinja's and Ansible's tests (`x is …`). One table; a name that is not in it is an error that says so.
import { bind } from "./arguments.ts";
import type { EvaluationBudget } from "./budget.ts";
import { invalid } from "./failure.ts";
import { compilePattern } from "./regex.ts";
import { str } from "./text.ts";
import {
  type CallArguments,
  compareValues,
  contains,
  Dict,
  equal,
  isCallable,
  isLazy,
  isList,
  isTruthy,
  iterate,
  type PythonValue,
  Tuple,
  Undefined,
  UnsafeText,
  unwrap,
  usable,
  VaultEncrypted,
} from "./values.ts";
import { versionTest } from "./version.ts";

type Test = (value: PythonValue, args: CallArguments, budget: EvaluationBudget) => boolean;

const one = (args: CallArguments): PythonValue => args.positional[0] ?? invalid("the test wants an argument");
const ordering =
  (holds: (order: number) => boolean): Test =>
  (value, args) =>
    holds(compareValues(value, one(args)));
const isSequence = (value: PythonValue): boolean =>
  isList(value) || value instanceof Tuple || typeof value === "string";

const version: Test = (value, args, budget) => {
  const bound = bind(args, ["version", "operator", "strict", "version_type"]);
  const strict = bound.get("strict");
  const scheme =
    strict !== undefined && strict !== null && isTruthy(strict) ? "strict" : bound.text("version_type", "loose");
  return versionTest(str(value, budget), str(bound.get("version") ?? "", budget), bound.text("operator", "eq"), scheme);
};

const matching =
  (anchor: string): Test =>
  (value, args, budget) => {
    const bound = bind(args, ["pattern", "ignorecase", "multiline"]);
    const text = str(value, budget);
    const source = bound.text("pattern");
    const wanted = anchor === "" ? source : `(?:${source})`;
    return compilePattern(`${anchor}${wanted}`, text, {
      ignoreCase: bound.flag("ignorecase"),
      multiline: bound.flag("multiline"),
    }).test(text);
  };

const tests: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => !(value instanceof Undefined) && value === null,
  true: (value) => usable(value) === true,
  false: (value) => usable(value) === false,
  boolean: (value) => typeof usable(value) === "boolean",
  integer: (value) => typeof usable(value) === "bigint",
  float: (value) => typeof usable(value) === "number",
  number: (value) => ["bigint", "number", "boolean"].includes(typeof usable(value)),
  string: (value) => typeof value === "string" || value instanceof UnsafeText,
  mapping: (value) => value instanceof Dict || isLazy(value),
  sequence: (value) => isSequence(unwrap(usable(value))) || value instanceof Dict,
  iterable: (value) => isSequence(unwrap(usable(value))) || value instanceof Dict || isLazy(value),
  callable: (value) => isCallable(value),
  sameas: (value, args) => value === one(args),
  odd: (value) => BigInt(usable(value) as bigint) % 2n !== 0n,
  even: (value) => BigInt(usable(value) as bigint) % 2n === 0n,
  divisibleby: (value, args) => Number(usable(value)) % Number(usable(one(args))) === 0,
  lower: (value, _, budget) => str(value, budget) === str(value, budget).toLowerCase(),
  upper: (value, _, budget) => str(value, budget) === str(value, budget).toUpperCase(),
  in: (value, args) => contains(one(args), value),
  contains: (value, args) => contains(value, one(args)),
  subset: (value, args) => iterate(value).every((item) => contains(one(args), item)),
  superset: (value, args) => iterate(one(args)).every((item) => contains(value, item)),
  all: (value) => iterate(value).every(isTruthy),
  any: (value) => iterate(value).some(isTruthy),
  truthy: (value) => isTruthy(value),
  falsy: (value) => !isTruthy(value),
  vault_encrypted: (value) => value instanceof VaultEncrypted,
  version,
  match: matching("^"),
  search: matching(""),
  regex: matching(""),
};
const comparisons: readonly (readonly [readonly string[], Test])[] = [
  [["==", "eq", "equalto"], (value, args) => equal(value, one(args))],
  [["!=", "ne"], (value, args) => !equal(value, one(args))],
  [["<", "lt", "lessthan"], ordering((order) => order < 0)],
  [["<=", "le"], ordering((order) => order <= 0)],
  [[">", "gt", "greaterthan"], ordering((order) => order > 0)],
  [[">=", "ge"], ordering((order) => order >= 0)],
];
const other: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...comparisons.flatMap(([names, test]) => names.map((name): [string, Test] => [name, test])),
  ["version_compare", version],
  ["issubset", tests["subset"] as Test],
  ["issuperset", tests["superset"] as Test],
]);

/** Applies the test `name` (`version`, `ansible.builtin.version`). @throws TemplateFailure for a test that is not there. */
export function applyTest(name: string, value: PythonValue, args: CallArguments, budget: EvaluationBudget): boolean {
  const plainName = name.replace(/^ansible\.(builtin|legacy)\./, "");
  const test = Object.hasOwn(tests, plainName) ? tests[plainName] : other.get(plainName);
  if (!test) return invalid(`the test "${name}" is not supported`);
  budget.spend();
  return test(value, args, budget);
}
