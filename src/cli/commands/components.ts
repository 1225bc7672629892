// `kso components`: the matrix of components × architectures for one release: what is unavailable, and why.
import type { Plan } from "../../core/plan.ts";
import { type Command, command } from "../command.ts";
import { catalogOf, requestOf, resolvedOf } from "../context.ts";
import { generalKeys } from "../flags/output.ts";
import { selectionKeys } from "../flags/selection.ts";
import { columns, describeUnavailable } from "../terminal/report.ts";

/** One component's row. */
interface Row {
  readonly component: string;
  readonly category: string;
  readonly versions: readonly string[];
  /** In the release's own list? */
  readonly listed: boolean;
  /** Platform → complete, partial (some of it is unavailable), unavailable (all of it is) or none (the release has no such component). */
  readonly platforms: Readonly<Record<string, "complete" | "partial" | "unavailable" | "none">>;
  readonly unavailable: readonly {
    readonly name: string;
    readonly version: string;
    readonly platform: string;
    readonly reason: string;
  }[];
}

export const componentsCommand: Command = command({
  name: "components",
  usage: ["[--json]"],
  description: "the matrix of components and architectures, with what is unavailable",
  flags: [...selectionKeys, "config", ...generalKeys],
  examples: [
    { line: "kso components", meaning: "of the newest release" },
    { line: "kso components --kubespray 2.30.0 --json", meaning: "of another one, for scripts" },
  ],
  async run(options, _, output) {
    const catalog = await catalogOf(options);
    const request = requestOf(options);
    // Everything each component may ask for, listed or not: that is what the matrix is about.
    const base = await resolvedOf(options, catalog, { ...request, selection: {}, unavailable: "exclude" });
    const names = base.components.plugins.map(({ name }) => name).filter((name) => base.components.present.has(name));
    const { plan } = await resolvedOf(options, catalog, {
      ...request,
      selection: { with: names },
      unavailable: "exclude",
    });
    const rows = plan.components.map(({ component, category }) =>
      rowOf(plan, component, category, base.components.listed.has(component)),
    );
    if (options.json) {
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
          ({ complete: "yes", partial: "unavailable", unavailable: "unavailable", none: "-" })[
            row.platforms[platform] ?? "none"
          ],
      ),
      row.listed ? "yes" : "-",
    ]);
    output.data(`${columns([header, ...cells])}\n`);
    for (const unavailable of plan.unavailable) output.tell(`unavailable: ${describeUnavailable(unavailable)}`);
  },
});

function rowOf(plan: Plan, component: string, category: string, listed: boolean): Row {
  const artifacts = plan.artifacts.filter((artifact) => artifact.component === component);
  const unavailable = plan.unavailable.filter((unavailable) => unavailable.component === component);
  const state = (platform: string): Row["platforms"][string] => {
    const some = artifacts.some((artifact) => artifact.platforms.includes(platform));
    const lacks = unavailable.some((unavailable) => unavailable.platform === platform);
    return lacks ? (some ? "partial" : "unavailable") : some ? "complete" : "none";
  };
  return {
    component,
    category,
    versions: [...new Set([...artifacts, ...unavailable].map(({ version }) => version))],
    listed,
    platforms: Object.fromEntries(plan.platforms.map((platform) => [platform, state(platform)])),
    unavailable: unavailable.map(({ name, version, platform, reason }) => ({ name, version, platform, reason })),
  };
}
