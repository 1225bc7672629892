// Selects the manifests of the chosen platforms from an index and the indexes inside it. The first match wins, as on a node;
// an entry without a platform is read only for platforms that no other entry names.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { GraphWalk, ImageGraph } from "./image-graph.ts";
import { type ImageIndexEntry, isImageConfig, manifestKind } from "./manifest.ts";
import { chooseEntry, matchesPlatform } from "./platforms.ts";

/** The manifests that a walk follows. */
export interface SelectedManifests {
  /** By platform, in the order of the platforms. */
  readonly manifests: ReadonlyMap<string, Descriptor>;
  /** Indexes on the way to them, without the root. */
  readonly indexes: readonly Descriptor[];
  /** Attestations of them, or in an `"all"` walk everything. */
  readonly others: readonly Descriptor[];
}

interface IndexNode {
  readonly entries: readonly ImageIndexEntry[];
  /** The platforms that are looked for in it. */
  readonly platforms: readonly string[];
  /** The indexes from the root down to this one. */
  readonly trail: readonly Descriptor[];
}

interface NestedIndex {
  readonly blob: Descriptor;
  readonly platforms: readonly string[];
  readonly trail: readonly Descriptor[];
}

interface PlatformManifest {
  readonly manifest: Descriptor;
  readonly node: IndexNode;
}

/** Indexes inside one another. */
const maxDepth = 4;

/** Selects the manifests of the platforms. @throws KsoError `verify` when indexes lead in a circle or too deep. */
export function* selectManifests(
  graph: ImageGraph,
  root: Descriptor,
  entries: readonly ImageIndexEntry[],
  platforms: readonly string[] | "all",
): GraphWalk<SelectedManifests> {
  const search = new ManifestSearch(graph, platforms);
  let level: readonly IndexNode[] = [{ entries, platforms: platforms === "all" ? [] : platforms, trail: [root] }];
  while (level.length > 0) level = yield* search.readNext(search.visit(level));
  if (platforms === "all") return search.everything();
  yield* search.lookIntoUnnamed(platforms);
  return search.selected(platforms);
}

/** The state of one search through nested indexes. */
class ManifestSearch {
  readonly #graph: ImageGraph;
  readonly #all: boolean;
  readonly #found = new Map<string, PlatformManifest>();
  readonly #visited: IndexNode[] = [];
  readonly #seen = new Set<Digest>();

  constructor(graph: ImageGraph, platforms: readonly string[] | "all") {
    this.#graph = graph;
    this.#all = platforms === "all";
  }

  /** Chooses manifests from one level of indexes. Returns the indexes below it that may have those of other platforms. */
  visit(level: readonly IndexNode[]): NestedIndex[] {
    const nested: NestedIndex[] = [];
    for (const node of level) {
      this.#visited.push(node);
      this.#chooseFrom(node);
      nested.push(...this.#nestedIn(node));
    }
    return nested.filter(({ platforms }) => this.#all || platforms.some((platform) => !this.#found.has(platform)));
  }

  /** Reads the next level. */
  *readNext(nested: readonly NestedIndex[]): GraphWalk<IndexNode[]> {
    if (nested.some(({ trail }) => trail.length === maxDepth))
      throw this.#graph.refuse(`it has more than ${maxDepth} indexes inside one another`);
    const documents = yield* this.#graph.documents(nested.map(({ blob }) => blob));
    return nested.flatMap(({ blob, platforms, trail }, position) => {
      const document = documents[position];
      return document?.kind === "index" ? [{ entries: document.entries, platforms, trail: [...trail, blob] }] : [];
    });
  }

  /** Reads manifests without a platform in their index, for platforms that are still missing: the configuration names one. */
  *lookIntoUnnamed(platforms: readonly string[]): GraphWalk<void> {
    const remaining = platforms.filter((platform) => !this.#found.has(platform));
    if (remaining.length === 0) return;
    const candidates = this.#visited.flatMap((node) =>
      node.entries
        .filter((entry) => isImage(entry) && !entry.platform)
        .map(({ blob: manifest }) => ({ manifest, node })),
    );
    const documents = yield* this.#graph.documents(candidates.map(({ manifest }) => manifest));
    for (const [position, candidate] of candidates.entries()) {
      const document = documents[position];
      const config = document?.kind === "manifest" ? document.config : undefined;
      if (!config || !isImageConfig(config)) continue;
      const [imagePlatform] = yield* this.#graph.configs([config]);
      if (!imagePlatform) continue;
      for (const platform of remaining)
        if (!this.#found.has(platform) && matchesPlatform(imagePlatform, platform))
          this.#found.set(platform, candidate);
    }
  }

  /** All manifests of all indexes. */
  everything(): SelectedManifests {
    return {
      manifests: new Map(),
      indexes: this.#visited.slice(1).map(({ trail }) => trail.at(-1) as Descriptor),
      others: this.#visited.flatMap(({ entries }) =>
        entries.filter(({ blob }) => manifestKind(blob.mediaType) === "manifest").map(({ blob }) => blob),
      ),
    };
  }

  /** The manifests of the platforms, the indexes that lead to them and their attestations. */
  selected(platforms: readonly string[]): SelectedManifests {
    const manifests = new Map<string, Descriptor>();
    for (const platform of platforms) {
      const selected = this.#found.get(platform);
      if (selected) manifests.set(platform, selected.manifest);
    }
    const nodes = new Set([...this.#found.values()].map(({ node }) => node));
    const digests = new Set<string>([...manifests.values()].map(({ digest }) => digest));
    const isAttestation = ({ blob, attests }: ImageIndexEntry): boolean =>
      attests !== undefined && digests.has(attests) && manifestKind(blob.mediaType) === "manifest";
    return {
      manifests,
      indexes: [...nodes].flatMap(({ trail }) => trail.slice(1)),
      others: [...nodes].flatMap(({ entries }) => entries.filter(isAttestation).map(({ blob }) => blob)),
    };
  }

  #chooseFrom(node: IndexNode): void {
    const images = node.entries.filter(isImage);
    for (const platform of node.platforms) {
      const entry = this.#found.has(platform) ? undefined : chooseEntry(images, platform);
      if (entry) this.#found.set(platform, { manifest: entry.blob, node });
    }
  }

  #nestedIn(node: IndexNode): NestedIndex[] {
    const nested: NestedIndex[] = [];
    for (const entry of node.entries) {
      const { blob } = entry;
      if (manifestKind(blob.mediaType) !== "index") continue;
      if (node.trail.some(({ digest }) => digest === blob.digest))
        throw this.#graph.refuse(`index ${blob.digest} contains itself`);
      const platforms = node.platforms.filter(
        (platform) => !entry.platform || matchesPlatform(entry.platform, platform),
      );
      if (!this.#seen.has(blob.digest) && (this.#all || platforms.length > 0))
        nested.push({ blob, platforms, trail: node.trail });
      this.#seen.add(blob.digest);
    }
    return nested;
  }
}

function isImage({ blob, attests }: ImageIndexEntry): boolean {
  return attests === undefined && manifestKind(blob.mediaType) === "manifest";
}
