// The matrix of components and platforms of a release: what is complete, what is unavailable, and why.
import { type Artifact, lacksReason, type Plan, type Unavailable } from "../core/plan.ts";
import type { Resolution } from "./assemble.ts";
import type { ImageKnowledge } from "./image-knowledge.ts";
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

/** The matrix, and what is unavailable in it. */
export interface ComponentMatrix {
  readonly plan: Plan;
  readonly rows: readonly ComponentRow[];
  readonly unavailable: readonly Unavailable[];
}

/** The plan of everything that each component may ask for, listed or not, and a row for each component. */
export async function componentMatrix(
  request: PlanRequest,
  knowledge: ImageKnowledge,
  resolve: (request: PlanRequest) => Promise<Resolution>,
): Promise<ComponentMatrix> {
  const { components } = await resolve({ ...request, selection: {}, unavailable: "exclude" });
  const names = components.plugins.map(({ name }) => name).filter((name) => components.present.has(name));
  const { plan } = await resolve({ ...request, selection: { with: names }, unavailable: "exclude" });
  const unavailable = [...plan.unavailable, ...lacking(plan, knowledge)];
  const rows = plan.components.map(({ component, category }) => ({
    component,
    category,
    ...rowOf(component, components.listed.has(component), { plan, unavailable, knowledge }),
  }));
  return { plan, rows, unavailable };
}

/** What images are known to lack: a plan keeps what is asked for by name, and here everything is. */
function lacking({ artifacts }: Plan, knowledge: ImageKnowledge): Unavailable[] {
  return artifacts.flatMap((artifact) => {
    if (artifact.kind === "file") return [];
    const { kind, name, component, version, image } = artifact;
    return artifact.platforms.flatMap((platform) => {
      const fact = knowledge(artifact, platform);
      if (fact === undefined || fact.available) return [];
      const reason = lacksReason(fact.source);
      return [{ kind, name, component, version, platform, locator: image, reason, included: false }];
    });
  });
}

function rowOf(
  component: string,
  listed: boolean,
  { plan, unavailable: all, knowledge }: Pick<ComponentMatrix, "plan" | "unavailable"> & { knowledge: ImageKnowledge },
): Omit<ComponentRow, "component" | "category"> {
  const artifacts = plan.artifacts.filter((artifact) => artifact.component === component);
  const unavailable = all.filter((item) => item.component === component);
  const stateOn = (platform: string): ComponentRow["platforms"][string] => {
    const isUnresolved = plan.unresolved.some(
      (item) => item.component === component && item.platforms.includes(platform),
    );
    if (isUnresolved) return "unresolved";
    const gone = unavailable.filter((item) => item.platform === platform);
    const some = artifacts.filter(
      ({ name, version, platforms }) =>
        platforms.includes(platform) && !gone.some((item) => item.name === name && item.version === version),
    );
    if (gone.length > 0) return some.length > 0 ? "partial" : "unavailable";
    if (some.length === 0) return "none";
    return some.every((artifact) => isKnown(artifact, platform, knowledge)) ? "complete" : "unknown";
  };
  return {
    versions: [...new Set([...artifacts, ...unavailable].map(({ version }) => version))],
    listed,
    platforms: Object.fromEntries(plan.platforms.map((platform) => [platform, stateOn(platform)])),
    unavailable: unavailable.map(({ name, version, platform, reason }) => ({ name, version, platform, reason })),
  };
}

/** Does anybody say that it is there for the platform: a published digest of a file, or whoever has looked at an image? */
function isKnown(artifact: Artifact, platform: string, knowledge: ImageKnowledge): boolean {
  return artifact.kind === "file" ? artifact.digest !== undefined : knowledge(artifact, platform)?.available === true;
}
