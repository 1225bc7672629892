// `kso resolve`: the plan, for eyes and for scripts.
import { distinctBytes } from "../../bundle/contents.ts";
import { countsOf, formatCounts } from "../../core/counts.ts";
import { shortDigest } from "../../core/digest.ts";
import type { Text } from "../../core/language.ts";
import type { Lock } from "../../core/lock.ts";
import { type Artifact, artifactsJson, type FileArtifact, formatPlan, type Plan, sourceOf } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { releasesText } from "../../core/releases.ts";
import { formatSize } from "../../core/size.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { type Command, command, type Output, say, writeJson } from "../command.ts";
import { explanationsOf, planOf } from "../context.ts";
import { lastLock } from "../environment.ts";
import { describeExplanation, type Explanation, fittedTable } from "../terminal/report.ts";

export const resolveCommand: Command = command({
  name: "resolve",
  usage: ["[--json] [--explain NAME]"],
  flagsOnly: true,
  description: "show what a cluster will ask for, and why",
  flags: [...selectionKeys, "lock", "extra", "config", ...generalKeys],
  help: { lock: "the lock of an earlier kso fetch, which knows sizes" },
  examples: [
    { line: "kso resolve --kube 1.35 --cni calico", meaning: "the plan for Calico on the newest 1.35" },
    { line: "kso resolve --explain metallb", meaning: "why a component is in or out" },
    { line: "kso resolve --kubespray-dir kubespray --inventory inventory/mycluster", meaning: "for one cluster" },
  ],
  chinese: {
    description: "显示集群会请求哪些内容，以及原因",
    help: { lock: "此前 kso fetch 的锁文件，其中有各项的大小" },
    examples: ["最新 1.35 版本加 Calico 的计划", "某个组件为何包含或不包含", "针对某个集群"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.plan/1", "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "platforms": ["linux/amd64"], "artifacts": [], "unavailable": [], "unresolved": [], "components": [], "notes": []}',
    },
    {
      of: "--explain",
      form: "value",
      example:
        '{"schema": "kso.explanation/1", "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "components": []}',
    },
  ],
  async run(options, _, output, typed) {
    const isExplained = options.explain.length > 0;
    const { plan, parts } = await planOf(options, isExplained ? { ...output, tell: () => undefined } : output, typed);
    const explanations = explanationsOf(parts, options.explain);
    if (isExplained && options.json) writeJson(output, explanationJson(plan, explanations));
    else if (isExplained) output.data(explanations.map((one) => `${describeExplanation(one)}\n`).join(""));
    else if (options.json) output.data(formatPlan(plan));
    else showPlan(plan, lastLock(options.lock, typed.has("lock")), output);
    assertResolved(plan.unresolved);
  },
});

/** The plan as a table, sorted by component, with sizes where the lock knows them; and what it comes to. */
function showPlan(plan: Plan, lock: Lock | undefined, output: Output): void {
  const sizes = sizesIn(lock);
  const sizeOf = (artifact: Artifact): number | undefined => sizes.get(sourceOf(artifact));
  const rows = plan.artifacts
    .toSorted((a, b) => compareNames(a.component, b.component) || compareNames(a.name, b.name))
    .map((artifact) => {
      const size = sizeOf(artifact);
      return [
        artifact.component,
        artifact.name,
        artifact.version,
        artifact.platforms.map(architectureName).join(","),
        ...(lock ? [size === undefined ? "-" : formatSize(size)] : []),
        artifact.kind === "file" ? digestCell(artifact) : "-",
        ...(plan.releases ? [artifact.releases?.join(",") ?? ""] : []),
        artifact.reason,
        sourceOf(artifact),
      ];
    });
  const [size, releases] = [lock ? ["SIZE"] : [], plan.releases ? ["RELEASES"] : []];
  const header = ["COMPONENT", "NAME", "VERSION", "ARCH", ...size, "DIGEST", ...releases, "REASON", "SOURCE"];
  const optional = ["DIGEST", "SOURCE", "REASON", "RELEASES"];
  output.data(`${fittedTable(header, rows, { width: output.width, optional })}\n`);
  say(output, totalsOf(plan, plan.artifacts.map(sizeOf)));
}

/** What the lock knows: the source of a file or an image, and its bytes. */
function sizesIn(lock: Lock | undefined): ReadonlyMap<string, number> {
  const files = lock?.files.map(({ url, size }) => [url, size] as const) ?? [];
  const images = lock?.images.map(({ image, blobs }) => [image, distinctBytes(blobs)] as const) ?? [];
  return new Map([...files, ...images]);
}

/** `kubespray-2.31.0, Kubernetes 1.35.4: 46 files and 50 images, 12 GB`; only of those whose size is known, if not of all. */
function totalsOf(plan: Plan, sizes: readonly (number | undefined)[]): Text {
  const known = sizes.filter((size) => size !== undefined);
  const bytes = formatSize(known.reduce((sum, size) => sum + size, 0));
  const counts = countsOf(plan.artifacts);
  const isAll = known.length === sizes.length;
  const en = known.length === 0 ? "" : `, ${bytes}${isAll ? "" : ` in the ${known.length} that the lock knows`}`;
  const zh = known.length === 0 ? "" : `，${isAll ? "共" : `锁文件已知的 ${known.length} 项共`} ${bytes}`;
  return {
    en: `${releasesText(plan)}: ${formatCounts(counts)}${en}`,
    zh: `${releasesText(plan)}：${formatCounts(counts, "zh")}${zh}`,
  };
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

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
