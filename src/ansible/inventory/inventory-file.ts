// One file of an inventory: in INI or YAML form, or what `ansible-inventory --list` prints.
import { statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { displayPath, type Folder } from "../folder.ts";
import { str } from "../jinja/text.ts";
import { Dict, isTruthy, type PythonValue, typeName } from "../jinja/values.ts";
import { isVaultText, type Vault } from "../vault.ts";
import { readYaml } from "../yaml.ts";
import type { InventoryGraph } from "./graph.ts";
import { decodeIni, readIniInventory } from "./ini.ts";
import { isListing, readListing } from "./listing.ts";
import { readYamlInventory } from "./yaml.ts";

const yamlEndings = [".yml", ".yaml", ".json"];
const advice = "save what ansible-inventory --list prints beside its group_vars, and name that file with -i";

/** Reads the files of a folder. A file is read as a whole or not at all. */
export class InventoryFileReader {
  readonly #folder: Folder;
  readonly #vault: Vault;
  /** Errors about what Ansible would take and kso does not. */
  readonly #refusals = new WeakSet<KsoError>();
  /** Graphs with files that have no group's parts, such as a patch in YAML. */
  readonly #empty = new WeakSet<InventoryGraph>();
  constructor(folder: Folder, vault: Vault) {
    this.#folder = folder;
    this.#vault = vault;
  }

  /** What a graph becomes with a file. @throws KsoError `unresolvable` for what is no inventory. */
  read(name: string, graph: InventoryGraph): InventoryGraph {
    const next = this.#readInto(name, graph);
    // Refuses circles.
    next.topDown();
    return next;
  }

  #readInto(name: string, graph: InventoryGraph): InventoryGraph {
    const where = displayPath(this.#folder, name);
    const text = this.#text(name, where);
    if (text.startsWith("#!"))
      throw new KsoError("unresolvable", `Cannot use ${where}: it is a program, and kso runs none; ${advice}`);
    if (extname(name) === ".toml")
      throw new KsoError("unresolvable", `Cannot use ${where}: it is TOML, which kso does not read; ${advice}`);
    const next = graph.copy();
    next.startFile(resolve(this.#folder.path, name));
    const endsLikeYaml = yamlEndings.includes(extname(name));
    if (endsLikeYaml || extname(name) === "") {
      const failure = this.#readYaml(text, where, next);
      if (failure === undefined) return next;
      return this.#readIni(text, where, graph, { name, failure: endsLikeYaml ? failure : undefined });
    }
    readIniInventory(text, where, next);
    return next;
  }

  /**
   * What a graph becomes with a file that may be something else; undefined where it is.
   * @throws KsoError `unresolvable` for what Ansible would take and kso does not: a program, a plugin; and for a broken inventory.
   */
  tryRead(name: string, graph: InventoryGraph): InventoryGraph | undefined {
    try {
      const next = this.read(name, graph);
      return this.#empty.has(next) ? graph : next;
    } catch (thrown) {
      if (!(thrown instanceof KsoError) || this.#isMeant(name) || this.#refusals.has(thrown) || this.#isProgram(name))
        throw thrown;
      return undefined;
    }
  }

  #read(name: string): string {
    return yamlEndings.includes(extname(name)) ? this.#folder.read(name) : this.#folder.read(name, decodeIni);
  }

  #text(name: string, where: string): string {
    const text = this.#read(name);
    if (!isVaultText(text)) return text;
    if (this.#vault.hasPasswords) return this.#vault.decrypt(text, where);
    throw new KsoError(
      "unresolvable",
      `Cannot read ${where}: it is encrypted with Ansible Vault; name the password with --vault-password-file`,
    );
  }

  /** Reads a file in YAML form. @returns why it is none; undefined where it was read. */
  #readYaml(text: string, where: string, graph: InventoryGraph): KsoError | undefined {
    let value: PythonValue;
    try {
      value = readYaml(text, where, this.#vault);
    } catch (thrown) {
      if (thrown instanceof KsoError) return thrown;
      throw thrown;
    }
    if (!(value instanceof Dict))
      return new KsoError("unresolvable", `Cannot use ${where}: an inventory is groups, not a ${typeName(value)}`);
    const plugin = value.get("plugin") ?? null;
    if (!(plugin instanceof Dict) && isTruthy(plugin)) throw this.#pluginError(where, str(plugin));
    if (isListing(value, text.trimStart().startsWith("{"))) readListing(value, where, graph);
    else if (readYamlInventory(value, where, graph) === 0) this.#empty.add(graph);
    return undefined;
  }

  /** Ansible reads what is no YAML as INI, whatever its name. */
  #readIni(
    text: string,
    where: string,
    graph: InventoryGraph,
    { name, failure }: { readonly name: string; readonly failure: KsoError | undefined },
  ): InventoryGraph {
    const next = graph.copy();
    next.startFile(resolve(this.#folder.path, name));
    try {
      readIniInventory(text, where, next);
    } catch (thrown) {
      throw failure !== undefined && thrown instanceof KsoError ? failure : thrown;
    }
    return next;
  }

  /** A file that tells a plugin where to get hosts from. */
  #pluginError(where: string, plugin: string): KsoError {
    const reason = `it is for the inventory plugin "${plugin}", and kso runs none; ${advice}`;
    const error = new KsoError("unresolvable", `Cannot use ${where}: ${reason}`);
    this.#refusals.add(error);
    return error;
  }

  /** Whether a file is named or written like an inventory: one that is broken is an error, since Ansible keeps a part of its hosts. */
  #isMeant(name: string): boolean {
    // `inventory.py` makes inventories.
    if (/^(?:hosts|inventory)\b(?!.*\.(?:py|sh)$)/.test(basename(name))) return true;
    return this.#folder.kind(name) === "file" && /^\[[^\]\s:]+:(?:children|vars)\]/m.test(this.#read(name));
  }

  /** Whether Ansible would run it. */
  #isProgram(name: string): boolean {
    return this.#read(name).startsWith("#!") && (statSync(join(this.#folder.path, name)).mode & 0o111) !== 0;
  }
}
