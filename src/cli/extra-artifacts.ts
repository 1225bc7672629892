// `--extra FILE`: what a server inside the gap was asked for and did not have, on top of the plan.
import { KsoError } from "../core/errors.ts";
import { type ExtraArtifact, parseExtraArtifacts } from "../core/extra-artifacts.ts";
import type { Artifact, Plan } from "../core/plan.ts";
import { normalizeReference } from "../core/reference.ts";
import { readText } from "../files/read.ts";

/** The component that wishes belong to, whatever they were a part of. */
const component = "wishes";
/** A list is never longer. Bytes. */
const most = 64 << 20;

/**
 * The plan with the wishes of the files that `--extra` names; what is planned already is not wished for.
 * @throws KsoError `usage` naming the file, the line and the reason.
 */
export function withWishes(plan: Plan, files: readonly string[]): Plan {
  if (files.length === 0) return plan;
  const artifacts = new Map<string, Artifact>();
  const planned = new Set(plan.artifacts.map((one) => (one.kind === "file" ? one.path : one.image)));
  const notes: string[] = [];
  for (const file of files) {
    const { artifacts: extra, skipped } = parseExtraArtifacts(readText(file, "--extra", most), file);
    for (const name of skipped) notes.push(`${file}: ${name} is left out: it does not say where it could be had`);
    for (const wish of extra) {
      const artifact = artifactOf(wish, plan);
      const name = artifact.kind === "file" ? artifact.path : artifact.image;
      if (!planned.has(name)) artifacts.set(name, merged(artifacts.get(name), artifact));
    }
  }
  return {
    ...plan,
    artifacts: [...plan.artifacts, ...artifacts.values()],
    components: [
      ...plan.components,
      { component, category: "tool", included: true, reason: `wished for in ${files.join(", ")}` },
    ],
    notes: [...plan.notes, ...notes],
  };
}

function artifactOf(wish: ExtraArtifact, plan: Plan): Artifact {
  const { kind, name, where } = wish;
  const outside = wish.platforms?.find((platform) => !plan.platforms.includes(platform));
  if (outside !== undefined)
    throw new KsoError(
      "usage",
      `Cannot use ${where}: ${name} is wished for ${outside}, and the plan is for ${plan.platforms.join(" and ")}`,
    );
  const common = {
    name: `${component}:${name}`,
    component,
    platforms: wish.platforms ?? plan.platforms,
    listed: false,
    reason: `wished for in ${where}`,
    provenance: { version: where, name: where },
  };
  if (kind === "file") return { kind, ...common, version: "as wished", url: `https://${name}`, path: name };
  const { host, repository, tag, digest } = normalizeReference(name);
  // An image that was asked for by its digest is served by it; a tag it must have all the same, and nobody gives it this one.
  const image = `${host}/${repository}:${tag ?? `wished-${digest?.slice("sha256:".length, 19)}`}`;
  return { kind, ...common, version: tag ?? String(digest), image, ...(digest && { digest }) };
}

/** Wished for twice: for all platforms of both. */
function merged(there: Artifact | undefined, one: Artifact): Artifact {
  return there ? { ...one, platforms: [...new Set([...there.platforms, ...one.platforms])].sort() } : one;
}
