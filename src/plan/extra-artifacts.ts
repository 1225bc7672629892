// Extra artifacts on top of a plan: what a user adds, such as what a server was asked for and lacks (`--extra FILE`).
import { KsoError } from "../core/errors.ts";
import { type ExtraArtifact, isChartIndex, parseExtraArtifacts } from "../core/extra-artifacts.ts";
import { type Artifact, artifactName, type FileArtifact, type Plan } from "../core/plan.ts";
import { digestTag, normalizeReference } from "../core/reference.ts";
import { distinctPins } from "./artifacts.ts";
import { isExtraForm, type ReadForm, readExtraForm } from "./extra-form.ts";

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
    const { artifacts, notes: remarks } = readList(text, path);
    notes.push(...remarks);
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

function readList(text: string, path: string): ReadForm {
  if (isExtraForm(text)) return readExtraForm(text, path);
  const { artifacts, skipped } = parseExtraArtifacts(text, path);
  return { artifacts, notes: skipped.map((name) => `${path}: ${name} is left out: ${skipReason(name)}`) };
}

function skipReason(name: string): string {
  return isChartIndex(name)
    ? "it is made from the charts beside it; add the chart"
    : "it does not say where it could be had";
}

function artifactFor(extra: ExtraArtifact, plan: Plan): Artifact {
  const { kind, name, where, chart, platforms = plan.platforms } = extra;
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
  const { url = `https://${name}`, digest: named } = extra;
  const published = named && { digest: named, provenance: { ...common.provenance, digest: where } };
  if (chart) return { ...common, ...chartFields(chart, name), ...published };
  if (kind === "file") return { kind, ...common, version: "as named", url, path: name, ...published };
  const { host, repository, tag, digest } = normalizeReference(name);
  // A server finds an image that is named by its digest by that digest. A plan needs a tag as well.
  const image = `${host}/${repository}:${tag ?? (digest ? digestTag(digest) : "latest")}`;
  return { kind: "image", ...common, version: tag ?? String(digest), image, ...(digest && { digest }) };
}

function chartFields(
  { repository, name, version }: NonNullable<ExtraArtifact["chart"]>,
  path: string,
): Pick<FileArtifact, "kind" | "name" | "version" | "url" | "path" | "chart"> {
  const url = repository.startsWith("oci:") ? `${repository}/${name}:${version}` : `https://${path}`;
  // An item whose name ends so is a chart.
  return { kind: "file", name: `${component}:${path}_chart`, version, url, path, chart: { repository, name } };
}

/** The artifact, for the platforms of another of the same name too. */
function withPlatformsOf(artifact: Artifact, other: Artifact | undefined): Artifact {
  if (!other) return artifact;
  return { ...artifact, platforms: [...new Set([...other.platforms, ...artifact.platforms])].sort() };
}
