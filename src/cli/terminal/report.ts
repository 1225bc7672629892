// Plans as text and columns, for people.
import { type Plan, sourceOf, type Unavailable } from "../../core/plan.ts";
import { componentNamed, type ReleaseComponents } from "../../plan/selection.ts";
import { describeUnresolved } from "../../plan/unresolved.ts";
import type { Output } from "../command.ts";

/** Rows as aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Prints what is unavailable, what is let through unresolved, and the plan's notes, so that nothing is silently left out. */
export function reportUnavailable(plan: Plan, output: Output): void {
  for (const unavailable of plan.unavailable)
    output.tell(
      `unavailable: ${describeUnavailable(unavailable)}${unavailable.included ? " (kept by --unavailable include)" : ""}`,
    );
  for (const unresolved of plan.unresolved)
    if (unresolved.allowed) output.tell(`unresolved: ${describeUnresolved(unresolved)} (allowed, on record)`);
  for (const note of plan.notes) output.tell(`note: ${note}`);
}

/** `kata_containers 3.1.3 for linux/arm64: no digest is published …`. */
export function describeUnavailable(unavailable: Unavailable): string {
  return `${unavailable.name} ${unavailable.version} for ${unavailable.platform}: ${unavailable.reason}`;
}

/** Why a component is in or out, with its artifacts and what is unavailable of it. */
export function explain(plan: Plan, components: ReleaseComponents, name: string): string {
  const component = componentNamed(components.owners.get(name) ?? name, components);
  const decision = plan.components.find((candidate) => candidate.component === component);
  const state = decision?.included ? "is in" : "is out";
  const requiredBy = [...components.requires].flatMap(([other, names]) => (names.includes(component) ? [other] : []));
  return [
    `${component} ${state}: ${decision?.reason}`,
    ...plan.artifacts
      .filter((artifact) => artifact.component === component)
      .map(
        (artifact) =>
          `  ${artifact.kind} ${artifact.name} ${artifact.version} (${artifact.platforms.join(", ")}) ${sourceOf(artifact)}`,
      ),
    ...plan.unavailable
      .filter((unavailable) => unavailable.component === component)
      .map((unavailable) => `  unavailable ${describeUnavailable(unavailable)}`),
    ...plan.unresolved
      .filter((unresolved) => unresolved.component === component)
      .map((unresolved) => `  unresolved ${describeUnresolved(unresolved)}`),
    ...(requiredBy.length > 0 ? [`  required by ${requiredBy.join(", ")}`] : []),
  ].join("\n");
}
