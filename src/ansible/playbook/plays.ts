// The plays of a playbook, with those of the playbooks that it imports.
import { posix } from "node:path";
import { displayPath, type Folder } from "../folder.ts";
import { Dict, isList, type PythonValue, unwrap } from "../jinja/values.ts";
import { type VariableSource, variableSource } from "../variables.ts";
import { readYaml } from "../yaml.ts";
import { dictionary, type Task, tagsOf, tasksIn } from "./tasks.ts";

/** A role as a play or another role names it. */
export interface RoleUse {
  /** `container-engine/runc`; it may be a template. */
  readonly name: string;
  readonly when: PythonValue;
  readonly tags: readonly string[];
  /** Its `vars`, and every other key (`skip_downloads: true`). */
  readonly params: VariableSource;
  readonly runOnce: boolean;
}

/** A play. */
export interface Play {
  /** The pattern of its hosts: `k8s_cluster:etcd`, `kube_control_plane[0]`. */
  readonly hosts: string;
  readonly vars: VariableSource;
  /** The conditions under which its playbook is imported. */
  readonly when: readonly PythonValue[];
  readonly tags: readonly string[];
  readonly preTasks: readonly Task[];
  readonly roles: readonly RoleUse[];
  readonly tasks: readonly Task[];
  /** The folder of its playbook, from which its tasks include files. */
  readonly folder: string;
}

/** Playbooks that one may import, all in all. */
const maxPlaybooks = 100;

/** The plays of a playbook in the order in which they run. A playbook that is not there has none. */
export function playsOf(folder: Folder, path: string): readonly Play[] {
  return new PlaybookReader(folder).plays(path, noImport);
}

/** The plays in a text that holds a playbook. Its imports lie in `folder`. */
export function playsIn(text: string, folder: Folder): readonly Play[] {
  return new PlaybookReader(folder).playsIn(readYaml(text, "plays"), "plays", noImport);
}

/** What an import adds to each play of the imported playbook. */
type Inherited = Pick<Play, "vars" | "when" | "tags">;

const noImport: Inherited = { vars: new Map(), when: [], tags: [] };

class PlaybookReader {
  readonly #folder: Folder;
  #read = 0;
  constructor(folder: Folder) {
    this.#folder = folder;
  }

  plays(path: string, inherited: Inherited): readonly Play[] {
    if (this.#folder.kind(path) !== "file" || ++this.#read > maxPlaybooks) return [];
    return this.playsIn(readYaml(this.#folder.read(path), displayPath(this.#folder, path)), path, inherited);
  }

  playsIn(entries: PythonValue, path: string, inherited: Inherited): readonly Play[] {
    const where = displayPath(this.#folder, path);
    return (isList(entries) ? entries : []).flatMap((entry) => {
      if (!(entry instanceof Dict)) return [];
      const added: Inherited = {
        vars: merged(inherited.vars, dictionary(entry.get("vars")), where),
        when: [...inherited.when, ...(entry.has("when") ? [entry.get("when") ?? true] : [])],
        tags: [...inherited.tags, ...tagsOf(entry)],
      };
      const imported = entry.get("import_playbook") ?? entry.get("ansible.builtin.import_playbook");
      if (imported === undefined) return [playOf(entry, added, posix.dirname(path))];
      return typeof imported === "string" ? this.plays(posix.join(posix.dirname(path), imported), added) : [];
    });
  }
}

function playOf(entry: Dict, { vars, when, tags }: Inherited, folder: string): Play {
  const hosts = entry.get("hosts") ?? null;
  const roles = entry.get("roles") ?? null;
  return {
    hosts: (isList(hosts) ? hosts : [hosts]).filter((pattern) => typeof pattern === "string").join(","),
    vars,
    when,
    tags,
    preTasks: tasksIn(entry.get("pre_tasks")),
    roles: (isList(roles) ? roles : []).flatMap((role) => roleUse(role, "a play's roles") ?? []),
    tasks: [...tasksIn(entry.get("tasks")), ...tasksIn(entry.get("post_tasks"))],
    folder,
  };
}

/** A role in `roles` of a play or `dependencies` of a role; undefined for what names none. `where` says what sets its variables. */
export function roleUse(value: PythonValue, where: string): RoleUse | undefined {
  const dict = typeof value === "string" ? new Dict([["role", value]]) : value;
  if (!(dict instanceof Dict)) return undefined;
  const name = dict.get("role") ?? dict.get("name");
  if (typeof name !== "string") return undefined;
  const own: ReadonlySet<string> = new Set([
    "role",
    "name",
    "when",
    "tags",
    "vars",
    "environment",
    "delegate_to",
    "run_once",
  ]);
  const others = dict.entries().filter(([key]) => !own.has(String(unwrap(key))));
  return {
    name,
    when: dict.get("when") ?? true,
    tags: tagsOf(dict),
    params: merged(variableSource(new Dict(others), where), dictionary(dict.get("vars")), where),
    runOnce: dict.get("run_once") === true,
  };
}

function merged(weaker: VariableSource, stronger: Dict, where: string): VariableSource {
  return new Map([...weaker, ...variableSource(stronger, where)]);
}
