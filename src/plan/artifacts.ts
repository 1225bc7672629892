// Contributions become artifacts of a plan, in the release's own order; what upstream lacks is recorded beside them.

import type { Contributed } from "../catalog/contributions.ts";
import type { ComponentImage, ImageFact } from "../catalog/image-facts.ts";
import type { PublishedDigest } from "../catalog/release.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import { type Artifact, type Decision, type FileArtifact, lacksReason, type Unavailable } from "../core/plan.ts";
import { platformName } from "../core/platform.ts";
import { digestTag } from "../core/reference.ts";

type ContributedFile = Contributed & { kind: "file" };

/** The order in which the release's own generate_list.sh prints files and images. */
export class ListOrder {
  readonly #ranks: ReadonlyMap<string, number>;
  constructor({ files, images }: ReleaseManifest["lists"]) {
    const keys = [...files.map((name) => `file ${name}`), ...images.map((name) => `image ${name}`)];
    this.#ranks = new Map(keys.map((key, index) => [key, index]));
  }

  /** True when the release's list names the item. */
  lists(item: { kind: string; name: string }): boolean {
    return this.#ranks.has(`${item.kind} ${item.name}`);
  }

  /** The item's place in the order: files before images, and what is not listed behind what is. */
  rankOf(item: { kind: string; name: string }): number {
    return this.#ranks.get(`${item.kind} ${item.name}`) ?? (item.kind === "file" ? 10_000 : 20_000);
  }

  /**
   * Checks that the items hold everything in the release's list: a name that no plugin describes would be absent from every bundle
   * without a message.
   * @throws KsoError `unresolvable` naming what is not described.
   */
  assertComplete(items: readonly Contributed[], release: string): void {
    const described = new Set(items.map((item) => `${item.kind} ${item.name}`));
    const undescribed = [...this.#ranks.keys()].filter((key) => !described.has(key));
    if (undescribed.length > 0)
      throw new KsoError("unresolvable", `${release} lists ${undescribed.join(", ")}, which no plugin describes`);
  }
}

/** What an {@link ArtifactCollector} is made with. */
export interface CollectorOptions {
  readonly releaseName: string;
  readonly order: ListOrder;
  /** Keep what is unavailable among the artifacts. */
  readonly includeUnavailable: boolean;
  digestOf(item: ContributedFile): PublishedDigest | undefined;
  /** What is known of an image on a platform; undefined where nobody has looked. */
  imageFact(image: ComponentImage, platform: string): ImageFact | undefined;
}

/** Collects artifacts; what is the same for several platforms becomes one. */
export class ArtifactCollector {
  readonly unavailable: Unavailable[] = [];
  /** On what was asked for although an image of it is known to lack an architecture. */
  readonly notes: string[] = [];
  readonly #artifacts = new Map<string, Artifact>();
  readonly #options: CollectorOptions;
  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Adds one item; `reason` is why its component is in, and `requested` whether somebody asked for it. */
  add(item: Contributed, { reason, requested }: Pick<Decision, "reason" | "requested">): void {
    const published = item.kind === "file" ? this.#digestOf(item) : undefined;
    const unavailableReason = this.#unavailableReason(item, published) ?? this.#knownLack(item, requested);
    if (unavailableReason !== undefined) {
      this.unavailable.push(unavailableItem(item, unavailableReason, this.#options.includeUnavailable));
      if (!this.#options.includeUnavailable) return;
    }
    const artifact = this.#artifact(item, item.reason ?? reason, published);
    const identity =
      artifact.kind === "file"
        ? `file ${artifact.name} ${artifact.url} ${artifact.digest}`
        : `image ${artifact.name} ${artifact.image} ${artifact.digest}`;
    const existing = this.#artifacts.get(identity);
    this.#artifacts.set(
      identity,
      existing ? { ...existing, platforms: [...new Set([...existing.platforms, ...artifact.platforms])] } : artifact,
    );
  }

  /** All artifacts, in the release's order. */
  artifacts(): Artifact[] {
    const { order } = this.#options;
    return distinctPins([...this.#artifacts.values()].sort((a, b) => order.rankOf(a) - order.rankOf(b)));
  }

  #digestOf(item: ContributedFile): PublishedDigest | undefined {
    const digest = item.digest as Digest | undefined;
    return this.#options.digestOf(item) ?? (digest && { digest, source: `plugin ${item.component}` });
  }

  /** Why the item is unavailable; undefined when it is not. */
  #unavailableReason(item: Contributed, published: PublishedDigest | undefined): string | undefined {
    if (item.unavailable !== undefined || item.kind === "image" || published) return item.unavailable;
    return `no digest is published (${this.#options.releaseName})`;
  }

  /** Why an image is known not to be there. What was asked for stays: who fetches asks the registry, and says what it lacks. */
  #knownLack(item: Contributed, requested: true | undefined): string | undefined {
    if (item.kind === "file") return undefined;
    const fact = this.#options.imageFact(item, platformName(item.platform));
    if (fact === undefined || fact.available) return undefined;
    const reason = lacksReason(fact.source);
    if (!requested) return reason;
    const allow = `fetched only with --allow-missing ${item.name}`;
    this.notes.push(`${item.image} for ${platformName(item.platform)}: ${reason}; ${allow}`);
    return undefined;
  }

  #artifact(item: Contributed, reason: string, published: PublishedDigest | undefined): Artifact {
    const common = this.#common(item, reason, published);
    if (item.kind === "image") {
      const digest = item.digest as Digest | undefined;
      return { kind: "image", ...common, image: item.image, ...(digest && { digest }) };
    }
    return {
      kind: "file",
      ...common,
      url: item.url,
      path: item.url.replace(/^https?:\/\//, ""),
      ...(published && { digest: published.digest }),
    };
  }

  #common(
    item: Contributed,
    reason: string,
    published: PublishedDigest | undefined,
  ): Omit<FileArtifact, "kind" | "url" | "path" | "digest"> {
    const { order, releaseName } = this.#options;
    const writer = item.writer ?? `plugin ${item.component}`;
    return {
      name: item.name,
      component: item.component,
      version: item.version,
      platforms: [platformName(item.platform)],
      listed: order.lists(item),
      reason,
      provenance: {
        version: item.pin ? `${releaseName} ${item.pin}` : writer,
        name: writer,
        ...(published && { digest: published.source }),
      },
    };
  }
}

/**
 * Each image name leads to one image: where it is asked for by its tag alone, or by another digest first, an image that is pinned gets a
 * tag of its own. A server finds it by its digest.
 */
export function distinctPins(artifacts: readonly Artifact[]): Artifact[] {
  const images = artifacts.filter((artifact) => artifact.kind === "image");
  const digests = new Map<string, Digest | undefined>();
  for (const { image, digest } of images) if (digest === undefined) digests.set(image, digest);
  for (const { image, digest } of images) if (!digests.has(image)) digests.set(image, digest);
  return artifacts.map((artifact) => {
    if (artifact.kind === "file" || !artifact.digest || digests.get(artifact.image) === artifact.digest)
      return artifact;
    return { ...artifact, image: `${artifact.image.replace(/:[^:]*$/, "")}:${digestTag(artifact.digest)}` };
  });
}

function unavailableItem(item: Contributed, reason: string, included: boolean): Unavailable {
  return {
    kind: item.kind,
    name: item.name,
    component: item.component,
    version: item.version,
    platform: platformName(item.platform),
    locator: item.kind === "file" ? item.url : item.image,
    reason,
    included,
  };
}
