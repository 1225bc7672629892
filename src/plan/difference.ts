// Two plans travel in; what the second brings, drops and changes travels out: components, and each file and image.
import { pairUp } from "../core/pairs.ts";
import type { Artifact, Plan } from "../core/plan.ts";
import { bare, compare, isVersion } from "../core/version.ts";

/** One side of an artifact's change. */
export interface ArtifactVersion {
  readonly version: string;
  /** URL or full image name. */
  readonly item: string;
  /** Of a file. */
  readonly digest?: string;
}

export interface ArtifactChange {
  /** `changed`: another version or another name; `digest`: other published bytes at the same version and name. */
  readonly change: "added" | "removed" | "changed" | "digest";
  readonly kind: Artifact["kind"];
  readonly component: string;
  readonly name: string;
  readonly platforms: readonly string[];
  readonly from?: ArtifactVersion;
  readonly to?: ArtifactVersion;
}

export interface ComponentChange {
  readonly change: "added" | "removed" | "changed";
  readonly component: string;
  /** Its versions, without a leading v; none on the side where it is not in. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface PlanDifference {
  readonly components: readonly ComponentChange[];
  readonly artifacts: readonly ArtifactChange[];
}

export function comparePlans(from: Plan, to: Plan): PlanDifference {
  const before = Map.groupBy(from.artifacts, keyOf);
  const after = Map.groupBy(to.artifacts, keyOf);
  // The order of the release that comes, with what goes at the end.
  const keys = [...new Set([...after.keys(), ...before.keys()])];
  const artifacts = keys.flatMap((key) => changesOf(before.get(key) ?? [], after.get(key) ?? []));
  const changed = [...new Set(artifacts.map(({ component }) => component))].sort();
  return { components: changed.map((component) => componentChange(component, from, to)), artifacts };
}

/** What is one thing in several versions. A file is another one for each set of platforms. */
function keyOf({ kind, component, name, platforms }: Artifact): string {
  return [kind, component, name, kind === "file" ? platforms.join() : ""].join("\n");
}

function changesOf(before: readonly Artifact[], after: readonly Artifact[]): ArtifactChange[] {
  return pairUp(before, after, (a, b) => itemOf(a) === itemOf(b)).flatMap(({ from, to }): ArtifactChange[] => {
    const one = (to ?? from) as Artifact;
    const change = changeOf(from, to);
    if (change === undefined) return [];
    const { kind, component, name, platforms } = one;
    return [
      { change, kind, component, name, platforms, ...(from && { from: side(from) }), ...(to && { to: side(to) }) },
    ];
  });
}

function changeOf(from: Artifact | undefined, to: Artifact | undefined): ArtifactChange["change"] | undefined {
  if (!(from && to)) return to ? "added" : "removed";
  if (itemOf(from) !== itemOf(to) || from.version !== to.version) return "changed";
  return side(from).digest === side(to).digest ? undefined : "digest";
}

function side(artifact: Artifact): ArtifactVersion {
  const digest = artifact.kind === "file" ? artifact.digest : undefined;
  return { version: artifact.version, item: itemOf(artifact), ...(digest && { digest }) };
}

function itemOf(artifact: Artifact): string {
  return artifact.kind === "file" ? artifact.url : artifact.image;
}

function componentChange(component: string, from: Plan, to: Plan): ComponentChange {
  const versions = (plan: Plan): string[] => {
    const all = plan.artifacts.flatMap((artifact) => (artifact.component === component ? bare(artifact.version) : []));
    return [...new Set(all)].sort((a, b) => (isVersion(a) && isVersion(b) ? compare(a, b) : a < b ? -1 : 1));
  };
  const [before, after] = [versions(from), versions(to)];
  const change = before.length === 0 ? "added" : after.length === 0 ? "removed" : "changed";
  return { change, component, from: before, to: after };
}
