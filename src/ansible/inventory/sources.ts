// What `-i` names: a file, a folder of files, or a list of hosts. Which files of a folder count is what Ansible says, with one
// exception: where no other file names a host, a file `.ini` does.
import { basename, dirname, join } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import { nameList } from "../../core/name-list.ts";
import type { AnsibleConfiguration } from "../configuration.ts";
import { type Folder, openFolder, repositoryOf, statsOf } from "../folder.ts";
import { EvaluationBudget } from "../jinja/budget.ts";
import { compilePattern } from "../jinja/regex.ts";
import type { Vault } from "../vault.ts";
import { isHostAddress, withoutPort } from "./address.ts";
import type { InventoryGraph } from "./graph.ts";
import { InventoryFileReader } from "./inventory-file.ts";
import { expandHostPattern } from "./patterns.ts";

/** How deep the folders of an inventory may be nested. */
const maxDepth = 20;
/** Files that people are told of by name. */
const maxNames = 3;

/** What sources are read with. */
export interface SourceContext {
  readonly graph: InventoryGraph;
  readonly configuration: AnsibleConfiguration;
  readonly vault: Vault;
  /** The playbook's folder, into which links may lead. */
  readonly playbook: string;
  readonly followLinks: boolean;
}

/** Whether `-i` names hosts themselves: it has a comma, and there is no such file. */
export function isHostList(path: string): boolean {
  return path.includes(",") && !statsOf(path);
}

/** The folder in which the group_vars and host_vars of an inventory lie. */
export function sourceFolder(path: string): string {
  return statsOf(path)?.isDirectory() ? path : dirname(path);
}

/** Reads sources one after the other, each into what the earlier ones made. */
export class SourceReader {
  graph: InventoryGraph;
  readonly #context: SourceContext;
  readonly #passedOver: string[] = [];
  /** For the names of all files. */
  readonly #patternBudget = new EvaluationBudget();
  constructor(context: SourceContext) {
    this.#context = context;
    this.graph = context.graph;
  }

  /**
   * Reads what `-i` names.
   * @returns the folder that its group_vars and host_vars lie in; none for a list of hosts.
   * @throws KsoError `usage` when there is nothing of that name, `unresolvable` for what cannot be read.
   */
  read(path: string): Folder | undefined {
    if (isHostList(path)) {
      this.#readHostList(path);
      return undefined;
    }
    const stats = statsOf(path);
    if (!stats) throw new KsoError("usage", `Cannot read the inventory ${path}: there is no such file or folder`);
    if (!(stats.isDirectory() || stats.isFile()))
      throw new KsoError("usage", `Cannot read the inventory ${path}: it is neither a file nor a folder`);
    const folder = this.#openFolder(sourceFolder(path));
    if (stats.isDirectory()) this.#readFolder(folder, path);
    else this.#readFile(folder, basename(path));
    this.#notePassedOver(path);
    this.#noteStrayFolders(folder);
    return folder;
  }

  #openFolder(path: string): Folder {
    const { playbook, followLinks } = this.#context;
    const repository = repositoryOf(path);
    return openFolder(path, {
      targets: [playbook, ...(repository === undefined ? [] : [repository])],
      anywhere: followLinks,
      advice: "--follow-links allows it",
    });
  }

  #readHostList(list: string): void {
    this.graph.startFile(undefined);
    const names = list.split(",").map((name) => name.trim());
    for (const name of names.filter((candidate) => candidate !== "")) {
      const hosts = this.#context.configuration.rangesInHostLists
        ? expandHostPattern(name, `-i ${list}`)
        : [plain(name)];
      for (const host of hosts) this.graph.addHost(host, "ungrouped", new Map());
    }
  }

  #readFile(folder: Folder, name: string): void {
    this.graph = this.#fileReader(folder).read(name, this.graph);
  }

  #fileReader(folder: Folder): InventoryFileReader {
    return new InventoryFileReader(folder, this.#context.vault);
  }

  #readFolder(folder: Folder, path: string): void {
    const before = this.graph.hosts.size;
    this.#readBelow(folder, "", 0);
    const ini = folder
      .list("")
      .filter((name) => name.endsWith(".ini") && !name.startsWith(".") && this.#isIgnored(name));
    const files = ini.filter((name) => folder.kind(name) === "file");
    if (files.length === 0) return;
    const names = files.map((name) => join(path, name)).join(", ");
    if (this.graph.hosts.size > before) {
      this.graph.notes.push(
        `${names} is passed over, as Ansible does with .ini in a folder; -i with the file's name takes it`,
      );
      return;
    }
    for (const name of files) this.#readFile(folder, name);
    // One file alone can be meant only; Ansible wants its name.
    if (files.length === 1 && folder.list("").every((name) => this.#isIgnored(name))) return;
    this.graph.notes.push(
      `Ansible passes over .ini in a folder; ${names} is taken here, since no other file names a host`,
    );
  }

  #readBelow(folder: Folder, path: string, depth: number): void {
    if (depth > maxDepth)
      throw new KsoError(
        "unresolvable",
        `Cannot read ${join(folder.path, path)}: more than ${maxDepth} folders lie in one another`,
      );
    for (const name of folder.list(path)) {
      if (this.#isIgnored(name)) continue;
      const full = path === "" ? name : `${path}/${name}`;
      const kind = folder.kind(full);
      if (kind === "folder") this.#readBelow(folder, full, depth + 1);
      else if (kind === "file") this.#tryFile(folder, full);
    }
  }

  /** A file of a folder that is no inventory is passed over, as Ansible does with a warning. */
  #tryFile(folder: Folder, name: string): void {
    const graph = this.#fileReader(folder).tryRead(name, this.graph);
    if (graph) this.graph = graph;
    else this.#passedOver.push(join(folder.path, name));
  }

  #isIgnored(name: string): boolean {
    const { ignoredExtensions, ignoredPatterns } = this.#context.configuration;
    return (
      name.startsWith(".") ||
      ["group_vars", "host_vars", "vars_plugins"].includes(name) ||
      ignoredExtensions.some((ending) => name.endsWith(ending)) ||
      ignoredPatterns.some((pattern) => this.#matches(pattern, name))
    );
  }

  #matches(pattern: string, name: string): boolean {
    try {
      return compilePattern(pattern).first(name, this.#patternBudget) !== undefined;
    } catch (cause) {
      throw new KsoError("unresolvable", `Cannot use the ignore_patterns of ansible.cfg: ${messageOf(cause)}`, cause);
    }
  }

  #notePassedOver(path: string): void {
    const files = this.#passedOver.splice(0);
    if (files.length === 0) return;
    this.graph.notes.push(`no inventory, and passed over in ${path}: ${nameList(files, maxNames)}`);
  }

  #noteStrayFolders(folder: Folder): void {
    for (const name of ["group_vars", "host_vars"])
      if (folder.kind(name) === "file")
        this.graph.notes.push(`${join(folder.path, name)} is a file, and no folder of variables`);
  }
}

/** A name without its port, where it is one host's. */
function plain(name: string): string {
  const host = withoutPort(name);
  return isHostAddress(host) && !host.includes("[") ? host : name;
}
