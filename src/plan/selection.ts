// Which components go in, and why: flags and requirements travel in, one decision a component travels out.
import { KsoError } from "../core/errors.ts";
import type { Decision } from "../core/plan.ts";
import type { Plugin } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";

/** The narrowing flags, as names of components (aliases allowed). */
export interface Selection {
  readonly cni?: readonly string[] | undefined;
  readonly runtime?: readonly string[] | undefined;
  readonly with?: readonly string[] | undefined;
  readonly without?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
}

/** What the decision rests on. */
export interface ReleaseComponents {
  readonly plugins: readonly Plugin[];
  /** Names of user's plugin → file. */
  readonly userPlugins: ReadonlyMap<string, string>;
  readonly releaseName: string;
  /** Components with something in the release's own list. */
  readonly listed: ReadonlySet<string>;
  /** Components with anything at all for this release. */
  readonly present: ReadonlySet<string>;
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** For one cluster: component → why it is in or out, where no flag says. */
  readonly reasons?: ReadonlyMap<string, string> | undefined;
  /** An artifact's name → the component it belongs to, for messages. */
  readonly owners: ReadonlyMap<string, string>;
}

/** A decision, and how much of the component goes in: what kubespray lists, or all it may ask for. */
export type ScopedDecision = Decision & { readonly scope: "listed" | "all" };

/** The outcome, with a note for each requirement that a flag leaves out. */
export interface SelectionResult {
  readonly decisions: readonly ScopedDecision[];
  readonly notes: readonly string[];
}

/**
 * Decides for every component.
 * @throws KsoError `unresolvable` for an unknown name, `usage` for flags that contradict each other.
 */
export function selectComponents(selection: Selection, facts: ReleaseComponents): SelectionResult {
  const named = (flag: keyof Selection): Set<string> | undefined =>
    selection[flag] && new Set(selection[flag].map((name) => componentNamed(name, facts)));
  const asked = {
    cni: selection.cni && ofCategory(selection.cni, "cni", facts),
    runtime: selection.runtime && ofCategory(selection.runtime, "runtime", facts),
    with: named("with"),
    without: named("without"),
    only: named("only"),
  };
  for (const name of asked.without ?? []) {
    const flag = (["with", "only", "cni", "runtime"] as const).find((other) => asked[other]?.has(name));
    if (flag) throw new KsoError("usage", `--${flag} and --without both name "${name}"`);
  }
  const choices = new Map(facts.plugins.map((plugin) => [plugin.name, decide(plugin, asked, facts)]));
  const notes = pullRequired(choices, asked, facts);
  return { decisions: [...choices.values()], notes };
}

type NamedComponents = Readonly<
  Partial<Record<"cni" | "runtime" | "with" | "without" | "only", Set<string> | undefined>>
>;

function decide(plugin: Plugin, asked: NamedComponents, facts: ReleaseComponents): ScopedDecision {
  const { name, category } = plugin;
  const listed = facts.listed.has(name);
  const choice = (
    included: boolean,
    reason: string,
    scope: ScopedDecision["scope"] = listed ? "listed" : "all",
  ): ScopedDecision => ({
    component: name,
    category,
    included,
    reason,
    scope,
  });
  const named = (["with", "only", "cni", "runtime"] as const).find((flag) => asked[flag]?.has(name));
  if (!facts.present.has(name)) {
    if (named) throw new KsoError("unresolvable", `--${named} ${name}: ${facts.releaseName} has no ${name}`);
    return choice(false, `${facts.releaseName} has no ${name}`);
  }
  if (asked.without?.has(name)) return choice(false, `left out by --without ${name}`);
  if (asked.with?.has(name)) return choice(true, `named by --with ${name}`, "all");
  if (asked.only) {
    return asked.only.has(name)
      ? choice(true, `named by --only ${name}`)
      : choice(false, `left out by --only ${[...asked.only].join(",")}`);
  }
  const narrowed = category === "cni" ? asked.cni : category === "runtime" ? asked.runtime : undefined;
  if (narrowed) {
    const words = [...narrowed].join(",") || "none";
    return narrowed.has(name)
      ? choice(true, `named by --${category} ${words}`)
      : choice(false, `left out by --${category} ${words}`);
  }
  const file = facts.userPlugins.get(name);
  if (file) return choice(true, `described by plugin ${file}`, "all");
  return listed
    ? choice(true, facts.reasons?.get(name) ?? `listed by ${facts.releaseName}`)
    : choice(false, facts.reasons?.get(name) ?? `${facts.releaseName} does not list it; --with ${name} takes it in`);
}

/** Takes in what chosen components require, unless a flag says otherwise by name. */
function pullRequired(
  choices: Map<string, ScopedDecision>,
  asked: NamedComponents,
  facts: ReleaseComponents,
): string[] {
  const notes: string[] = [];
  const queue = [...choices.values()].filter((choice) => choice.included).map((choice) => choice.component);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const required of facts.requires.get(name) ?? []) {
      const choice = choices.get(required);
      if (!choice || choice.included) continue;
      if (!facts.present.has(required)) continue;
      if (asked.only || asked.without?.has(required)) {
        notes.push(`${name} requires ${required}, which is ${choice.reason}`);
        continue;
      }
      choices.set(required, { ...choice, included: true, reason: `required by ${name}` });
      queue.push(required);
    }
  }
  return [...new Set(notes)];
}

/** The component of that name or alias. `_` and `-` are the same, as is the case. */
export function componentNamed(text: string, facts: Pick<ReleaseComponents, "plugins" | "owners">): string {
  const word = text.toLowerCase().replaceAll("_", "-");
  const found = facts.plugins.find(({ name, aliases }) => name === word || aliases?.includes(word));
  if (found) return found.name;
  const owner = facts.owners.get(text);
  if (owner) throw new KsoError("unresolvable", `"${text}" is a part of the component "${owner}": name that`);
  const names = facts.plugins.map(({ name }) => name);
  const known = facts.plugins.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  throw new KsoError(
    "unresolvable",
    `Unknown component "${text}"${didYouMean(word, known)}; there are: ${names.join(", ")}`,
  );
}

function ofCategory(texts: readonly string[], category: "cni" | "runtime", facts: ReleaseComponents): Set<string> {
  const within = facts.plugins.filter((plugin) => plugin.category === category);
  // `--cni none` is kubespray's kube_network_plugin=cni: the site brings its own.
  const names = texts
    .filter((text) => text !== "none")
    .map((text) => {
      const aliased = within.find(
        ({ name, aliases }) => name === text.toLowerCase() || aliases?.includes(text.toLowerCase()),
      );
      if (aliased) return aliased.name;
      const words = within.map(({ name }) => name);
      const name = componentNamed(text, facts);
      throw new KsoError("unresolvable", `"${name}" is not one for --${category}; there are: ${words.join(", ")}`);
    });
  return new Set(names);
}
