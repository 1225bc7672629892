// The variables that a task of a role sees on a host.
import { hostTemplar, type PlayHost } from "../ansible/host-variables.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, type PythonValue, UnknownFact } from "../ansible/jinja/values.ts";
import type { TaskOccurrence } from "../ansible/playbook/walk.ts";
import { loadVariables, type VariableSource, variableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";

/** What the tasks of a checkout are evaluated with. */
export interface TaskContext {
  readonly checkout: Checkout;
  readonly scopes: TaskScopes;
}

/** Makes the scopes of tasks; each role's variables are read once. */
export class TaskScopes {
  readonly #checkout: Checkout;
  #allDefaults: VariableSource | undefined;
  readonly #roleVars = new Map<string, readonly VariableSource[]>();
  constructor(checkout: Checkout) {
    this.#checkout = checkout;
  }

  /** The variables of a task on a host, those of its own role above those of the roles around it. */
  templar(occurrence: TaskOccurrence, target: PlayHost): Templar {
    const { defaults, vars, setFacts } = this.#checkout;
    const { play, roles } = occurrence;
    return hostTemplar(
      {
        defaults: [this.#otherDefaults(), ...defaults, ...roles.flatMap((role) => this.#defaultsOf(role))],
        vars: [
          play.vars,
          ...vars,
          ...roles.flatMap((role) => this.#varsOf(role)),
          ...occurrence.vars,
          resultsOf(occurrence),
        ],
        setFacts: [...setFacts, ...occurrence.setFacts],
      },
      target,
    );
  }

  /** The names that a task's own surroundings set, or may set: there it may see other values than other tasks. */
  ownNames({ play, roles, vars, loops, registered, setFacts }: TaskOccurrence): ReadonlySet<string> {
    const sources = [
      play.vars,
      ...roles.flatMap((role) => [...this.#defaultsOf(role), ...this.#varsOf(role)]),
      ...vars,
    ];
    return new Set([
      ...sources.flatMap((source) => [...source.keys()]),
      ...loops.map(({ variable }) => variable),
      ...registered.keys(),
      ...setFacts.flatMap(({ values }) => values.keys().map(String)),
    ]);
  }

  /** What any role sets by default: a role that is not in the play might still set what nothing else does. */
  #otherDefaults(): VariableSource {
    this.#allDefaults ??= new Map(
      [...this.#checkout.otherRoles().values()]
        .flat()
        .reverse()
        .flatMap((source) => [...source]),
    );
    return this.#allDefaults;
  }

  #defaultsOf(role: string): readonly VariableSource[] {
    return this.#checkout.otherRoles().get(role) ?? [];
  }

  #varsOf(role: string): readonly VariableSource[] {
    const known = this.#roleVars.get(role);
    if (known) return known;
    const isOwn = this.#checkout.roles.includes(role);
    const vars = isOwn ? [] : loadVariables(this.#checkout.folder, `roles/${role}/vars/main`, "role").sources;
    this.#roleVars.set(role, vars);
    return vars;
  }
}

/** What is there before a first run: nothing. Every other result of a task is unknown. */
const nothingYet: Readonly<Record<string, PythonValue>> = {
  stat: new Dict([["stat", new Dict([["exists", false]])]]),
  find: new Dict([
    ["matched", 0n],
    ["files", []],
  ]),
};

function resultsOf({ registered }: TaskOccurrence): VariableSource {
  const results = [...registered].map(([name, module]): readonly [string, PythonValue] => {
    const unknown = new UnknownFact(`it needs the result "${name}" of a task, which only a run has`, false);
    return [name, nothingYet[module] ?? unknown];
  });
  return variableSource(new Dict(results), "a task's result");
}
