// Plans, and the difference of two, as text and columns for people.
import { shortDigest } from "../../core/digest.ts";
import { type Plan, sourceOf, type Unavailable, unavailableItems } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { printable } from "../../core/quote.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import type { ArtifactChange, ArtifactVersion, PlanDifference } from "../../plan/plan-difference.ts";
import { componentNamed, type ReleaseComponents } from "../../plan/selection.ts";
import { type Output, writeLine } from "../command.ts";
import { columnsOf, padTo, truncateMiddle, wrap } from "./width.ts";

/** No column is made narrower. */
const minColumn = 8;

/** Rows as aligned columns, two spaces apart; on a terminal of `width` columns, long cells lose what is in their middle. */
export function columns(texts: readonly (readonly string[])[], width?: number): string {
  const rows = texts.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell));
  if (width !== undefined) narrow(widths, width);
  return rows
    .map((row) =>
      row
        .map((cell, index) => padTo(truncateMiddle(cell, widths[index] ?? 0), widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** How a table is made to fit. */
interface TableFit {
  /** The terminal's; undefined: as wide as it is. */
  readonly width: number | undefined;
  /** Titles of columns that are left out where there is no room for them, the least important first. */
  readonly optional: readonly string[];
}

/** An optional column with less room than this is left out. Columns. */
const minOptional = 20;

/** A table with a head; on a narrow terminal without its optional columns. */
export function fittedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { width, optional }: TableFit,
): string {
  const all = [header, ...rows].map((row) => row.map(printable));
  const natural = header.map((_, at) => Math.max(...all.map((row) => columnsOf(row[at] ?? ""))));
  let kept = header.map((_, at) => at);
  for (const title of width === undefined ? [] : optional) {
    const others = kept.filter((at) => header[at] !== title);
    const room = (width ?? 0) - others.reduce((sum, at) => sum + (natural[at] ?? 0) + 2, 0);
    if (room < Math.min(minOptional, natural[header.indexOf(title)] ?? 0)) kept = others;
  }
  return columns(
    [header, ...rows].map((row) => kept.map((at) => row[at] ?? "")),
    width,
  );
}

/** Rows of which the last cell is a text: on a terminal it goes on below itself. */
export function descriptions(texts: readonly (readonly string[])[], width?: number): string {
  if (width === undefined) return columns(texts);
  const rows = texts.map((row) => row.map(printable));
  const heads = columns(rows.map((row) => row.slice(0, -1))).split("\n");
  const indent = Math.max(...heads.map(columnsOf)) + 2;
  const room = Math.max(20, width - indent);
  return rows
    .map((row, at) => padTo(heads[at] ?? "", indent) + wrap(row.at(-1) ?? "", room).join(`\n${" ".repeat(indent)}`))
    .join("\n");
}

/** Takes from the widest column until all fit beside each other. */
function narrow(widths: number[], width: number): void {
  let surplus = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  for (; surplus > 0; surplus--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= minColumn) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
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
  /** The version of the release that it is of, where there are several. */
  readonly release?: string;
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
  const { release, component, included, reason, requiredBy, artifacts, unavailable, unresolved } = explanation;
  return [
    `${release === undefined ? "" : `kubespray ${release}: `}${component} ${included ? "is in" : "is out"}: ${reason}`,
    ...artifacts.map(
      (artifact) =>
        `  ${artifact.kind} ${artifact.name} ${artifact.version} (${artifact.platforms.join(", ")}) ${sourceOf(artifact)}`,
    ),
    ...describeUnavailable(unavailable).map((text) => `  unavailable ${text}`),
    ...unresolved.map((item) => `  unresolved ${describeUnresolved(item)}`),
    ...(requiredBy.length > 0 ? [`  required by ${requiredBy.join(", ")}`] : []),
  ]
    .map(printable)
    .join("\n");
}

/** The differences as tables and a summary. */
export function showPlanDifference({ components, artifacts }: PlanDifference, output: Output): void {
  if (artifacts.length === 0) {
    output.data("nothing changed\n");
    return;
  }
  // Of several versions, those that both have are left out, unless there are no others.
  const versionsOnly = (versions: readonly string[], others: readonly string[]): string => {
    const different = versions.filter((version) => !others.includes(version));
    return (different.length > 0 ? different : versions).join(", ") || "-";
  };
  const rows = components.map(({ change, component, from, to }) => [
    change,
    component,
    versionsOnly(from, to),
    versionsOnly(to, from),
  ]);
  output.data(`\n${columns([["CHANGE", "COMPONENT", "FROM", "TO"], ...rows], output.width)}\n`);
  const items = [...Map.groupBy(artifacts, rowKey).values()].map(rowOf);
  output.data(
    `\n${fittedTable(["CHANGE", "KIND", "COMPONENT", "NAME", "ARCH", "FROM", "TO"], items, { width: output.width, optional: ["KIND", "COMPONENT", "ARCH"] })}\n\n`,
  );
  writeLine(output, `${summaryOf("file", artifacts)}; ${summaryOf("image", artifacts)}`);
}

/** A file differs by its architecture's name in the URL; it is one line for all of them. */
function rowKey({ change, kind, component, name, from, to }: ArtifactChange): string {
  return JSON.stringify([change, kind, component, name, from?.version, to?.version]);
}

function rowOf(changes: readonly ArtifactChange[]): string[] {
  const [first] = changes as [ArtifactChange];
  const { change, kind, component, name, from, to } = first;
  const arch = [...new Set(changes.flatMap(({ platforms }) => platforms))].map(architectureName);
  // Where the version stays, what differs is shown: the bytes, or the name.
  const cell = (side: ArtifactVersion | undefined): string => {
    if (!side) return "-";
    if (!(from && to) || from.version !== to.version) return side.version;
    return change === "digest" ? `${side.version} ${side.digest ? shortDigest(side.digest) : "no digest"}` : side.item;
  };
  return [change, kind, component, name, arch.join(","), cell(from), cell(to)];
}

function summaryOf(kind: "file" | "image", changes: readonly ArtifactChange[]): string {
  const ofKind = changes.filter((change) => change.kind === kind);
  const count = (type: ArtifactChange["change"]): number => ofKind.filter(({ change }) => change === type).length;
  const other = count("digest") > 0 ? `, ${count("digest")} with other bytes` : "";
  return `${kind}s: ${count("added")} added, ${count("removed")} removed, ${count("changed")} changed${other}`;
}
