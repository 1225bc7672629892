// What a second plan adds, drops and changes against a first one: by component, and by file and image.
import { pairUp } from "../core/pairs.ts";
import type { Artifact, Plan } from "../core/plan.ts";
import { compare, isVersion, withoutV } from "../core/version.ts";

/** An artifact as one of the two plans has it. */
export interface ArtifactVersion {
  readonly version: string;
  /** URL or full image name. */
  readonly item: string;
  /** Of a file. */
  readonly digest?: string;
}

/** One file or image that differs. */
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

/** One component that differs. */
export interface ComponentChange {
  readonly change: "added" | "removed" | "changed";
  readonly component: string;
  /** Its versions, without a leading v; none on the side where it is not in. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** All that differs between two plans. */
export interface PlanDifference {
  readonly components: readonly ComponentChange[];
  readonly artifacts: readonly ArtifactChange[];
}

/** Compares two plans; the order is that of the second one, with what it drops at the end. */
export function comparePlans(from: Plan, to: Plan): PlanDifference {
  const before = Map.groupBy(from.artifacts, identityOf);
  const after = Map.groupBy(to.artifacts, identityOf);
  const identities = [...new Set([...after.keys(), ...before.keys()])];
  const artifacts = identities.flatMap((identity) =>
    artifactChanges(before.get(identity) ?? [], after.get(identity) ?? []),
  );
  const changed = [...new Set(artifacts.map(({ component }) => component))].sort();
  return { components: changed.map((component) => componentChange(component, from, to)), artifacts };
}

/** The same for one artifact in several versions. The files of different platforms are different artifacts. */
function identityOf({ kind, component, name, platforms }: Artifact): string {
  return [kind, component, name, kind === "file" ? platforms.join() : ""].join("\n");
}

function artifactChanges(before: readonly Artifact[], after: readonly Artifact[]): ArtifactChange[] {
  return pairUp(before, after, (a, b) => locatorOf(a) === locatorOf(b)).flatMap(({ from, to }): ArtifactChange[] => {
    const change = changeBetween(from, to);
    if (change === undefined) return [];
    const { kind, component, name, platforms } = (to ?? from) as Artifact;
    return [
      {
        change,
        kind,
        component,
        name,
        platforms,
        ...(from && { from: versionOf(from) }),
        ...(to && { to: versionOf(to) }),
      },
    ];
  });
}

function changeBetween(from: Artifact | undefined, to: Artifact | undefined): ArtifactChange["change"] | undefined {
  if (!(from && to)) return to ? "added" : "removed";
  if (locatorOf(from) !== locatorOf(to) || from.version !== to.version) return "changed";
  return versionOf(from).digest === versionOf(to).digest ? undefined : "digest";
}

function versionOf(artifact: Artifact): ArtifactVersion {
  const digest = artifact.kind === "file" ? artifact.digest : undefined;
  return { version: artifact.version, item: locatorOf(artifact), ...(digest && { digest }) };
}

function locatorOf(artifact: Artifact): string {
  return artifact.kind === "file" ? artifact.url : artifact.image;
}

function componentChange(component: string, from: Plan, to: Plan): ComponentChange {
  const [before, after] = [versionsOf(component, from), versionsOf(component, to)];
  const change = before.length === 0 ? "added" : after.length === 0 ? "removed" : "changed";
  return { change, component, from: before, to: after };
}

function versionsOf(component: string, plan: Plan): string[] {
  const versions = plan.artifacts.flatMap((artifact) =>
    artifact.component === component ? withoutV(artifact.version) : [],
  );
  return [...new Set(versions)].sort((a, b) => (isVersion(a) && isVersion(b) ? compare(a, b) : a < b ? -1 : 1));
}
