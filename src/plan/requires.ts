// Which component cannot work without which: followed to the end, and never in a circle.
import { KsoError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { inRange } from "../core/version.ts";

/** A component's own requirements: name → range of kubespray releases. */
export type Requirements = (component: string) => Readonly<Record<string, string>>;

/**
 * For each component the ones it requires in this release, directly.
 * @throws KsoError `unresolvable` for a circle (with its path) and for a name that no plugin has.
 */
export function requirementsFor(
  version: string,
  components: readonly string[],
  requirementsOf: Requirements,
): ReadonlyMap<string, readonly string[]> {
  const requires = new Map(
    components.map((name) => [name, required(name, requirementsOf(name), version, components)] as const),
  );
  const visited = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw new KsoError(
        "unresolvable",
        `Components require each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`,
      );
    }
    if (visited.has(name)) return;
    for (const next of requires.get(name) ?? []) visit(next, [...path, name]);
    visited.add(name);
  };
  for (const name of components) visit(name, []);
  return requires;
}

function required(
  name: string,
  requirements: Readonly<Record<string, string>>,
  version: string,
  components: readonly string[],
): string[] {
  return Object.entries(requirements).flatMap(([other, range]) => {
    if (!components.includes(other)) {
      throw new KsoError(
        "unresolvable",
        `"${name}" requires "${other}", which no plugin describes${didYouMean(other, components)}`,
      );
    }
    return inRange(version, range) ? [other] : [];
  });
}
