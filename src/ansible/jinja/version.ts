// Ansible's `version` test: by default Python's LooseVersion, which splits at dots and between digits and letters.
import { compare, isVersion } from "../../core/version.ts";
import { invalid } from "./failure.ts";

const operators: ReadonlyMap<string, (order: number) => boolean> = new Map(
  (
    [
      [["==", "=", "eq"], (order) => order === 0],
      [["!=", "<>", "ne"], (order) => order !== 0],
      [["<", "lt"], (order) => order < 0],
      [["<=", "le"], (order) => order <= 0],
      [[">", "gt"], (order) => order > 0],
      [[">=", "ge"], (order) => order >= 0],
    ] as readonly [readonly string[], (order: number) => boolean][]
  ).flatMap(([names, test]) => names.map((name) => [name, test] as const)),
);

/** How two versions are compared. */
export interface VersionComparison {
  readonly operator: string;
  /** `loose`, or one of the strict schemes. */
  readonly scheme: string;
}

/**
 * Whether the comparison holds.
 * @throws TemplateFailure for an unknown operator or scheme, and where Python cannot compare a word with a number.
 */
export function versionTest(value: string, other: string, { operator, scheme }: VersionComparison): boolean {
  if (value === "") invalid("the version to compare is empty");
  if (other === "") invalid("the version to compare with is empty");
  const test = operators.get(operator);
  if (!test) return invalid(`"${operator}" is no operator of the test "version"`);
  if (scheme === "loose") return test(compareLoose(value, other));
  if (!["strict", "semver", "semantic", "pep440"].includes(scheme)) return invalid(`"${scheme}" is no version scheme`);
  for (const version of [value, other]) if (!isVersion(version)) invalid(`"${version}" is no version`);
  return test(compare(value, other));
}

function compareLoose(value: string, other: string): number {
  const [a, b] = [versionParts(value), versionParts(other)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index] as string | bigint, b[index] as string | bigint];
    if (left === right) continue;
    if (typeof left !== typeof right) invalid(`the versions "${value}" and "${other}" cannot be compared`);
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function versionParts(version: string): (string | bigint)[] {
  return version
    .slice(0, 1000)
    .split(/(\d+|[a-z]+|\.)/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}
