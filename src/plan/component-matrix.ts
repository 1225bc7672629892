// The matrix of components and platforms of a release: what is complete, what is unavailable, and why.
import type { Plan } from "../core/plan.ts";
import type { Resolution } from "./assemble.ts";
import type { PlanRequest } from "./resolve.ts";

/** One component's row. */
export interface ComponentRow {
  readonly component: string;
  readonly category: string;
  readonly versions: readonly string[];
  /** True when the release's own list names something of it. */
  readonly listed: boolean;
  /**
   * Platform → complete, unknown (nobody has looked at some of it: an image, or a file without a published digest), unresolved (some of
   * it cannot be evaluated), partial (some of it is unavailable), unavailable (all of it is) or none (the release has no such component).
   */
  readonly platforms: Readonly<
    Record<string, "complete" | "unknown" | "unresolved" | "partial" | "unavailable" | "none">
  >;
  readonly unavailable: readonly {
    readonly name: string;
    readonly version: string;
    readonly platform: string;
    readonly reason: string;
  }[];
}

/** The plan of everything that each component may ask for, listed or not, and a row for each component. */
export async function componentMatrix(
  request: PlanRequest,
  resolve: (request: PlanRequest) => Promise<Resolution>,
): Promise<{ plan: Plan; rows: readonly ComponentRow[] }> {
  const { components } = await resolve({ ...request, selection: {}, unavailable: "exclude" });
  const names = components.plugins.map(({ name }) => name).filter((name) => components.present.has(name));
  const { plan } = await resolve({ ...request, selection: { with: names }, unavailable: "exclude" });
  const rows = plan.components.map(({ component, category }) => ({
    component,
    category,
    ...rowOf(plan, component, components.listed.has(component)),
  }));
  return { plan, rows };
}

function rowOf(plan: Plan, component: string, listed: boolean): Omit<ComponentRow, "component" | "category"> {
  const artifacts = plan.artifacts.filter((artifact) => artifact.component === component);
  const unavailable = plan.unavailable.filter((item) => item.component === component);
  const stateOn = (platform: string): ComponentRow["platforms"][string] => {
    const isUnresolved = plan.unresolved.some(
      (item) => item.component === component && item.platforms.includes(platform),
    );
    if (isUnresolved) return "unresolved";
    const some = artifacts.filter(({ platforms }) => platforms.includes(platform));
    if (unavailable.some((item) => item.platform === platform)) return some.length > 0 ? "partial" : "unavailable";
    if (some.length === 0) return "none";
    // A digest for the platform shows that upstream has published the file for it.
    return some.every((artifact) => artifact.kind === "file" && artifact.digest) ? "complete" : "unknown";
  };
  return {
    versions: [...new Set([...artifacts, ...unavailable].map(({ version }) => version))],
    listed,
    platforms: Object.fromEntries(plan.platforms.map((platform) => [platform, stateOn(platform)])),
    unavailable: unavailable.map(({ name, version, platform, reason }) => ({ name, version, platform, reason })),
  };
}
