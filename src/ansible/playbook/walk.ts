// Every task that a run of plays reaches: through roles, the roles that these depend on, and the files and roles that tasks include.
// Nothing is evaluated here: each task comes with the conditions, variables and roles around it.
import { posix } from "node:path";
import { KsoError } from "../../core/errors.ts";
import type { Folder } from "../folder.ts";
import type { SetFact } from "../host-variables.ts";
import { Dict, isList, type PythonValue } from "../jinja/values.ts";
import { type VariableSource, variableSource } from "../variables.ts";
import type { Play, RoleUse } from "./plays.ts";
import { type Candidate, RoleFiles } from "./role-files.ts";
import { argument, type Task } from "./tasks.ts";

/** A `when`, or that a template names this file or role; in how many of the loops around the task it stands. */
export type Condition = { readonly depth: number } & (
  | { readonly kind: "when"; readonly when: PythonValue }
  | { readonly kind: "name"; readonly template: string; readonly name: string }
);

/** A task, and what stands around it. */
export interface TaskOccurrence {
  readonly play: Play;
  /** The role whose task it is, after those that it was reached through; none for a task of the play itself. */
  readonly roles: readonly string[];
  /** Undefined for a whole role that is not looked into, the last of `roles`. */
  readonly task: Task | undefined;
  /** The file that an include leads to. */
  readonly includes: string | undefined;
  /** All of them must hold; its own last. */
  readonly conditions: readonly Condition[];
  /** What the blocks, includes and roles around it set, and the task itself; weakest first. */
  readonly vars: readonly VariableSource[];
  readonly runOnce: boolean;
  /** What the includes around it, and the task itself, loop over; outermost first. */
  readonly loops: readonly TaskLoop[];
  /** Results that tasks before it registered: variable → module. */
  readonly registered: ReadonlyMap<string, string>;
  /** What tasks before it set with `set_fact`. */
  readonly setFacts: readonly SetFact[];
  /** The file that it stands in, after those that include it. */
  readonly files: readonly string[];
}

/** A loop, and the variable that holds its element. */
export interface TaskLoop {
  readonly variable: string;
  readonly over: PythonValue;
}

/** What to look for in plays. */
export interface WalkOptions {
  /** What a file of tasks has in its text where it is looked for. Includes of files and roles are always followed. */
  readonly text: RegExp;
  /** Roles that are not looked into. */
  readonly opaque: ReadonlySet<string>;
}

/** Roles that plays may reach, and tasks, all in all; kubespray has a tenth of it. */
const maxRoles = 5000;
const maxTasks = 20_000;
/** How deep roles and files may include one another. */
const maxDepth = 30;

const includesFile: ReadonlySet<string> = new Set(["include_tasks", "import_tasks", "include"]);
const includesRole: ReadonlySet<string> = new Set(["include_role", "import_role"]);

/**
 * Every task of the plays, in the order in which they run. Tasks that are tagged `never` run in no ordinary run.
 * @throws KsoError `unresolvable` for a file that cannot be read, and for plays that reach too much.
 */
export function* tasksOfPlays(
  folder: Folder,
  plays: readonly Play[],
  options: WalkOptions,
): Generator<TaskOccurrence, void, undefined> {
  const walk = new Walk(folder, options);
  for (const play of plays) yield* walk.play(play);
}

type Around = Omit<TaskOccurrence, "task" | "includes">;

class Walk {
  readonly #files: RoleFiles;
  readonly #options: WalkOptions;
  readonly #leading = new Map<string, boolean>();
  #roles = 0;
  #tasks = 0;
  constructor(folder: Folder, options: WalkOptions) {
    this.#files = new RoleFiles(folder);
    this.#options = options;
  }

  *play(play: Play): Generator<TaskOccurrence, void, undefined> {
    if (play.tags.includes("never")) return;
    const around: Around = {
      play,
      roles: [],
      conditions: play.when.map((when) => ({ kind: "when", when, depth: 0 })),
      vars: [],
      runOnce: false,
      loops: [],
      registered: new Map(),
      setFacts: [],
      files: [`${play.folder}/`],
    };
    yield* this.#list(play.preTasks, around);
    for (const role of play.roles) yield* this.#role(role, around, "main");
    yield* this.#list(play.tasks, around);
  }

  *#role(use: RoleUse, around: Around, file: string): Generator<TaskOccurrence, void, undefined> {
    const { name, tags, params, runOnce } = use;
    if (tags.includes("never") || around.roles.includes(name) || !isRoleName(name)) return;
    if (++this.#roles > maxRoles || around.roles.length > maxDepth)
      throw tooMuch(around.play, `they reach more than ${maxRoles} roles, or roles nested too deeply`);
    const inner: Around = {
      ...around,
      roles: [...around.roles, name],
      conditions: [...around.conditions, ...conditionsOf(use, around.loops.length)],
      vars: params.size > 0 ? [...around.vars, params] : around.vars,
      runOnce: around.runOnce || runOnce,
    };
    if (this.#options.opaque.has(name)) {
      yield { ...inner, task: undefined, includes: undefined };
      return;
    }
    for (const dependency of this.#files.dependencies(name)) yield* this.#role(dependency, inner, "main");
    if (this.#leadsSomewhere(name)) yield* this.#file(this.#files.file(`roles/${name}/tasks`, file), inner);
  }

  *#file(path: string | undefined, around: Around): Generator<TaskOccurrence, void, undefined> {
    const { files } = around;
    if (path === undefined || files.includes(path) || files.length > maxDepth) return;
    if (this.#isWorthReading(path)) yield* this.#list(this.#files.tasks(path), { ...around, files: [...files, path] });
  }

  *#list(tasks: readonly Task[], around: Around): Generator<TaskOccurrence, void, undefined> {
    let { registered, setFacts } = around;
    for (const task of tasks) {
      this.#countTask(around);
      if (!task.tags.includes("never")) yield* this.#task(task, { ...around, registered, setFacts });
      if (task.register !== undefined) registered = new Map([...registered, [task.register, task.module ?? ""]]);
      if (task.module === "set_fact" && task.args instanceof Dict && task.loop === undefined)
        setFacts = [...setFacts, { when: task.when, values: task.args }];
    }
  }

  *#task(task: Task, around: Around): Generator<TaskOccurrence, void, undefined> {
    const loop = task.loop === undefined ? [] : [{ variable: task.loopVariable, over: task.loop }];
    const loops = [...around.loops, ...loop];
    const inner: Around = {
      ...around,
      conditions: [...around.conditions, ...conditionsOf(task, loops.length)],
      vars: task.vars.size > 0 ? [...around.vars, variableSource(task.vars, fileOf(around))] : around.vars,
      runOnce: around.runOnce || task.runOnce,
      loops,
    };
    const { module = "" } = task;
    if (task.block.length > 0) yield* this.#list(task.block, inner);
    else if (includesFile.has(module)) yield* this.#includedFiles(task, inner);
    else if (includesRole.has(module)) yield* this.#includedRoles(task, inner);
    else yield { ...inner, task, includes: undefined };
  }

  *#includedFiles(task: Task, around: Around): Generator<TaskOccurrence, void, undefined> {
    const role = around.roles.at(-1);
    const folders = [
      posix.dirname(`${fileOf(around)}x`),
      ...(role === undefined ? [] : [`roles/${role}/tasks`, `roles/${role}`]),
    ];
    for (const candidate of this.#files.filesNamed(includedName(task, "file"), folders)) {
      this.#countTask(around);
      const inner = withName(around, candidate);
      yield { ...inner, task, includes: candidate.path };
      const [, owner = ""] = /^roles\/(.+)\/tasks\//.exec(candidate.path) ?? [];
      if (!this.#options.opaque.has(owner)) yield* this.#file(candidate.path, inner);
    }
  }

  *#includedRoles(task: Task, around: Around): Generator<TaskOccurrence, void, undefined> {
    const from = argument(task, "tasks_from");
    const file = typeof from === "string" ? from.replace(/\.ya?ml$/, "") : "main";
    for (const candidate of this.#files.rolesNamed(includedName(task, "name"))) {
      const use: RoleUse = { name: candidate.path, when: true, tags: [], params: new Map(), runOnce: false };
      yield* this.#role(use, withName(around, candidate), file);
    }
  }

  #countTask({ play }: Around): void {
    if (++this.#tasks > maxTasks) throw tooMuch(play, `they reach more than ${maxTasks} tasks`);
  }

  /** Whether one of the role's files has what is looked for, or includes what is not the role's. */
  #leadsSomewhere(role: string): boolean {
    const known = this.#leading.get(role);
    if (known !== undefined) return known;
    const leads = this.#files.taskFiles(role).some((path) => {
      const text = this.#files.text(path);
      return this.#options.text.test(text) || /(?:include|import)_role\b|\binclude\w*: .*(?:\.\.\/|_dir\b)/.test(text);
    });
    this.#leading.set(role, leads);
    return leads;
  }

  /** Whether the file has what is looked for, or includes other files or roles. */
  #isWorthReading(path: string): boolean {
    const text = this.#files.text(path);
    return this.#options.text.test(text) || /\b(?:include|import)_(?:tasks|role)\b|\binclude:/.test(text);
  }
}

function withName(around: Around, { given }: Candidate): Around {
  if (!given) return around;
  return { ...around, conditions: [...around.conditions, { kind: "name", ...given, depth: around.loops.length }] };
}

/** The file that a task stands in. */
export function fileOf({ files }: Pick<TaskOccurrence, "files">): string {
  return files.at(-1) ?? "";
}

function tooMuch(play: Play, reason: string): KsoError {
  return new KsoError("unresolvable", `Cannot use the plays in ${play.folder} (hosts: ${play.hosts}): ${reason}`);
}

function isRoleName(name: string): boolean {
  return /^[\w./-]+$/.test(name) && !name.split("/").includes("..");
}

function conditionsOf({ when }: { readonly when: PythonValue }, depth: number): readonly Condition[] {
  const conditions = isList(when) ? when : [when];
  return conditions
    .filter((condition) => condition !== true)
    .map((condition) => ({ kind: "when", when: condition, depth }));
}

/** The file or the role that an include names. */
function includedName(task: Task, key: string): string {
  const named = argument(task, key);
  if (typeof named === "string") return named;
  return typeof task.args === "string" ? task.args.trim() : "";
}
