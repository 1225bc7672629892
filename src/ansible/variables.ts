// Variables in files: which file Ansible takes for a name, and what it holds.
import { KsoError } from "../core/errors.ts";
import { displayPath, type Folder } from "./folder.ts";
import { Dict, type PythonValue, typeName, VaultEncrypted } from "./jinja/values.ts";
import { readYaml } from "./yaml.ts";

/** A variable as it was written, and where. */
export interface Variable {
  readonly value: PythonValue;
  /** The file, as a person would write it. */
  readonly from: string;
}

/** Variables by name; what is later in a list of layers wins. */
export type VariableSource = ReadonlyMap<string, Variable>;

/** The order in which endings are tried for a role's `main` and for a group's or host's name. */
const endings = { role: [".yml", ".yaml", ".json", ""], vars: ["", ".yml", ".yaml", ".json"] } as const;

/** What a file of variables came to: its layer, or that it is encrypted as a whole. */
export interface LoadedVariables {
  readonly sources: readonly VariableSource[];
  /** Files that Ansible Vault encrypted. */
  readonly encrypted: readonly string[];
}

/**
 * The variables called `name` in a folder: the first of `name`, `name.yml`, … that there is; a folder means every file in it.
 * @throws KsoError `unresolvable` for a file that is no YAML mapping.
 */
export function loadVariables(
  folder: Folder,
  within: string,
  name: string,
  kind: keyof typeof endings,
): LoadedVariables {
  const layers: VariableSource[] = [];
  const sealed: string[] = [];
  for (const path of filesOf(folder, `${within}/${name}`, endings[kind])) {
    const where = displayPath(folder, path);
    const value = readYaml(folder.read(path), where);
    if (value instanceof VaultEncrypted) sealed.push(where);
    else if (value instanceof Dict) layers.push(variableSource(value, where));
    else if (value !== null)
      throw new KsoError("unresolvable", `Cannot use ${where}: it holds no variables but a ${typeName(value)}`);
  }
  return { sources: layers, encrypted: sealed };
}

/** A mapping as a layer. */
export function variableSource(values: Dict, from: string): VariableSource {
  return new Map(
    values
      .entries()
      .map(([key, value]): [string, Variable] => [
        String(key),
        { from, value: value instanceof VaultEncrypted ? new VaultEncrypted(`${String(key)} (${from})`) : value },
      ]),
  );
}

function filesOf(folder: Folder, stem: string, order: readonly string[]): readonly string[] {
  for (const ending of order) {
    const kind = folder.kind(stem + ending);
    if (kind === "file") return [stem + ending];
    if (kind === "folder") return filesIn(folder, stem + ending);
  }
  return [];
}

/** Every file of variables in a folder and below: sorted, without hidden ones, backups and other endings. */
function filesIn(folder: Folder, path: string, depth = 0): readonly string[] {
  if (depth > 20)
    throw new KsoError("unresolvable", `Cannot read ${displayPath(folder, path)}: folders in folders in folders`);
  return folder.list(path).flatMap((name) => {
    if (name.startsWith(".") || name.endsWith("~")) return [];
    const ending = /(?!^)\.[^.]*$/.exec(name)?.[0] ?? "";
    const full = `${path}/${name}`;
    const kind = folder.kind(full);
    if (kind === "folder") return ending === "" ? filesIn(folder, full, depth + 1) : [];
    return kind === "file" && (endings.vars as readonly string[]).includes(ending) ? [full] : [];
  });
}
