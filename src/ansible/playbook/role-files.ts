// The files of roles: their tasks, and the roles that they depend on. Each is read once, and only what is asked for.
import { posix } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { displayPath, type Folder } from "../folder.ts";
import { isTemplate } from "../jinja/syntax.ts";
import { isList } from "../jinja/values.ts";
import { readYaml } from "../yaml.ts";
import { type RoleUse, roleUse } from "./plays.ts";
import { dictionary, type Task, tasksIn } from "./tasks.ts";

/** Bytes of task files that are read. */
const maxBytes = 32 * 1024 * 1024;

/** How deep folders of task files may be nested. */
const maxDepth = 3;

/** A file or a role that a name stands for. */
export interface Candidate {
  readonly path: string;
  /** Where the name is a template: what it must give to stand for it. */
  readonly given?: { readonly template: string; readonly name: string };
}

/** Reads the roles of a checkout. */
export class RoleFiles {
  readonly #folder: Folder;
  readonly #dependencies = new Map<string, readonly RoleUse[]>();
  readonly #tasks = new Map<string, readonly Task[]>();
  readonly #texts = new Map<string, string>();
  readonly #candidates = new Map<string, readonly Candidate[]>();
  readonly #names = new Map<string, readonly string[]>();
  #bytes = 0;
  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** The roles that a role depends on. */
  dependencies(role: string): readonly RoleUse[] {
    const known = this.#dependencies.get(role);
    if (known) return known;
    const path = this.file(`roles/${role}/meta`, "main");
    const meta = path === undefined ? null : readYaml(this.text(path), displayPath(this.#folder, path));
    const listed = dictionary(meta).get("dependencies") ?? null;
    const dependencies = (isList(listed) ? listed : []).flatMap((use) => roleUse(use, path ?? "") ?? []);
    this.#dependencies.set(role, dependencies);
    return dependencies;
  }

  /** `main.yml`, `main.yaml`: the file of that name in a folder. */
  file(folder: string, name: string): string | undefined {
    const names = this.#namesIn(posix.join(folder, posix.dirname(name)));
    const ending = [".yml", ".yaml", ""].find((one) => names.includes(`${posix.basename(name)}${one}`));
    return ending === undefined ? undefined : posix.join(folder, `${name}${ending}`);
  }

  /** The text of a file. @throws KsoError `unresolvable` for what cannot be read, and for too much text. */
  text(path: string): string {
    const text = this.#texts.get(path) ?? this.#folder.read(path);
    if (!this.#texts.has(path)) this.#bytes += text.length;
    this.#texts.set(path, text);
    if (this.#bytes <= maxBytes) return text;
    throw new KsoError("unresolvable", `Cannot use ${this.#folder.path}: its tasks have more than ${maxBytes} bytes`);
  }

  /** Every file of tasks of a role. */
  taskFiles(role: string): readonly string[] {
    return this.#filesBelow(`roles/${role}/tasks`, 0);
  }

  /** The tasks in a file. */
  tasks(path: string): readonly Task[] {
    const tasks = this.#tasks.get(path) ?? tasksIn(readYaml(this.text(path), displayPath(this.#folder, path)));
    this.#tasks.set(path, tasks);
    return tasks;
  }

  /**
   * The files that an include may lead to, looked for in these folders in turn. A template may lead to each file that it could name.
   */
  filesNamed(name: string, folders: readonly string[]): readonly Candidate[] {
    const key = [name, ...folders].join("\n");
    const files = this.#candidates.get(key) ?? this.#findFiles(name, folders);
    this.#candidates.set(key, files);
    return files;
  }

  #findFiles(name: string, folders: readonly string[]): readonly Candidate[] {
    const template = name
      .replace(/\{\{\s*playbook_dir\s*\}\}\/?/g, "/")
      .replace(/\{\{\s*role_path\s*\}\}\/?/g, `${folders.at(-1) ?? ""}/`);
    for (const folder of folders) {
      const isFull = template !== name;
      const path = posix.normalize(isFull ? template.replace(/^\//, "") : posix.join(folder, template));
      if (path.startsWith("..")) continue;
      const candidates = isTemplate(path)
        ? this.#filesLike(path, folder)
        : this.#folder.kind(path) === "file"
          ? [{ path }]
          : [];
      if (candidates.length > 0) return candidates;
    }
    return [];
  }

  /** The roles that a name may stand for. */
  rolesNamed(name: string): readonly Candidate[] {
    if (!isTemplate(name)) return [{ path: name }];
    const parent = fixedFolder(name);
    return this.#namesIn(`roles/${parent}`)
      .map((one) => posix.join(parent, one))
      .filter((role) => mayName(name, role) && this.#folder.kind(`roles/${role}`) === "folder")
      .map((role) => ({ path: role, given: { template: name, name: role } }));
  }

  #filesLike(template: string, folder: string): readonly Candidate[] {
    const parent = fixedFolder(template);
    const written = posix.relative(folder, template);
    return this.#namesIn(parent)
      .map((name) => posix.join(parent, name))
      .filter((path) => /\.ya?ml$/.test(path) && mayName(template, path))
      .map((path) => ({ path, given: { template: written, name: posix.relative(folder, path) } }));
  }

  #filesBelow(path: string, depth: number): readonly string[] {
    return this.#namesIn(path).flatMap((name) => {
      if (/\.ya?ml$/.test(name)) return this.#folder.kind(`${path}/${name}`) === "file" ? [`${path}/${name}`] : [];
      return name.includes(".") || depth >= maxDepth ? [] : this.#filesBelow(`${path}/${name}`, depth + 1);
    });
  }

  #namesIn(path: string): readonly string[] {
    const names = this.#names.get(path) ?? (this.#folder.kind(path) === "folder" ? this.#folder.list(path) : []);
    this.#names.set(path, names);
    return names;
  }
}

/** The folder in front of the first template in a name. */
function fixedFolder(name: string): string {
  return posix.dirname(name.replace(/\{[{%][\s\S]*$/, "x"));
}

/** Whether a template could give that name: what is no template in it has to be there, in its order. */
function mayName(template: string, name: string): boolean {
  const [first = "", ...others] = template.split(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/);
  const last = others.pop() ?? "";
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
