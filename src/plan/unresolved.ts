// What cannot be evaluated, in a plan: described for people, let through by name, or the end of the job.
import { countsOf, formatCounts } from "../core/counts.ts";
import { KsoError } from "../core/errors.ts";
import type { Plan, Unresolved } from "../core/plan.ts";
import { didYouMean } from "../core/suggest.ts";
import { describeUnresolved } from "../core/unresolved.ts";
import type { Resolution } from "./assemble.ts";
import { findComponent } from "./selection.ts";

/**
 * The plan, with what `--allow-unresolved` names on record. A name is that of a file, an image or a component.
 * @throws KsoError `usage` for a name that nothing in the release has.
 */
export function allowUnresolved({ plan, components }: Resolution, names: readonly string[]): Plan {
  const known = new Set([...components.owners.keys(), ...components.plugins.map(({ name }) => name)]);
  const isKnown = (name: string): boolean => known.has(name) || findComponent(name, components) !== undefined;
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined) {
    const unresolved = [...new Set(plan.unresolved.map(({ name }) => name))];
    const choice = unresolved.length > 0 ? `; unresolved are: ${unresolved.join(", ")}` : "; nothing is unresolved";
    throw new KsoError(
      "usage",
      `--allow-unresolved ${unknown}: ${components.releaseName} has nothing of that name${didYouMean(unknown, [...unresolved, ...known])}${choice}`,
    );
  }
  const allowed = new Set(names.flatMap((name) => [name, findComponent(name, components) ?? name]));
  const unresolved = plan.unresolved.map(
    (item): Unresolved => (allowed.has(item.name) || allowed.has(item.component) ? { ...item, allowed: true } : item),
  );
  return { ...plan, unresolved };
}

/**
 * Ends the job where something is unresolved and not on record.
 * @throws KsoError `unresolvable` that lists each file and image once.
 */
export function assertResolved(unresolved: readonly Unresolved[]): void {
  const open = unresolved.filter(({ allowed }) => !allowed);
  if (open.length === 0) return;
  const lines = open.map((item) => `\n  ${describeUnresolved(item)}`).join("");
  const flags = [...new Set(open.map(({ name }) => name))].map((name) => `--allow-unresolved ${name}`).join(" ");
  throw new KsoError(
    "unresolvable",
    `Cannot resolve ${formatCounts(countsOf(open))}:${lines}\nCorrect the variables, or go on without, on record: ${flags}`,
    undefined,
    { unresolved: open },
  );
}
