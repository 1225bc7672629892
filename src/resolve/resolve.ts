// Release + Kubernetes version + platforms + selection → plan. Pure, offline, and everything has its reason.
import type { Digest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Artifact, FileArtifact, Gap, ImageArtifact, Plan } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import { type Catalog, chooseRelease } from "./catalog.ts";
import { type Contributed, contributionsOf } from "./contributions.ts";
import { chooseKubernetes, type Digests, evaluateRelease, lookup } from "./release.ts";
import { requirementsFor } from "./requires.ts";
import { type Choice, type Facts, type Selection, select } from "./selection.ts";

/** What a person asks for. */
export interface Request {
  readonly release?: string | undefined;
  readonly kubernetes?: string | undefined;
  readonly platforms: readonly Platform[];
  readonly selection: Selection;
  readonly gaps: "exclude" | "include";
}

/** The plan, and the facts it rests on (for messages about components). */
export interface Resolved {
  readonly plan: Plan;
  readonly facts: Facts;
}

/** @throws KsoError `unresolvable` when there is no such plan; the message says what there is. */
export function resolve(catalog: Catalog, request: Request): Resolved {
  const manifest = chooseRelease(catalog, request.release);
  const further = Object.keys(catalog.overlay("kubernetes")?.manifest.files?.kubelet?.versions ?? {});
  const kubernetes = chooseKubernetes(manifest, request.kubernetes, further);
  const release = evaluateRelease(manifest, kubernetes);
  const contributed = catalog.plugins.flatMap((plugin) =>
    request.platforms.flatMap((platform) => contributionsOf(plugin, release, platform)),
  );
  const order = new Order(manifest);
  order.assertComplete(contributed, manifest);

  const names = catalog.plugins.map(({ name }) => name);
  const facts: Facts = {
    plugins: catalog.plugins,
    brought: catalog.brought,
    releaseName: `kubespray ${manifest.version}`,
    listed: new Set(contributed.filter((item) => order.lists(item)).map(({ component }) => component)),
    present: new Set(contributed.map(({ component }) => component)),
    requires: requirementsFor(manifest.version, names, (name) => ({
      ...(catalog.overlay(name)?.manifest.requires ?? catalog.component(name)?.requires),
    })),
    owners: new Map(contributed.map(({ name, component }) => [name, component])),
  };
  const { choices, notes } = select(request.selection, facts);
  const chosen = new Map(choices.filter(({ included }) => included).map((choice) => [choice.component, choice]));
  const items = contributed.filter((item) => {
    const choice = chosen.get(item.component);
    return choice && (choice.extent === "all" || order.lists(item));
  });

  const digests: Digests = {
    component: (name) => catalog.component(name),
    overlay: (name) => catalog.overlay(name),
    release: manifest,
  };
  const builder = new Builder(request.gaps === "include", order, chosen, manifest, digests);
  for (const item of items) builder.add(item);
  return {
    facts,
    plan: {
      schema: "kso.plan/1",
      release: { name: manifest.name, version: manifest.version, commit: manifest.source.commit },
      kubernetes,
      platforms: request.platforms.map(platformName),
      artifacts: builder.artifacts(),
      gaps: builder.gaps,
      components: choices.map(({ extent: _, ...decision }) => decision),
      notes,
    },
  };
}

/** The order in which the release's own generate_list.sh prints. */
class Order {
  readonly #rank: ReadonlyMap<string, number>;
  constructor(manifest: ReleaseManifest) {
    const keys = [
      ...manifest.lists.files.map((name) => `file ${name}`),
      ...manifest.lists.images.map((name) => `image ${name}`),
    ];
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
  assertComplete(items: readonly Contributed[], manifest: ReleaseManifest): void {
    const there = new Set(items.map((item) => `${item.kind} ${item.name}`));
    const missing = [...this.#rank.keys()].filter((key) => !there.has(key));
    if (missing.length > 0)
      throw new KsoError("unresolvable", `${manifest.name} lists ${missing.join(", ")}, which no plugin describes`);
  }
}

/** Collects artifacts; what is the same for several platforms becomes one. */
class Builder {
  readonly gaps: Gap[] = [];
  readonly #artifacts = new Map<string, Artifact>();
  readonly #include: boolean;
  readonly #order: Order;
  readonly #choices: ReadonlyMap<string, Choice>;
  readonly #manifest: ReleaseManifest;
  readonly #digests: Digests;
  constructor(
    include: boolean,
    order: Order,
    choices: ReadonlyMap<string, Choice>,
    manifest: ReleaseManifest,
    digests: Digests,
  ) {
    this.#include = include;
    this.#order = order;
    this.#choices = choices;
    this.#manifest = manifest;
    this.#digests = digests;
  }

  add(item: Contributed): void {
    const platform = platformName(item.platform);
    const found = item.kind === "file" ? this.#digestOf(item) : undefined;
    const reason =
      item.gap ??
      (item.kind === "file" && !found ? `no digest is published for ${platform} (${this.#manifest.name})` : undefined);
    if (reason !== undefined) {
      this.gaps.push({
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

  #digestOf(item: Contributed & { kind: "file" }): { digest: Digest; origin: string } | undefined {
    const published = lookup(
      this.#digests,
      item.component,
      item.digests ?? item.name,
      item.version,
      item.platform.arch,
    );
    return (
      published ?? (item.digest ? { digest: item.digest as Digest, origin: `plugin ${item.component}` } : undefined)
    );
  }

  #file(
    item: Contributed & { kind: "file" },
    platform: string,
    found: { digest: Digest; origin: string } | undefined,
  ): FileArtifact {
    return {
      kind: "file",
      ...this.#common(item, platform, found?.origin),
      url: item.url,
      path: item.url.replace(/^https?:\/\//, ""),
      ...(found && { digest: found.digest }),
    };
  }

  #image(item: Contributed & { kind: "image" }, platform: string): ImageArtifact {
    return { kind: "image", ...this.#common(item, platform), image: item.image, source: item.image };
  }

  #common(item: Contributed, platform: string, digest?: string): Omit<FileArtifact, "kind" | "url" | "path"> {
    const version = item.pin ? `${this.#manifest.name} ${item.pin}` : `plugin ${item.component}`;
    return {
      name: item.name,
      component: item.component,
      version: item.version,
      platforms: [platform],
      listed: this.#order.lists(item),
      reason: this.#choices.get(item.component)?.reason ?? "",
      origin: { version, name: `plugin ${item.component}`, ...(digest && { digest }) },
    };
  }
}
