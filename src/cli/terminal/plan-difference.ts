// Prints the difference of two plans in columns.
import { shortDigest } from "../../core/digest.ts";
import { architectureName } from "../../core/platform.ts";
import type { ArtifactChange, ArtifactVersion, PlanDifference } from "../../plan/plan-difference.ts";
import type { Output } from "../command.ts";
import { columns } from "./report.ts";

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
  output.data(`\n${columns([["CHANGE", "COMPONENT", "FROM", "TO"], ...rows])}\n`);
  const items = [...Map.groupBy(artifacts, rowKey).values()].map(rowOf);
  output.data(`\n${columns([["CHANGE", "KIND", "COMPONENT", "NAME", "ARCH", "FROM", "TO"], ...items])}\n\n`);
  output.data(`${summaryOf("file", artifacts)}; ${summaryOf("image", artifacts)}\n`);
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
