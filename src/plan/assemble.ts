// Puts a plan together from a selection and from what a release, or a checkout, contributes.

import type { Contributed } from "../catalog/contributions.ts";
import type { ComponentImage, ImageFact } from "../catalog/image-facts.ts";
import type { PublishedDigest } from "../catalog/release.ts";
import type { ReleaseManifest } from "../core/manifest.ts";
import type { Plan, Unresolved } from "../core/plan.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Plugin } from "../core/plugin.ts";
import { ArtifactCollector, ListOrder } from "./artifacts.ts";
import { type ReleaseComponents, type Selection, selectComponents } from "./selection.ts";

/** What is planned for, whatever the plan is made from. */
export interface PlanOptions {
  readonly platforms: readonly Platform[];
  readonly selection: Selection;
  readonly unavailable: "exclude" | "include";
}

/** The plan, and the components it was selected from (for messages about them). */
export interface Resolution {
  readonly plan: Plan;
  readonly components: ReleaseComponents;
}

/** Something that cannot be evaluated, before the selection has decided about its component. */
export interface UnresolvedCandidate {
  readonly item: Unresolved;
  /** Whether it goes in where no flag names its component. */
  readonly isDefault: boolean;
}

/** All that a plan is put together from. */
export interface PlanInput {
  readonly release: Plan["release"];
  readonly kubernetes: string;
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  readonly contributed: readonly Contributed[];
  readonly unresolved: readonly UnresolvedCandidate[];
  readonly lists: ReleaseManifest["lists"];
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** For one cluster: component → why it is in or out. What is not {@link Contributed.needed} then comes in by name only. */
  readonly reasons?: ReadonlyMap<string, string> | undefined;
  /** The published digest; undefined where there is none. */
  digestOf(item: Contributed & { kind: "file" }): PublishedDigest | undefined;
  /** What is known of an image on a platform; undefined where nobody has looked. */
  readonly imageFact: (image: ComponentImage, platform: string) => ImageFact | undefined;
}

/**
 * The plan for these options.
 * @throws KsoError `unresolvable` when there is no such plan; the message says what there is.
 */
export function assemble(input: PlanInput, options: PlanOptions): Resolution {
  const { release, kubernetes, contributed, reasons } = input;
  const order = new ListOrder(input.lists);
  order.assertComplete(contributed, release.name);
  const isDefault = (item: Contributed): boolean => (reasons ? item.needed === true : order.lists(item));
  const components = releaseComponents(input, isDefault);
  const { decisions, notes } = selectComponents(options.selection, components);
  const included = new Map(
    decisions.flatMap((decision) => (decision.included ? [[decision.component, decision] as const] : [])),
  );
  const collector = new ArtifactCollector({
    releaseName: release.name,
    order,
    includeUnavailable: options.unavailable === "include",
    digestOf: (item) => input.digestOf(item),
    imageFact: input.imageFact,
  });
  for (const item of contributed) {
    const decision = included.get(item.component);
    if (decision && (decision.scope === "all" || isDefault(item))) collector.add(item, decision);
  }
  return {
    components,
    plan: {
      schema: "kso.plan/1",
      release,
      kubernetes,
      platforms: options.platforms.map(platformName),
      ...(options.selection.profile && { profile: options.selection.profile.name }),
      artifacts: collector.artifacts(),
      unavailable: collector.unavailable,
      unresolved: input.unresolved.flatMap(({ item, isDefault }) => {
        const decision = included.get(item.component);
        return decision && (decision.scope === "all" || isDefault) ? [item] : [];
      }),
      components: decisions.map(({ scope: _, ...decision }) => decision),
      notes: [...notes, ...collector.notes],
    },
  };
}

function releaseComponents(input: PlanInput, isDefault: (item: Contributed) => boolean): ReleaseComponents {
  const { release, plugins, userPlugins, contributed, unresolved, requires, reasons } = input;
  const unresolvedItems = unresolved.map(({ item }) => item);
  return {
    plugins,
    userPlugins,
    releaseName: `kubespray ${release.version}`,
    listed: new Set([
      ...contributed.filter(isDefault).map(({ component }) => component),
      ...unresolved.flatMap((candidate) => (candidate.isDefault ? [candidate.item.component] : [])),
    ]),
    present: new Set([...contributed, ...unresolvedItems].map(({ component }) => component)),
    requires,
    ...(reasons && { reasons }),
    owners: new Map([...unresolvedItems, ...contributed].map(({ name, component }) => [name, component])),
  };
}
