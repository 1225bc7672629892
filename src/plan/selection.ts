// Decides which components go in, and why: by the flags first, then by what the release or the cluster asks for.
import type { Profile } from "../catalog/presets.ts";
import { KsoError } from "../core/errors.ts";
import type { Decision } from "../core/plan.ts";
import type { Plugin } from "../core/plugin.ts";
import { nearestOrAll } from "../core/suggest.ts";

/** The narrowing flags, as names of components (aliases allowed). */
export interface Selection {
  readonly cni?: readonly string[] | undefined;
  readonly runtime?: readonly string[] | undefined;
  readonly with?: readonly string[] | undefined;
  readonly without?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
  /** What a kind of site does without, unless somebody asks for it. */
  readonly profile?: Profile | undefined;
}

/** The components of a release, and what is known of each before a flag is looked at. */
export interface ReleaseComponents {
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  readonly releaseName: string;
  /** Components with something in the release's own list. */
  readonly listed: ReadonlySet<string>;
  /** Components with anything at all for this release. */
  readonly present: ReadonlySet<string>;
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** For one cluster: component → why it is in or out, where no flag decides. */
  readonly reasons?: ReadonlyMap<string, string> | undefined;
  /** An artifact's name → the component it belongs to, for messages. */
  readonly owners: ReadonlyMap<string, string>;
}

/** How much of a component goes in: what kubespray lists, or all it may ask for. */
type Scope = "listed" | "all";

/** A decision, and how much of the component it is about. */
export type ScopedDecision = Decision & { readonly scope: Scope };

/** The outcome, with a note for each requirement that a flag leaves out. */
export interface SelectionResult {
  readonly decisions: readonly ScopedDecision[];
  readonly notes: readonly string[];
}

/** The selection, with every name resolved to a component. */
type NamedComponents = Readonly<Partial<Record<SelectionFlag, ReadonlySet<string> | undefined>>>;

/** The flags that name components. */
type SelectionFlag = Exclude<keyof Selection, "profile">;

/** The flags that name a component to take it in, in the order in which messages mention them. */
const includingFlags = ["with", "only", "cni", "runtime"] as const satisfies readonly SelectionFlag[];

/** The decision of one rule about a component. */
interface Outcome {
  readonly included: boolean;
  readonly reason: string;
  readonly scope?: Scope;
  readonly requested?: boolean;
}

/**
 * Decides for every component.
 * @throws KsoError `unresolvable` for an unknown name, `usage` for flags that contradict each other.
 */
export function selectComponents(selection: Selection, components: ReleaseComponents): SelectionResult {
  const named = namedComponents(selection, components);
  for (const name of named.without ?? []) {
    const flag = includingFlag(name, named);
    if (flag) throw new KsoError("usage", `--${flag} and --without both name "${name}"`);
  }
  const decisions = new Map(
    components.plugins.map((plugin) => [
      plugin.name,
      decide(plugin, { named, profile: selection.profile }, components),
    ]),
  );
  const notes = includeRequired(decisions, named, components);
  requestRequired(decisions, components);
  return { decisions: [...decisions.values()], notes: [...partNotes(selection, components), ...notes] };
}

function namedComponents(selection: Selection, components: ReleaseComponents): NamedComponents {
  const named = (names: readonly string[] | undefined): Set<string> | undefined =>
    names && new Set(names.map((name) => componentNamed(name, components)));
  return {
    cni: selection.cni && ofCategory(selection.cni, "cni", components),
    runtime: selection.runtime && ofCategory(selection.runtime, "runtime", components),
    with: named(selection.with),
    without: named(selection.without),
    only: named(selection.only),
  };
}

/** A note for each name that is an item's: its component goes in, or stays out, with its other items. */
function partNotes(selection: Selection, components: ReleaseComponents): string[] {
  const flags = [...includingFlags, "without" as const];
  return flags.flatMap((flag) =>
    (selection[flag] ?? []).flatMap((name) => {
      const owner = name === "none" || findComponent(name, components) ? undefined : ownerOf(name, components);
      if (owner === undefined || itemsOf(owner, components) < 2) return [];
      const verb = flag === "without" ? "left out" : "taken";
      return [`--${flag} ${name}: it is a part of ${owner}, which is ${verb} whole`];
    }),
  );
}

function itemsOf(component: string, { owners }: ReleaseComponents): number {
  return [...owners.values()].filter((owner) => owner === component).length;
}

function includingFlag(component: string, named: NamedComponents): SelectionFlag | undefined {
  return includingFlags.find((flag) => named[flag]?.has(component));
}

function decide(
  plugin: Plugin,
  { named, profile }: { readonly named: NamedComponents; readonly profile: Profile | undefined },
  components: ReleaseComponents,
): ScopedDecision {
  const { name, category } = plugin;
  const {
    included,
    reason,
    scope = components.listed.has(name) ? "listed" : "all",
    requested = false,
  } = components.present.has(name)
    ? (decideByFlag(plugin, named) ?? decideByProfile(name, profile, components) ?? decideByRelease(name, components))
    : decideAbsent(name, named, components);
  return { component: name, category, included, reason, scope, ...(requested && { requested }) };
}

/** Leaves out a component that the release does not have. @throws KsoError `unresolvable` when a flag takes it in. */
function decideAbsent(name: string, named: NamedComponents, { releaseName }: ReleaseComponents): Outcome {
  const reason = `${releaseName} has no ${name}`;
  const flag = includingFlag(name, named);
  if (flag) throw new KsoError("unresolvable", `--${flag} ${name}: ${reason}`);
  return { included: false, reason };
}

function decideByFlag({ name, category }: Plugin, named: NamedComponents): Outcome | undefined {
  if (named.without?.has(name)) return { included: false, reason: `left out by --without ${name}` };
  if (named.with?.has(name))
    return { included: true, reason: `named by --with ${name}`, scope: "all", requested: true };
  if (named.only)
    return named.only.has(name)
      ? { included: true, reason: `named by --only ${name}`, requested: true }
      : { included: false, reason: `left out by --only ${[...named.only].join(",")}` };
  const namedOfCategory = category === "cni" || category === "runtime" ? named[category] : undefined;
  if (!namedOfCategory) return undefined;
  const included = namedOfCategory.has(name);
  const names = [...namedOfCategory].join(",") || "none";
  return { included, reason: `${included ? "named" : "left out"} by --${category} ${names}`, requested: included };
}

/** Leaves out what the profile does without; what an inventory asks for stays, and so does a plugin of the user's. */
function decideByProfile(
  name: string,
  profile: Profile | undefined,
  { reasons, listed, userPlugins }: ReleaseComponents,
): Outcome | undefined {
  const reason = profile?.leavesOut[name];
  if (reason === undefined || userPlugins.has(name) || (reasons && listed.has(name))) return undefined;
  return { included: false, reason: `left out by --profile ${profile?.name}: ${reason}; --with ${name} takes it in` };
}

function decideByRelease(name: string, components: ReleaseComponents): Outcome {
  const { userPlugins, listed, reasons, releaseName } = components;
  const file = userPlugins.get(name);
  if (file) return { included: true, reason: `described by plugin ${file}`, scope: "all", requested: true };
  const reason = reasons?.get(name);
  return listed.has(name)
    ? { included: true, reason: reason ?? `listed by ${releaseName}`, requested: reasons !== undefined }
    : { included: false, reason: reason ?? `${releaseName} does not list it; --with ${name} takes it in` };
}

/** Takes in what included components require, unless a flag decides otherwise by name. Returns a note for each that stays out. */
function includeRequired(
  decisions: Map<string, ScopedDecision>,
  named: NamedComponents,
  { requires, present }: ReleaseComponents,
): string[] {
  const notes: string[] = [];
  const queue = [...decisions.values()].filter(({ included }) => included).map(({ component }) => component);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const required of requires.get(name) ?? []) {
      const decision = decisions.get(required);
      if (!decision || decision.included || !present.has(required)) continue;
      if (named.only || named.without?.has(required)) {
        notes.push(`${name} requires ${required}, which is ${decision.reason}`);
        continue;
      }
      decisions.set(required, { ...decision, included: true, reason: `required by ${name}` });
      queue.push(required);
    }
  }
  return [...new Set(notes)];
}

/** What is asked for cannot work without what it requires: that is asked for too. */
function requestRequired(decisions: Map<string, ScopedDecision>, { requires }: ReleaseComponents): void {
  const queue = [...decisions.values()].filter(({ requested }) => requested).map(({ component }) => component);
  for (let name = queue.shift(); name !== undefined; name = queue.shift())
    for (const required of requires.get(name) ?? []) {
      const decision = decisions.get(required);
      if (!decision?.included || decision.requested) continue;
      decisions.set(required, { ...decision, requested: true });
      queue.push(required);
    }
}

/** What names are looked up in. */
type NamedThings = Pick<ReleaseComponents, "plugins" | "owners">;

/** The component of that name or alias; undefined where there is none. Case does not count, and `_` is the same as `-`. */
export function findComponent(name: string, { plugins }: Pick<NamedThings, "plugins">): string | undefined {
  const spelling = spellingOf(name);
  return plugins.find((plugin) => namesOf(plugin).includes(spelling))?.name;
}

/** The component that an item of that name is a part of. */
function ownerOf(name: string, { owners }: Pick<NamedThings, "owners">): string | undefined {
  const spelling = spellingOf(name);
  return owners.get(name) ?? [...owners].find(([item]) => spellingOf(item) === spelling)?.[1];
}

function spellingOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** The component of that name or alias, or that an item of that name (`calico_node`) is a part of; undefined where there is none. */
export function findNamed(name: string, components: NamedThings): string | undefined {
  return findComponent(name, components) ?? ownerOf(name, components);
}

/**
 * The component of that name or alias, or that an item of that name (`calico_node`) is a part of.
 * @throws KsoError `unresolvable` when there is none; the message says what there is.
 */
export function componentNamed(name: string, components: NamedThings): string {
  const component = findNamed(name, components);
  if (component !== undefined) return component;
  const { plugins, owners } = components;
  throw new KsoError(
    "unresolvable",
    `Unknown component "${name}"${nearestOrAll(
      spellingOf(name),
      [...plugins.flatMap(namesOf), ...owners.keys()],
      plugins.map((plugin) => plugin.name),
    )}`,
  );
}

function ofCategory(
  names: readonly string[],
  category: "cni" | "runtime",
  components: ReleaseComponents,
): ReadonlySet<string> {
  const candidates = components.plugins.filter((plugin) => plugin.category === category);
  const resolved = names
    // `--cni none` is kubespray's kube_network_plugin=cni: somebody else installs the network plugin.
    .filter((name) => name !== "none")
    .map((name) => {
      const component = componentNamed(name, { ...components, plugins: candidates.concat(components.plugins) });
      if (candidates.some((candidate) => candidate.name === component)) return component;
      throw new KsoError(
        "unresolvable",
        `"${component}" is not one for --${category}; there are: ${candidates.map((candidate) => candidate.name).join(", ")}`,
      );
    });
  return new Set(resolved);
}

function namesOf({ name, aliases = [] }: Plugin): string[] {
  return [name, ...aliases];
}
