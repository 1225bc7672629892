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
  known: readonly string[],
  of: Requirements,
): ReadonlyMap<string, readonly string[]> {
  const direct = new Map(known.map((name) => [name, required(name, version, known, of)]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw new KsoError(
        "unresolvable",
        `Components require each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`,
      );
    }
    if (done.has(name)) return;
    for (const next of direct.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of known) visit(name, []);
  return direct;
}

function required(name: string, version: string, known: readonly string[], of: Requirements): string[] {
  return Object.entries(of(name)).flatMap(([other, range]) => {
    if (!known.includes(other)) {
      throw new KsoError(
        "unresolvable",
        `"${name}" requires "${other}", which no plugin describes${didYouMean(other, known)}`,
      );
    }
    return inRange(version, range) ? [other] : [];
  });
}
