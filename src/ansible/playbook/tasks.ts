// Lists of tasks as their files have them: each task with its module, what it is called with, and its keywords.
import { Dict, isList, type PythonValue, unwrap } from "../jinja/values.ts";

/** A task, or a block of tasks. */
export interface Task {
  /** The module, without `ansible.builtin.`; undefined for a block. */
  readonly module: string | undefined;
  /** What the module is called with: text, or a dictionary. */
  readonly args: PythonValue;
  /** The tasks of a block, with those of `rescue` and `always`. */
  readonly block: readonly Task[];
  readonly when: PythonValue;
  readonly vars: Dict;
  /** What the task loops over; undefined where it does not. */
  readonly loop: PythonValue | undefined;
  /** The variable that holds the element; `item` by default. */
  readonly loopVariable: string;
  readonly tags: readonly string[];
  /** The variable that its result is in. */
  readonly register: string | undefined;
  readonly runOnce: boolean;
}

/** How deep blocks may be nested. */
const maxDepth = 30;

/** What may stand in a task besides its module. Source: ansible-core 2.14, playbook/task.py and what it inherits. */
const keywords: ReadonlySet<string> = new Set(
  (
    "action args any_errors_fatal async become become_exe become_flags become_method become_user changed_when check_mode collections " +
    "connection debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors ignore_unreachable local_action " +
    "loop loop_control module_defaults name no_log notify poll port register remote_user retries run_once tags throttle timeout until " +
    "vars when block rescue always listen"
  ).split(" "),
);

/** The tasks in a list; what is no task is left out. */
export function tasksIn(value: PythonValue | undefined, depth = 0): readonly Task[] {
  if (value === undefined || !isList(value) || depth > maxDepth) return [];
  return value.flatMap((task) => (task instanceof Dict ? [taskOf(task, depth)] : []));
}

function taskOf(task: Dict, depth: number): Task {
  const [module, args] = moduleOf(task);
  const { loop, variable } = loopOf(task);
  const register = task.get("register");
  return {
    module,
    args,
    block: ["block", "rescue", "always"].flatMap((part) => tasksIn(task.get(part), depth + 1)),
    when: task.get("when") ?? true,
    vars: dictionary(task.get("vars")),
    loop,
    loopVariable: variable,
    tags: tagsOf(task),
    register: typeof register === "string" ? register : undefined,
    runOnce: task.get("run_once") === true,
  };
}

/** The module of a task and what it is called with; `args` adds to what a dictionary says. */
function moduleOf(task: Dict): readonly [module: string | undefined, args: PythonValue] {
  for (const [key, value] of task.entries()) {
    const name = String(unwrap(key)).replace(/^ansible\.(?:builtin|legacy)\./, "");
    if (keywords.has(name) || name.startsWith("with_")) continue;
    const more = dictionary(task.get("args"));
    if (more.size === 0) return [name, value];
    return [name, new Dict([...more.entries(), ...(value instanceof Dict ? value.entries() : [])])];
  }
  return [undefined, null];
}

function loopOf(task: Dict): { readonly loop: PythonValue | undefined; readonly variable: string } {
  const control = dictionary(task.get("loop_control")).get("loop_var");
  const variable = typeof control === "string" ? control : "item";
  const loop = task.entries().find(([key]) => /^(?:loop|with_\w+)$/.test(String(unwrap(key))));
  return { loop: loop?.[1], variable };
}

/** The tags of a task, a role or a play: a list, or text with commas. */
export function tagsOf(dict: Dict): readonly string[] {
  const tags = dict.get("tags") ?? null;
  return (isList(tags) ? tags : [tags])
    .flatMap((tag) => (typeof tag === "string" ? tag.split(",") : []))
    .map((tag) => tag.trim());
}

/** The value where it is a dictionary; else an empty one. */
export function dictionary(value: PythonValue | undefined): Dict {
  return value instanceof Dict ? value : new Dict();
}

/** What a module was called with under this name: `name: x`, `name=x`. */
export function argument({ args }: Pick<Task, "args">, name: string): PythonValue | undefined {
  if (args instanceof Dict) return args.get(name);
  if (typeof args !== "string") return undefined;
  const [, quoted, plain] = new RegExp(`(?:^|\\s)${name}=(?:["']([^"']*)["']|(\\{\\{.*?\\}\\}|\\S+))`).exec(args) ?? [];
  return quoted ?? plain;
}

/** All text in a value, such as a task's arguments. */
export function textIn(value: PythonValue): string {
  if (typeof value === "string") return value;
  if (isList(value)) return value.map(textIn).join("\n");
  return value instanceof Dict ? value.values().map(textIn).join("\n") : "";
}
