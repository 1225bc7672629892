// Plans as text and columns, for people.
import { type Plan, sourceOf, type Unavailable, unavailableItems } from "../../core/plan.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import { componentNamed, type ReleaseComponents } from "../../plan/selection.ts";
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
  for (const text of describeUnavailable(plan.unavailable)) output.tell(`unavailable: ${text}`);
  for (const unresolved of plan.unresolved)
    if (unresolved.allowed) output.tell(`unresolved: ${describeUnresolved(unresolved)} (allowed, on record)`);
  for (const note of plan.notes) output.tell(`note: ${note}`);
}

/** `kata_containers 3.1.3 for linux/arm64: no digest is published …`; what is so for several platforms is one text. */
export function describeUnavailable(unavailable: readonly Unavailable[]): string[] {
  return unavailableItems(unavailable).map(
    ({ name, version, platforms, reason, included }) =>
      `${name} ${version} for ${platforms.join(" and ")}: ${reason}${included ? " (kept by --unavailable include)" : ""}`,
  );
}

/** Why a component is in or out, with its artifacts and what a platform or a cluster lacks of it. */
export interface Explanation extends Pick<Plan, "artifacts" | "unavailable" | "unresolved"> {
  readonly component: string;
  readonly included: boolean;
  readonly reason: string;
  /** Components that require it. */
  readonly requiredBy: readonly string[];
}

/** Explains a component, by its name or by that of one of its items. */
export function explanationOf(plan: Plan, components: ReleaseComponents, name: string): Explanation {
  const component = componentNamed(name, components);
  const decision = plan.components.find((candidate) => candidate.component === component);
  const isOf = (item: { readonly component: string }): boolean => item.component === component;
  return {
    component,
    included: decision?.included === true,
    reason: decision?.reason ?? "",
    requiredBy: [...components.requires].flatMap(([other, names]) => (names.includes(component) ? [other] : [])),
    artifacts: plan.artifacts.filter(isOf),
    unavailable: plan.unavailable.filter(isOf),
    unresolved: plan.unresolved.filter(isOf),
  };
}

/** The explanation as text. */
export function describeExplanation(explanation: Explanation): string {
  const { component, included, reason, requiredBy, artifacts, unavailable, unresolved } = explanation;
  return [
    `${component} ${included ? "is in" : "is out"}: ${reason}`,
    ...artifacts.map(
      (artifact) =>
        `  ${artifact.kind} ${artifact.name} ${artifact.version} (${artifact.platforms.join(", ")}) ${sourceOf(artifact)}`,
    ),
    ...describeUnavailable(unavailable).map((text) => `  unavailable ${text}`),
    ...unresolved.map((item) => `  unresolved ${describeUnresolved(item)}`),
    ...(requiredBy.length > 0 ? [`  required by ${requiredBy.join(", ")}`] : []),
  ].join("\n");
}
