// Versions are strings, always: `1.30` is never 1.3. They have no leading v; a URL that needs one writes it.
import { compareVersions, satisfies, validate } from "compare-versions";

/** `v2.31.0` and `2.31.0` are the same version; kso writes the second. */
export function withoutV(version: string): string {
  return version.replace(/^v(?=\d)/, "");
}

/** Negative when `a` is older than `b`, for `sort`. Both must be versions of one scheme. */
export function compare(a: string, b: string): number {
  return compareVersions(withoutV(a), withoutV(b));
}

/** True when `version` is `first` or newer. */
export function since(version: string, first: string): boolean {
  return compare(version, first) >= 0;
}

/** True when `version` lies in `range` (`*`, `<2.27.0`, `>=2.27.0 <2.29.0`). */
export function inRange(version: string, range: string): boolean {
  return range === "*" || satisfies(withoutV(version), range);
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
