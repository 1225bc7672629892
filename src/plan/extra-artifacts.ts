// Extra artifacts on top of a plan: what a user adds, such as what a server was asked for and lacks (`--extra FILE`).
import { KsoError } from "../core/errors.ts";
import { type ExtraArtifact, isChartIndex, parseExtraArtifacts } from "../core/extra-artifacts.ts";
import { type Artifact, artifactName, type Plan } from "../core/plan.ts";
import { digestTag, normalizeReference } from "../core/reference.ts";
import { distinctPins } from "./artifacts.ts";

/** The text of a list, and the file it comes from. */
export interface ExtraList {
  readonly text: string;
  readonly path: string;
}

/** The component that extra artifacts belong to, whatever they are a part of. */
const component = "extra";

/**
 * The plan with the artifacts of the lists; what is planned already is not added.
 * @throws KsoError `usage` naming the file, the line and the reason.
 */
export function addExtraArtifacts(plan: Plan, lists: readonly ExtraList[]): Plan {
  if (lists.length === 0) return plan;
  const planned = new Set(plan.artifacts.flatMap((artifact) => [artifactName(artifact), identityOf(artifact)]));
  const added = new Map<string, Artifact>();
  const notes: string[] = [];
  for (const { text, path } of lists) {
    const { artifacts, skipped } = parseExtraArtifacts(text, path);
    for (const name of skipped) notes.push(`${path}: ${name} is left out: ${skipReason(name)}`);
    for (const extra of artifacts) {
      const artifact = artifactFor(extra, plan);
      const identity = identityOf(artifact);
      if (!planned.has(identity)) added.set(identity, withPlatformsOf(artifact, added.get(identity)));
    }
  }
  const reason = `named in ${lists.map(({ path }) => path).join(", ")}`;
  return {
    ...plan,
    artifacts: distinctPins([...plan.artifacts, ...added.values()]),
    components: [...plan.components, { component, category: "tool", included: true, reason, requested: true }],
    notes: [...plan.notes, ...notes],
  };
}

/** The name, and of an image that is pinned the digest in its repository: the tag decides nothing. */
function identityOf(artifact: Artifact): string {
  if (artifact.kind === "file" || artifact.digest === undefined) return artifactName(artifact);
  return `${artifact.image.replace(/:[^:]*$/, "")}@${artifact.digest}`;
}

function skipReason(name: string): string {
  return isChartIndex(name)
    ? "it is made from the charts beside it; add the chart"
    : "it does not say where it could be had";
}

function artifactFor(extra: ExtraArtifact, plan: Plan): Artifact {
  const { kind, name, where, platforms = plan.platforms } = extra;
  const unplanned = platforms.find((platform) => !plan.platforms.includes(platform));
  if (unplanned !== undefined)
    throw new KsoError(
      "usage",
      `Cannot use ${where}: ${name} is for ${unplanned}, and the plan is for ${plan.platforms.join(" and ")}`,
    );
  const common = {
    name: `${component}:${name}`,
    component,
    platforms,
    listed: false,
    reason: `named in ${where}`,
    provenance: { version: where, name: where },
  };
  if (kind === "file") return { kind, ...common, version: "as named", url: `https://${name}`, path: name };
  const { host, repository, tag, digest } = normalizeReference(name);
  // A server finds an image that is named by its digest by that digest. A plan needs a tag as well.
  const image = `${host}/${repository}:${tag ?? (digest ? digestTag(digest) : "latest")}`;
  return { kind, ...common, version: tag ?? String(digest), image, ...(digest && { digest }) };
}

/** The artifact, for the platforms of another of the same name too. */
function withPlatformsOf(artifact: Artifact, other: Artifact | undefined): Artifact {
  if (!other) return artifact;
  return { ...artifact, platforms: [...new Set([...other.platforms, ...artifact.platforms])].sort() };
}
