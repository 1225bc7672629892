// `kso components`: the matrix of components × architectures for one release, with gaps and why.
import type { Plan } from "../../core/plan.ts";
import type { Command } from "../command.ts";
import { catalogOf, resolvedOf } from "../context.ts";
import { commonFlags, requestOf, selectionFlags } from "../options.ts";
import { columns, describeGap } from "../report.ts";

/** One component's row. */
interface Row {
  readonly component: string;
  readonly category: string;
  readonly versions: readonly string[];
  /** In the release's own list? */
  readonly listed: boolean;
  /** Platform → complete, partial (some gap), missing (nothing but gaps) or none (the release has no such component). */
  readonly platforms: Readonly<Record<string, "complete" | "partial" | "missing" | "none">>;
  readonly gaps: readonly {
    readonly name: string;
    readonly version: string;
    readonly platform: string;
    readonly reason: string;
  }[];
}

export const componentsCommand: Command = {
  name: "components",
  usage: "components [--json]",
  description: "the matrix of components and architectures, with gaps",
  flags: [...selectionFlags, ...commonFlags],
  async run(args, output) {
    const catalog = await catalogOf(args);
    const request = requestOf(args);
    // Everything each component may ask for, listed or not: that is what the matrix is about.
    const base = await resolvedOf(args, catalog, { ...request, selection: {}, gaps: "exclude" });
    const names = base.facts.plugins.map(({ name }) => name).filter((name) => base.facts.present.has(name));
    const { plan } = await resolvedOf(args, catalog, { ...request, selection: { with: names }, gaps: "exclude" });
    const rows = plan.components.map(({ component, category }) =>
      rowOf(plan, component, category, base.facts.listed.has(component)),
    );
    if (args.has("json")) {
      const { release, kubernetes } = plan;
      output.data(
        `${JSON.stringify({ schema: "kso.components/1", release, kubernetes, components: rows }, null, 2)}\n`,
      );
      return;
    }
    const header = [
      "COMPONENT",
      "CATEGORY",
      "VERSION",
      ...plan.platforms.map((platform) => platform.toUpperCase()),
      "LISTED",
    ];
    const cells = rows.map((row) => [
      row.component,
      row.category,
      row.versions.join(", ") || "-",
      ...plan.platforms.map(
        (platform) =>
          ({ complete: "yes", partial: "gap", missing: "gap", none: "-" })[row.platforms[platform] ?? "none"],
      ),
      row.listed ? "yes" : "-",
    ]);
    output.data(`${columns([header, ...cells])}\n`);
    for (const gap of plan.gaps) output.tell(`gap: ${describeGap(gap)}`);
  },
};

function rowOf(plan: Plan, component: string, category: string, listed: boolean): Row {
  const artifacts = plan.artifacts.filter((artifact) => artifact.component === component);
  const gaps = plan.gaps.filter((gap) => gap.component === component);
  const state = (platform: string): Row["platforms"][string] => {
    const some = artifacts.some((artifact) => artifact.platforms.includes(platform));
    const lacks = gaps.some((gap) => gap.platform === platform);
    return lacks ? (some ? "partial" : "missing") : some ? "complete" : "none";
  };
  return {
    component,
    category,
    versions: [...new Set([...artifacts, ...gaps].map(({ version }) => version))],
    listed,
    platforms: Object.fromEntries(plan.platforms.map((platform) => [platform, state(platform)])),
    gaps: gaps.map(({ name, version, platform, reason }) => ({ name, version, platform, reason })),
  };
}
