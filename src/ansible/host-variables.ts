// One host's variables as a play sees them, in Ansible's order of precedence.
import { machineFacts, statedFacts, unknownFact } from "./facts.ts";
import type { Inventory, InventoryHost } from "./inventory/inventory.ts";
import { EvaluationBudget } from "./jinja/budget.ts";
import { attempt } from "./jinja/failure.ts";
import { Templar } from "./jinja/templar.ts";
import { Dict, type PythonValue } from "./jinja/values.ts";
import { magicVariables } from "./magic-variables.ts";
import type { Variable, VariableSource } from "./variables.ts";

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
  /** Variables of the command line (`-e`), which win over all others. */
  readonly extraVars?: VariableSource | undefined;
}

/** A variable of one host, as it was written. */
export type VariableLookup = (name: string) => Variable | undefined;

/** The variables of a host, by name: role defaults, facts, inventory, role vars, extra vars, magic variables. */
export function hostVariables(roles: RoleVariables, target: PlayHost): VariableLookup {
  const { host, machine, extraVars = new Map() } = target;
  // Strongest first.
  const sources = [...roles.defaults, machineFacts(machine), ...host.sources, ...roles.vars, extraVars].reverse();
  const magic = magicVariables(target, (other) => hostTemplar(roles, { ...target, host: other, extraVars: undefined }));
  return (name) => {
    const magicValue = magic.get(name);
    if (magicValue !== undefined) return { value: magicValue(), from: "Ansible" };
    const variable = sources.find((source) => source.has(name))?.get(name);
    if (name === "ansible_facts" && variable?.value instanceof Dict)
      return { ...variable, value: statedFacts(variable.value, machine) };
    const fact = variable ? undefined : unknownFact(name);
    return fact ? { value: fact, from: "the host's facts" } : variable;
  };
}

/** Evaluates templates with a host's variables, and with what `set_fact` sets there. */
export function hostTemplar(roles: RoleVariables, target: PlayHost): Templar {
  const lookup = hostVariables(roles, target);
  const raw = (name: string): PythonValue | undefined => lookup(name)?.value;
  if (roles.setFacts.length === 0) return new Templar(raw, new EvaluationBudget());
  const conditions = new Templar(raw, new EvaluationBudget());
  const facts = new Map(
    roles.setFacts
      .filter(({ when }) => attempt(() => conditions.conditionHolds(when)) === true)
      .flatMap(({ values }) => values.entries().map(([name, value]) => [String(name), value] as const)),
  );
  const isSet = (name: string): boolean => facts.has(name) && target.extraVars?.has(name) !== true;
  // What the conditions read counts as read too, because it decides which hosts share an evaluation.
  return new Templar(
    (name) => (isSet(name) ? facts.get(name) : raw(name)),
    new EvaluationBudget(),
    conditions.namesRead,
  );
}
