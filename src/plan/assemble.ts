// What a release, or a checkout, contributes + a selection → plan: the one place where artifacts are put together.

import type { Contributed } from "../catalog/contributions.ts";
import type { PublishedDigest } from "../catalog/release.ts";
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Artifact, FileArtifact, ImageArtifact, Plan, Unavailable } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { type ReleaseComponents, type ScopedDecision, type Selection, selectComponents } from "./selection.ts";

/** What a person asks for, whatever it is taken from. */
export interface PlanOptions {
  readonly platforms: readonly Platform[];
  readonly selection: Selection;
  readonly unavailable: "exclude" | "include";
}

/** The plan, and the facts it rests on (for messages about components). */
export interface Resolution {
  readonly plan: Plan;
  readonly components: ReleaseComponents;
}

/** All that a plan is put together from. */
export interface PlanInput {
  readonly release: Plan["release"];
  readonly kubernetes: string;
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  readonly contributed: readonly Contributed[];
  readonly lists: ReleaseManifest["lists"];
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** For one cluster: component → why it is in or out. What is not {@link Contributed.needed} then comes in by name only. */
  readonly reasons?: ReadonlyMap<string, string> | undefined;
  /** The published digest; undefined where there is none. */
  digestOf(item: Contributed & { kind: "file" }): PublishedDigest | undefined;
}

/** @throws KsoError `unresolvable` when there is no such plan; the message says what there is. */
export function assemble(ground: PlanInput, request: PlanOptions): Resolution {
  const { release, contributed } = ground;
  const order = new ListOrder(ground.lists);
  order.assertComplete(contributed, release.name);
  const goesIn = (item: Contributed): boolean => (ground.reasons ? item.needed === true : order.lists(item));
  const components: ReleaseComponents = {
    plugins: ground.plugins,
    userPlugins: ground.userPlugins,
    releaseName: `kubespray ${release.version}`,
    listed: new Set(contributed.filter(goesIn).map(({ component }) => component)),
    present: new Set(contributed.map(({ component }) => component)),
    requires: ground.requires,
    ...(ground.reasons && { reasons: ground.reasons }),
    owners: new Map(contributed.map(({ name, component }) => [name, component])),
  };
  const { decisions, notes } = selectComponents(request.selection, components);
  const chosen = new Map(decisions.filter(({ included }) => included).map((choice) => [choice.component, choice]));
  const builder = new ArtifactCollector(request.unavailable === "include", order, chosen, ground);
  for (const item of contributed) {
    const choice = chosen.get(item.component);
    if (choice && (choice.scope === "all" || goesIn(item))) builder.add(item);
  }
  return {
    components,
    plan: {
      schema: "kso.plan/1",
      release,
      kubernetes: ground.kubernetes,
      platforms: request.platforms.map(platformName),
      artifacts: builder.artifacts(),
      unavailable: builder.unavailable,
      components: decisions.map(({ scope: _, ...decision }) => decision),
      notes,
    },
  };
}

/** The order in which the release's own generate_list.sh prints. */
class ListOrder {
  readonly #rank: ReadonlyMap<string, number>;
  constructor({ files, images }: ReleaseManifest["lists"]) {
    const keys = [...files.map((name) => `file ${name}`), ...images.map((name) => `image ${name}`)];
    this.#rank = new Map(keys.map((key, index) => [key, index]));
  }
  lists(item: { kind: string; name: string }): boolean {
    return this.#rank.has(`${item.kind} ${item.name}`);
  }
  /** Files before images; what is not listed comes behind what is. */
  of(item: { kind: string; name: string }): number {
    return this.#rank.get(`${item.kind} ${item.name}`) ?? (item.kind === "file" ? 10_000 : 20_000);
  }
  /** A name in the release's list that no plugin describes would silently be missing from every bundle. */
  assertComplete(items: readonly Contributed[], release: string): void {
    const there = new Set(items.map((item) => `${item.kind} ${item.name}`));
    const missing = [...this.#rank.keys()].filter((key) => !there.has(key));
    if (missing.length > 0)
      throw new KsoError("unresolvable", `${release} lists ${missing.join(", ")}, which no plugin describes`);
  }
}

/** Collects artifacts; what is the same for several platforms becomes one. */
class ArtifactCollector {
  readonly unavailable: Unavailable[] = [];
  readonly #artifacts = new Map<string, Artifact>();
  readonly #include: boolean;
  readonly #order: ListOrder;
  readonly #choices: ReadonlyMap<string, ScopedDecision>;
  readonly #ground: PlanInput;
  constructor(include: boolean, order: ListOrder, choices: ReadonlyMap<string, ScopedDecision>, ground: PlanInput) {
    this.#include = include;
    this.#order = order;
    this.#choices = choices;
    this.#ground = ground;
  }

  add(item: Contributed): void {
    const platform = platformName(item.platform);
    const found = item.kind === "file" ? this.#digestOf(item) : undefined;
    const reason =
      item.unavailable ??
      (item.kind === "file" && !found
        ? `no digest is published for ${platform} (${this.#ground.release.name})`
        : undefined);
    if (reason !== undefined) {
      this.unavailable.push({
        kind: item.kind,
        name: item.name,
        component: item.component,
        version: item.version,
        platform,
        locator: item.kind === "file" ? item.url : item.image,
        reason,
        included: this.#include,
      });
      if (!this.#include) return;
    }
    const artifact = item.kind === "file" ? this.#file(item, platform, found) : this.#image(item, platform);
    const key =
      item.kind === "file" ? `file ${item.name} ${item.url} ${found?.digest}` : `image ${item.name} ${item.image}`;
    const there = this.#artifacts.get(key);
    this.#artifacts.set(key, there ? { ...there, platforms: [...there.platforms, platform] } : artifact);
  }

  artifacts(): Artifact[] {
    return [...this.#artifacts.values()].sort((a, b) => this.#order.of(a) - this.#order.of(b));
  }

  #digestOf(item: Contributed & { kind: "file" }): PublishedDigest | undefined {
    const own = item.digest as Digest | undefined;
    return this.#ground.digestOf(item) ?? (own && { digest: own, source: `plugin ${item.component}` });
  }

  #file(item: Contributed & { kind: "file" }, platform: string, found: PublishedDigest | undefined): FileArtifact {
    return {
      kind: "file",
      ...this.#common(item, platform, found?.source),
      url: item.url,
      path: item.url.replace(/^https?:\/\//, ""),
      ...(found && { digest: found.digest }),
    };
  }

  #image(item: Contributed & { kind: "image" }, platform: string): ImageArtifact {
    return { kind: "image", ...this.#common(item, platform), image: item.image };
  }

  #common(item: Contributed, platform: string, digest?: string): Omit<FileArtifact, "kind" | "url" | "path"> {
    const writer = item.writer ?? `plugin ${item.component}`;
    const version = item.pin ? `${this.#ground.release.name} ${item.pin}` : writer;
    return {
      name: item.name,
      component: item.component,
      version: item.version,
      platforms: [platform],
      listed: this.#order.lists(item),
      reason: item.reason ?? this.#choices.get(item.component)?.reason ?? "",
      provenance: { version, name: writer, ...(digest && { digest }) },
    };
  }
}
