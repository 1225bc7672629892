// The files in group_vars and host_vars.
import type { Folder } from "../folder.ts";
import { type LoadedVariables, loadVariables, type VariableSource } from "../variables.ts";
import type { Vault } from "../vault.ts";

type VariablesFolder = "group_vars" | "host_vars";

/** Reads group_vars and host_vars of several folders, each file once. */
export class VariableFiles {
  readonly #folders: readonly Folder[];
  readonly #loaded = new Map<string, LoadedVariables>();
  readonly #encrypted = new Set<string>();
  readonly #vault: Vault | undefined;
  constructor(folders: readonly Folder[], vault?: Vault) {
    this.#folders = folders;
    this.#vault = vault;
  }

  /** The files read so far that Ansible Vault encrypted. */
  get encrypted(): readonly string[] {
    return [...this.#encrypted];
  }

  /** The variables of one host, weakest first. */
  ofHost(name: string): readonly VariableSource[] {
    return this.#folders.flatMap((folder) => this.#load(folder, "host_vars", name));
  }

  /** The variables of `all` and of groups, weakest first. */
  ofGroups(names: readonly string[]): readonly VariableSource[] {
    return [
      ...this.#folders.flatMap((folder) => this.#load(folder, "group_vars", "all")),
      ...this.#folders.flatMap((folder) => names.flatMap((name) => this.#load(folder, "group_vars", name))),
    ];
  }

  #load(folder: Folder, kind: VariablesFolder, name: string): readonly VariableSource[] {
    const key = `${this.#folders.indexOf(folder)} ${kind} ${name}`;
    const loaded = this.#loaded.get(key) ?? readVariables(folder, kind, name, this.#vault);
    this.#loaded.set(key, loaded);
    for (const file of loaded.encrypted) this.#encrypted.add(file);
    return loaded.sources;
  }
}

function readVariables(folder: Folder, kind: VariablesFolder, name: string, vault: Vault | undefined): LoadedVariables {
  const climbs = /^\/|(?:^|\/)\.\.(?:\/|$)/.test(name);
  if (climbs || folder.kind(kind) !== "folder") return { sources: [], encrypted: [] };
  return loadVariables(folder, `${kind}/${name}`, "vars", vault);
}
