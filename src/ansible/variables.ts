// Variables in files: which file Ansible takes for a name, and the variables in it.
import { KsoError } from "../core/errors.ts";
import { displayPath, type Folder } from "./folder.ts";
import { Dict, type PythonValue, typeName, VaultEncrypted } from "./jinja/values.ts";
import type { Vault } from "./vault.ts";
import { readYaml } from "./yaml.ts";

/** A variable's value as it is written, before templating, and where that is. */
export interface Variable {
  readonly value: PythonValue;
  /** The file (as messages name it), or the flag. */
  readonly from: string;
}

/** Variables by name. Of several sources the later one wins (Ansible's variable precedence). */
export type VariableSource = ReadonlyMap<string, Variable>;

/** Two variables of one name with `hash_behaviour = merge`: dictionaries are put together, anything else is the stronger one's. */
export function mergeVariables(weaker: Variable, stronger: Variable): Variable {
  const value = mergeValues(weaker.value, stronger.value);
  return value === stronger.value ? stronger : { ...stronger, value };
}

function mergeValues(weaker: PythonValue, stronger: PythonValue): PythonValue {
  if (!(weaker instanceof Dict && stronger instanceof Dict) || weaker.size === 0) return stronger;
  const merged = new Dict(weaker.entries());
  for (const [key, value] of stronger.entries()) {
    const below = weaker.get(key);
    merged.set(key, below === undefined ? value : mergeValues(below, value));
  }
  return merged;
}

/** Sources as one, for hosts that share them: of two values the later one wins. */
export function flattened(sources: readonly VariableSource[]): VariableSource {
  return new Map(sources.flatMap((source) => [...source]));
}

/** The order in which endings are tried for a role's `main` and for a group's or host's name. */
const endings = { role: [".yml", ".yaml", ".json", ""], vars: ["", ".yml", ".yaml", ".json"] } as const;
/** How deep folders of variable files may be nested. */
const maxDepth = 20;

/** The variables of files, and which files are encrypted as a whole. */
export interface LoadedVariables {
  readonly sources: readonly VariableSource[];
  /** Files that Ansible Vault encrypted. */
  readonly encrypted: readonly string[];
}

/**
 * Loads the variables of a role or of a group: the first of `path`, `path.yml`, … that exists; a folder means every file in it.
 * @throws KsoError `unresolvable` for a file that is no YAML mapping.
 */
export function loadVariables(
  folder: Folder,
  path: string,
  kind: keyof typeof endings,
  vault?: Vault,
): LoadedVariables {
  const sources: VariableSource[] = [];
  const encrypted: string[] = [];
  for (const file of variableFiles(folder, path, endings[kind])) {
    const where = displayPath(folder, file);
    const value = readYaml(folder.read(file), where, vault);
    if (value instanceof VaultEncrypted) encrypted.push(where);
    else if (value instanceof Dict) sources.push(variableSource(value, where));
    else if (value !== null)
      throw new KsoError(
        "unresolvable",
        `Cannot use ${where}: it must hold a mapping of variables, and holds a ${typeName(value)}`,
      );
  }
  return { sources, encrypted };
}

/** A mapping as a source of variables. */
export function variableSource(values: Dict, from: string): VariableSource {
  return new Map(
    values.entries().map(([key, value]): [string, Variable] => {
      return [String(key), { value, from }];
    }),
  );
}

function variableFiles(folder: Folder, path: string, order: readonly string[]): readonly string[] {
  for (const ending of order) {
    const kind = folder.kind(path + ending);
    if (kind === "file") return [path + ending];
    if (kind === "folder") return filesBelow(folder, path + ending);
  }
  return [];
}

/** Every file of variables in a folder and below: sorted, without hidden ones, backups and other endings. */
function filesBelow(folder: Folder, path: string, depth = 0): readonly string[] {
  if (depth > maxDepth)
    throw new KsoError(
      "unresolvable",
      `Cannot read ${displayPath(folder, path)}: more than ${maxDepth} folders lie in one another`,
    );
  return folder.list(path).flatMap((name) => {
    if (name.startsWith(".") || name.endsWith("~")) return [];
    const ending = /(?!^)\.[^.]*$/.exec(name)?.[0] ?? "";
    const full = `${path}/${name}`;
    const kind = folder.kind(full);
    if (kind === "folder") return ending === "" ? filesBelow(folder, full, depth + 1) : [];
    return kind === "file" && (endings.vars as readonly string[]).includes(ending) ? [full] : [];
  });
}
