// From an index down to the manifests of the chosen platforms, through indexes inside it. The first match wins, as on a
// node; an entry without a platform is looked into only for platforms that no other entry names.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { GraphWalk, ImageGraph } from "./image-graph.ts";
import { type ImageIndexEntry, isImageConfig, manifestKind } from "./manifest.ts";
import { chooseEntry, matchesPlatform } from "./platforms.ts";

export interface SelectedManifests {
  /** Platform → its manifest, in the order of the platforms. */
  readonly manifests: ReadonlyMap<string, Descriptor>;
  /** Indexes on the way to them, without the root. */
  readonly indexes: readonly Descriptor[];
  /** Attestations of them, or in an `"all"` walk everything. */
  readonly others: readonly Descriptor[];
}

interface Node {
  readonly entries: readonly ImageIndexEntry[];
  readonly wanted: readonly string[];
  /** The indexes from the root down to this one. */
  readonly trail: readonly Descriptor[];
}

/** Indexes inside one another. */
const deepest = 4;

/** @throws KsoError `verify` when indexes lead in a circle or too deep. */
export function* selectManifests(
  ledger: ImageGraph,
  root: Descriptor,
  entries: readonly ImageIndexEntry[],
  platforms: readonly string[] | "all",
): GraphWalk<SelectedManifests> {
  const all = platforms === "all";
  const found = new Map<string, { manifest: Descriptor; node: Node }>();
  const visited: Node[] = [];
  const seen = new Set<Digest>();
  let level: Node[] = [{ entries, wanted: all ? [] : platforms, trail: [root] }];
  while (level.length > 0) {
    const next: { blob: Descriptor; wanted: readonly string[]; trail: readonly Descriptor[] }[] = [];
    for (const node of level) {
      visited.push(node);
      const images = node.entries.filter(isImage);
      for (const platform of node.wanted) {
        const entry = found.has(platform) ? undefined : chooseEntry(images, platform);
        if (entry) found.set(platform, { manifest: entry.blob, node });
      }
      for (const { blob, platform: runsOn } of node.entries.filter(
        ({ blob }) => manifestKind(blob.mediaType) === "index",
      )) {
        if (node.trail.some(({ digest }) => digest === blob.digest))
          throw ledger.refuse(`index ${blob.digest} contains itself`);
        const wanted = node.wanted.filter((platform) => !runsOn || matchesPlatform(runsOn, platform));
        if (!seen.has(blob.digest) && (all || wanted.length > 0)) next.push({ blob, wanted, trail: node.trail });
        seen.add(blob.digest);
      }
    }
    const due = next.filter(({ wanted }) => all || wanted.some((platform) => !found.has(platform)));
    if (due.some(({ trail }) => trail.length === deepest))
      throw ledger.refuse(`it has more than ${deepest} indexes inside one another`);
    const documents = yield* ledger.documents(due.map(({ blob }) => blob));
    level = due.flatMap(({ blob, wanted, trail }, at) => {
      const document = documents[at];
      return document?.kind === "index" ? [{ entries: document.entries, wanted, trail: [...trail, blob] }] : [];
    });
  }
  if (all) return everything(visited);
  const left = platforms.filter((platform) => !found.has(platform));
  if (left.length > 0) yield* lookInto(ledger, visited, left, found);
  return result(platforms, found);
}

function isImage({ blob, attests }: ImageIndexEntry): boolean {
  return attests === undefined && manifestKind(blob.mediaType) === "manifest";
}

/** Manifests that their index gives no platform: their configuration tells it. */
function* lookInto(
  ledger: ImageGraph,
  visited: readonly Node[],
  platforms: readonly string[],
  found: Map<string, { manifest: Descriptor; node: Node }>,
): GraphWalk<void> {
  const unnamed = visited.flatMap((node) =>
    node.entries.filter((entry) => isImage(entry) && !entry.platform).map(({ blob: manifest }) => ({ manifest, node })),
  );
  const documents = yield* ledger.documents(unnamed.map(({ manifest }) => manifest));
  for (const [at, candidate] of unnamed.entries()) {
    const document = documents[at];
    const config = document?.kind === "manifest" ? document.config : undefined;
    if (!config || !isImageConfig(config)) continue;
    const [runsOn] = yield* ledger.configs([config]);
    for (const platform of platforms)
      if (runsOn && !found.has(platform) && matchesPlatform(runsOn, platform)) found.set(platform, candidate);
  }
}

function everything(visited: readonly Node[]): SelectedManifests {
  return {
    manifests: new Map(),
    indexes: visited.slice(1).map(({ trail }) => trail.at(-1) as Descriptor),
    others: visited.flatMap(({ entries }) =>
      entries.filter(({ blob }) => manifestKind(blob.mediaType) === "manifest").map(({ blob }) => blob),
    ),
  };
}

function result(
  platforms: readonly string[],
  found: ReadonlyMap<string, { manifest: Descriptor; node: Node }>,
): SelectedManifests {
  const manifests = new Map<string, Descriptor>();
  for (const platform of platforms) {
    const one = found.get(platform);
    if (one) manifests.set(platform, one.manifest);
  }
  const nodes = new Set([...found.values()].map(({ node }) => node));
  const digests = new Set<string>([...manifests.values()].map(({ digest }) => digest));
  return {
    manifests,
    indexes: [...nodes].flatMap(({ trail }) => trail.slice(1)),
    others: [...nodes].flatMap(({ entries }) =>
      entries
        .filter(
          ({ blob, attests }) =>
            attests !== undefined && digests.has(attests) && manifestKind(blob.mediaType) === "manifest",
        )
        .map(({ blob }) => blob),
    ),
  };
}
