// One host's variables as a play sees them, in Ansible's order of precedence.
import { machineFacts, statedFacts, unknownFact } from "./facts.ts";
import type { Inventory, InventoryHost } from "./inventory/inventory.ts";
import { EvaluationBudget } from "./jinja/budget.ts";
import { attempt } from "./jinja/failure.ts";
import { Templar } from "./jinja/templar.ts";
import { Dict, type PythonValue } from "./jinja/values.ts";
import { magicVariables, playVariables } from "./magic-variables.ts";
import { flattened, mergeVariables, type Variable, type VariableSource } from "./variables.ts";

/** A `set_fact` task: it sets variables while the play runs. */
export interface SetFact {
  readonly when: PythonValue;
  readonly values: Dict;
}

/** What the roles of a play set. */
export interface RoleVariables {
  /** What an inventory may override, weakest first. */
  readonly defaults: readonly VariableSource[];
  /** Role vars, which win over an inventory. */
  readonly vars: readonly VariableSource[];
  readonly setFacts: readonly SetFact[];
}

/** A host that a play runs on. */
export interface PlayHost {
  readonly inventory: Inventory;
  readonly host: InventoryHost;
  /** What `uname -m` says there: `x86_64`, `aarch64`. */
  readonly machine: string;
  /** What it says on another host, by name, where that is known; else as on this one. */
  readonly machineOf?: ((name: string) => string | undefined) | undefined;
  /** Variables of the command line, which win over all others; default: those of the inventory (`-e`). */
  readonly extraVars?: VariableSource | undefined;
}

/** The variables of the command line that count for a host. */
function extraVarsOf({ inventory, extraVars }: PlayHost): VariableSource {
  return extraVars ?? inventory.extraVars ?? new Map();
}

/** A variable of one host, as it was written. */
export type VariableLookup = (name: string) => Variable | undefined;

/** The variables of a host, by name: role defaults, facts, inventory, role vars, extra vars, magic variables. */
export function hostVariables(roles: RoleVariables, target: PlayHost): VariableLookup {
  const { host, machine } = target;
  const { mergesHashes = false } = target.inventory;
  const [defaults, vars] = mergesHashes ? [roles.defaults, roles.vars] : [flatten(roles.defaults), flatten(roles.vars)];
  const weakestFirst = [...defaults, machineFacts(machine), ...host.sources, ...vars, extraVarsOf(target)];
  const find = mergesHashes ? mergedLookup(weakestFirst) : lastLookup(weakestFirst);
  const machineOf = (name: string): string => (name === host.name ? undefined : target.machineOf?.(name)) ?? machine;
  const magic = magicVariables(target, (other) =>
    hostvarsTemplar(roles, { ...target, host: other, machine: machineOf(other.name), extraVars: undefined }),
  );
  return (name) => {
    const magicValue = magic.get(name);
    if (magicValue !== undefined) return { value: magicValue(), from: "Ansible" };
    const variable = find(name);
    if (name === "ansible_facts" && variable?.value instanceof Dict)
      return { ...variable, value: statedFacts(variable.value, machine) };
    const fact = variable ? undefined : unknownFact(name);
    return fact ? { value: fact, from: "the host's facts" } : variable;
  };
}

const flattenedSources = new WeakMap<readonly VariableSource[], readonly VariableSource[]>();

/** What roles set is looked through for every host: from the second time on it is one source. */
function flatten(sources: readonly VariableSource[]): readonly VariableSource[] {
  const known = flattenedSources.get(sources);
  if (known && known !== sources) return known;
  flattenedSources.set(sources, known ? [flattened(sources)] : sources);
  return sources;
}

function lastLookup(sources: readonly VariableSource[]): VariableLookup {
  const strongestFirst = sources.toReversed();
  return (name) => strongestFirst.find((source) => source.has(name))?.get(name);
}

/** With `hash_behaviour = merge`: dictionaries of several sources are put together. */
function mergedLookup(sources: readonly VariableSource[]): VariableLookup {
  const merged = new Map<string, Variable | undefined>();
  return (name) => {
    if (merged.has(name)) return merged.get(name);
    const found = sources.flatMap((source) => source.get(name) ?? []);
    const variable = found.length > 0 ? found.reduce(mergeVariables) : undefined;
    merged.set(name, variable);
    return variable;
  };
}

/** Evaluates templates with a host's variables, and with what `set_fact` sets there. */
export function hostTemplar(roles: RoleVariables, target: PlayHost): Templar {
  const lookup = hostVariables(roles, target);
  const raw = (name: string): PythonValue | undefined => lookup(name)?.value;
  if (roles.setFacts.length === 0) return new Templar(raw, new EvaluationBudget());
  const conditions = new Templar(raw, new EvaluationBudget());
  const facts = factsSet(roles, conditions, target);
  // What the conditions read counts as read too, because it decides which hosts share an evaluation.
  return new Templar(
    (name) => (facts.has(name) ? facts.get(name) : raw(name)),
    new EvaluationBudget(),
    conditions.namesRead,
  );
}

/** What `set_fact` sets on a host, as it is written. */
function factsSet(
  { setFacts }: RoleVariables,
  conditions: Templar,
  target: PlayHost,
): ReadonlyMap<string, PythonValue> {
  const stronger = extraVarsOf(target);
  return new Map(
    setFacts
      .filter(({ when }) => attempt(() => conditions.conditionHolds(when)) === true)
      .flatMap(({ values }) => values.entries().map(([name, value]) => [String(name), value] as const))
      .filter(([name]) => !stronger.has(name)),
  );
}

/**
 * Evaluates the variables of a host as `hostvars` has them: those of the inventory and the facts, without what roles have, and
 * without the play's own magic variables. So a value there that names a role's default rests on something undefined.
 */
function hostvarsTemplar(roles: RoleVariables, target: PlayHost): Templar {
  const lookup = hostVariables({ defaults: [], vars: [], setFacts: [] }, target);
  const raw = (name: string): PythonValue | undefined => (playVariables.has(name) ? undefined : lookup(name)?.value);
  if (roles.setFacts.length === 0) return new Templar(raw, new EvaluationBudget());
  const whole = hostTemplar(roles, target);
  const names = factsSet(roles, whole, target);
  return new Templar((name) => (names.has(name) ? whole.variable(name) : raw(name)), new EvaluationBudget());
}
