// Ansible's `version` test: by default Python's LooseVersion, which splits at dots and between digits and letters.
import { isVersion, compare as ordered } from "../../core/version.ts";
import { invalid } from "./failure.ts";

const operators: Readonly<Record<string, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "=": (order) => order === 0,
  eq: (order) => order === 0,
  "!=": (order) => order !== 0,
  "<>": (order) => order !== 0,
  ne: (order) => order !== 0,
  "<": (order) => order < 0,
  lt: (order) => order < 0,
  "<=": (order) => order <= 0,
  le: (order) => order <= 0,
  ">": (order) => order > 0,
  gt: (order) => order > 0,
  ">=": (order) => order >= 0,
  ge: (order) => order >= 0,
};

/** @throws TemplateFailure for an unknown operator or scheme, and where Python cannot compare a word with a number. */
export function versionTest(value: string, other: string, operator: string, scheme: string): boolean {
  if (value === "") invalid("the version to compare is empty");
  if (other === "") invalid("the version to compare with is empty");
  const test = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (!test) return invalid(`"${operator}" is no operator of the test "version"`);
  if (scheme === "loose") return test(loose(value, other));
  if (["strict", "semver", "semantic", "pep440"].includes(scheme)) {
    for (const one of [value, other]) if (!isVersion(one)) invalid(`"${one}" is no version`);
    return test(ordered(value, other));
  }
  return invalid(`"${scheme}" is no version scheme`);
}

function loose(value: string, other: string): number {
  const [a, b] = [components(value), components(other)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, two] = [a[index] as string | bigint, b[index] as string | bigint];
    if (one === two) continue;
    if (typeof one !== typeof two) invalid(`the versions "${value}" and "${other}" cannot be compared`);
    return one < two ? -1 : 1;
  }
  return a.length - b.length;
}

function components(version: string): (string | bigint)[] {
  return version
    .slice(0, 1000)
    .split(/(\d+|[a-z]+|\.)/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}
