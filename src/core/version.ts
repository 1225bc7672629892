// Versions are strings, always: `1.30` is never 1.3. They have no leading v; a URL that needs one writes it.
import { compareVersions, satisfies, validate } from "compare-versions";
import { KsoError } from "./errors.ts";
import { quotedName } from "./quote.ts";

/** `v2.31.0` and `2.31.0` are the same version; kso writes the second. */
export function withoutV(version: string): string {
  return version.replace(/^v(?=\d)/, "");
}

/** Negative when `a` is older than `b`, for `sort`. Both must be versions of one scheme. @throws KsoError `unresolvable` for what is none. */
export function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => asVersion(version)) as [string, string];
  return compareVersions(left, right);
}

function asVersion(text: string): string {
  if (!isVersion(text)) throw new KsoError("unresolvable", `${quotedName(text)} is no version that can be compared`);
  return withoutV(text);
}

/** True when `version` is `first` or newer. */
export function since(version: string, first: string): boolean {
  return compare(version, first) >= 0;
}

/** True when `version` lies in `range` (`*`, `<2.27.0`, `>=2.27.0 <2.29.0`). @throws KsoError `unresolvable` for what is no range. */
export function inRange(version: string, range: string): boolean {
  if (range === "*") return true;
  const comparable = asVersion(version);
  try {
    return satisfies(comparable, range);
  } catch (cause) {
    throw new KsoError("unresolvable", `${quotedName(range)} is no range of versions`, cause);
  }
}

/** True for what can be compared: numbers separated by dots, perhaps with a suffix. */
export function isVersion(text: string): boolean {
  return validate(withoutV(text));
}

/** `1.35` of `1.35.4`. */
export function minor(version: string): string {
  return withoutV(version).split(".").slice(0, 2).join(".");
}

/** The newest version of each minor version, in the order of the list, which must name newer versions first. */
export function newestOfEachMinor(newestFirst: readonly string[]): string[] {
  return [...Map.groupBy(newestFirst, minor).values()].flatMap(([newest]) => newest ?? []);
}
