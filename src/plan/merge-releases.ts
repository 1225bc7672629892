// The plans of several releases as one: what several want is in it once, and every item says which of them want it.
import { KsoError } from "../core/errors.ts";
import { type Artifact, artifactName, type Decision, type Plan } from "../core/plan.ts";
import { compare, minor } from "../core/version.ts";
import { distinctPins } from "./artifacts.ts";

/**
 * One plan for several releases, which must differ; that of one release is that plan itself.
 * @throws KsoError `unresolvable` for a name under which two releases want different bytes.
 */
export function mergePlans(unsorted: readonly [Plan, ...Plan[]]): Plan {
  const parts = unsorted.toSorted((a, b) => compare(a.release.version, b.release.version));
  const newest = parts.at(-1) as Plan;
  if (parts.length === 1) return newest;
  assertSameBytes(parts);
  const { release, kubernetes, platforms, profile } = newest;
  return {
    schema: "kso.plan/2",
    release,
    kubernetes,
    releases: parts.map((part) => ({ ...part.release, kubernetes: part.kubernetes })),
    platforms,
    ...(profile !== undefined && { profile }),
    artifacts: distinctPins(inListOrder(merged(parts, (part) => part.artifacts, identityOf))),
    unavailable: merged(parts, (part) => part.unavailable, JSON.stringify),
    unresolved: merged(parts, (part) => part.unresolved, JSON.stringify),
    components: merged(parts, (part) => part.components, decisionOf),
    notes: [...skippedMinors(parts), ...notesOf(parts)],
    parts,
  };
}

/** The items of all parts in the order of the newest one, each with the releases that want it. */
function merged<T extends object>(
  parts: readonly Plan[],
  itemsOf: (part: Plan) => readonly T[],
  identity: (item: T) => string,
): (T & { readonly releases: readonly string[] })[] {
  const found = new Map<string, T & { readonly releases: string[] }>();
  for (const part of parts.toReversed())
    for (const item of itemsOf(part)) {
      const key = identity(item);
      const { version } = part.release;
      const earlier = found.get(key)?.releases ?? [];
      const releases = earlier[0] === version ? earlier : [version, ...earlier];
      found.set(key, { ...(found.get(key) ?? item), releases });
    }
  return [...found.values()];
}

/** All that a lock has of an artifact. Why it is wanted, and by which list, is each release's own. */
function identityOf({ reason: _, listed: _listed, provenance, ...artifact }: Artifact): string {
  return JSON.stringify({ ...artifact, source: provenance.digest });
}

function decisionOf({ reason: _, ...decision }: Decision): string {
  return JSON.stringify(decision);
}

/** What is listed first, files before images; the versions of one item one after the other, the oldest first. */
function inListOrder<T extends Artifact & { readonly releases: readonly string[] }>(artifacts: readonly T[]): T[] {
  const groups = Map.groupBy(artifacts, ({ kind, name }) => `${kind} ${name}`);
  const rank = ([first]: readonly T[]): number => (first?.listed ? 0 : 2) + (first?.kind === "file" ? 0 : 1);
  const oldest = ({ releases: [first = ""] }: T): string => first;
  return [...groups.values()]
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((group) => group.toSorted((a, b) => compare(oldest(a), oldest(b))));
}

/** @throws KsoError `unresolvable` naming a file that two releases publish with different digests. */
function assertSameBytes(parts: readonly Plan[]): void {
  const digests = new Map<string, { readonly digest: string; readonly release: string }>();
  for (const { artifacts, release } of parts)
    for (const artifact of artifacts) {
      if (artifact.kind === "image" || artifact.digest === undefined) continue;
      const name = artifactName(artifact);
      const other = digests.get(name);
      if (other && other.digest !== artifact.digest)
        throw new KsoError(
          "unresolvable",
          `${name} is ${other.digest} for ${other.release}, and ${artifact.digest} for ${release.name}: one bundle has one file of a name; plan these releases apart`,
        );
      digests.set(name, { digest: artifact.digest, release: release.name });
    }
}

/** A note where the steps leave out a minor release of kubespray, which is upgraded one at a time. */
function skippedMinors(parts: readonly Plan[]): string[] {
  const minors = [...new Set(parts.map(({ release }) => minor(release.version)))].map(numbers);
  return minors.flatMap(([major = 0, last = 0], at) => {
    const [beforeMajor, before = last] = minors[at - 1] ?? [];
    const skipped = Array.from(
      { length: Math.max(0, last - before - 1) },
      (_, step) => `${major}.${before + 1 + step}`,
    );
    if (beforeMajor !== major || skipped.length === 0) return [];
    return [
      `between kubespray ${major}.${before} and ${major}.${last} lies ${skipped.join(", ")}, which is not planned: kubespray is upgraded one minor release at a time`,
    ];
  });
}

function numbers(version: string): number[] {
  return version.split(".").map(Number);
}

/** Each note once; what is not said of all releases, with those that it is said of. */
function notesOf(parts: readonly Plan[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { notes, release } of parts)
    for (const note of notes) owners.set(note, [...(owners.get(note) ?? []), release.version]);
  return [...owners].map(([note, versions]) =>
    versions.length === parts.length ? note : `kubespray ${versions.join(", ")}: ${note}`,
  );
}
