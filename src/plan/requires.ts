// Which components a component requires in a release; a circle of requirements is an error.
import { KsoError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { inRange } from "../core/version.ts";

/** Returns what a component requires by its manifest: name → range of kubespray releases. */
export type RequirementLookup = (component: string) => Readonly<Record<string, string>>;

/**
 * For each component, the components that it requires itself in this release.
 * @throws KsoError `unresolvable` for a circle (with its path) and for a name that no plugin has.
 */
export function requirementsFor(
  version: string,
  components: readonly string[],
  requirementsOf: RequirementLookup,
): ReadonlyMap<string, readonly string[]> {
  const requires = new Map(
    components.map((name) => [name, requiredBy(name, requirementsOf(name), version, components)] as const),
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

/** The components that one component requires in this release. */
function requiredBy(
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
