// `kso resolve`: the plan, for eyes and for scripts.
import { shortDigest } from "../../core/digest.ts";
import { type FileArtifact, formatPlan, sourceOf } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { type Command, command } from "../command.ts";
import { planOf } from "../context.ts";
import { generalKeys } from "../flags/output.ts";
import { selectionKeys } from "../flags/selection.ts";
import { columns, explain } from "../terminal/report.ts";

export const resolveCommand: Command = command({
  name: "resolve",
  usage: ["[--json] [--explain NAME]"],
  flagsOnly: true,
  description: "show what a cluster will ask for, and why",
  flags: [...selectionKeys, "config", ...generalKeys],
  examples: [
    { line: "kso resolve --kube 1.35 --cni calico", meaning: "the plan for Calico on the newest 1.35" },
    { line: "kso resolve --explain metallb", meaning: "why a component is in or out" },
    { line: "kso resolve --kubespray-dir kubespray --inventory inventory/mycluster", meaning: "for one cluster" },
  ],
  async run(options, _, output) {
    const explained = options.explain;
    const { plan, components } = await planOf(
      options,
      explained.length > 0 ? { ...output, tell: () => undefined } : output,
    );
    if (options.json) output.data(formatPlan(plan));
    else if (explained.length > 0)
      output.data(explained.map((name) => `${explain(plan, components, name)}\n`).join(""));
    else {
      const rows = plan.artifacts.map((artifact) => [
        artifact.component,
        artifact.name,
        artifact.version,
        artifact.platforms.map(architectureName).join(","),
        artifact.kind === "file" ? digestCell(artifact) : "-",
        artifact.reason,
        sourceOf(artifact),
      ]);
      output.data(`${columns([["COMPONENT", "NAME", "VERSION", "ARCH", "DIGEST", "REASON", "SOURCE"], ...rows])}\n`);
    }
    assertResolved(plan.unresolved);
  },
});

function digestCell({ digest }: FileArtifact): string {
  return digest ? shortDigest(digest) : "no digest";
}
