// `kso resolve`: the plan, for eyes and for scripts.
import { shortDigest } from "../../core/digest.ts";
import { artifactsJson, type FileArtifact, formatPlan, type Plan, sourceOf } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { type Command, command, writeJson } from "../command.ts";
import { explanationsOf, planOf } from "../context.ts";
import { columns, describeExplanation, type Explanation } from "../terminal/report.ts";

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
  chinese: {
    description: "显示集群会请求哪些内容，以及原因",
    examples: ["最新 1.35 版本加 Calico 的计划", "某个组件为何包含或不包含", "针对某个集群"],
  },
  async run(options, _, output, typed) {
    const isExplained = options.explain.length > 0;
    const { plan, parts } = await planOf(options, isExplained ? { ...output, tell: () => undefined } : output, typed);
    const explanations = explanationsOf(parts, options.explain);
    if (isExplained && options.json) writeJson(output, explanationJson(plan, explanations));
    else if (isExplained) output.data(explanations.map((one) => `${describeExplanation(one)}\n`).join(""));
    else if (options.json) output.data(formatPlan(plan));
    else {
      const rows = plan.artifacts.map((artifact) => [
        artifact.component,
        artifact.name,
        artifact.version,
        artifact.platforms.map(architectureName).join(","),
        artifact.kind === "file" ? digestCell(artifact) : "-",
        ...(plan.releases ? [artifact.releases?.join(",") ?? ""] : []),
        artifact.reason,
        sourceOf(artifact),
      ]);
      const releases = plan.releases ? ["RELEASES"] : [];
      const header = ["COMPONENT", "NAME", "VERSION", "ARCH", "DIGEST", ...releases, "REASON", "SOURCE"];
      output.data(`${columns([header, ...rows], output.width)}\n`);
    }
    assertResolved(plan.unresolved);
  },
});

/** The explanations alone, with artifacts as the plan's JSON has them. */
function explanationJson(plan: Plan, explanations: readonly Explanation[]): object {
  const { release, kubernetes, releases } = plan;
  const components = explanations.map((one) => ({ ...one, artifacts: artifactsJson(one.artifacts) }));
  return releases
    ? { schema: "kso.explanation/2", releases, components }
    : { schema: "kso.explanation/1", release, kubernetes, components };
}

function digestCell({ digest }: FileArtifact): string {
  return digest ? shortDigest(digest) : "no digest";
}
