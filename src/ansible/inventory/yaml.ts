// Inventories in YAML form: groups of hosts, vars and children.
import { KsoError } from "../../core/errors.ts";
import { Dict, type PythonValue, typeName, unwrap } from "../jinja/values.ts";
import { variableSource } from "../variables.ts";
import type { InventoryGraph } from "./graph.ts";
import { expandHostPattern } from "./patterns.ts";

/**
 * Reads a file's value into the graph. What Ansible passes over with a warning is noted there.
 * @returns how many groups have hosts, vars or children.
 * @throws KsoError `unresolvable` for hosts, vars or children that are none.
 */
export function readYamlInventory(value: PythonValue, where: string, graph: InventoryGraph): number {
  if (!(value instanceof Dict))
    throw new KsoError("unresolvable", `Cannot use ${where}: an inventory is groups, not a ${typeName(value)}`);
  const reader = new YamlInventoryReader(where, graph);
  for (const [name, group] of value.entries()) reader.readGroup(keyText(name), group);
  return reader.parts;
}

function keyText(key: PythonValue): string {
  return String(unwrap(key));
}

class YamlInventoryReader {
  readonly #where: string;
  readonly #graph: InventoryGraph;
  readonly #parts: Readonly<Record<string, (group: string, entries: Dict) => void>> = {
    hosts: (group, entries) => this.#readHosts(group, entries),
    vars: (group, entries) => this.#readVars(group, entries),
    children: (group, entries) => this.#readChildren(group, entries),
  };
  /** How many groups had hosts, vars or children. */
  parts = 0;
  constructor(where: string, graph: InventoryGraph) {
    this.#where = where;
    this.#graph = graph;
  }

  /** @returns whether it is a group. */
  readGroup(name: string, value: PythonValue): boolean {
    if (!(value === null || value instanceof Dict)) {
      this.#note(`"${name}" is no group, since it is a ${typeName(value)}`);
      return false;
    }
    this.#graph.group(name);
    for (const [key, content] of value?.entries() ?? []) this.#readPart(name, keyText(key), content);
    return true;
  }

  #readPart(group: string, part: string, content: PythonValue): void {
    const read = Object.hasOwn(this.#parts, part) ? this.#parts[part] : undefined;
    if (!read) {
      this.#note(`the group "${group}" has "${part}"; a group has hosts, vars and children`);
      return;
    }
    this.parts++;
    if (content === null) return;
    // `hosts: node1` is a host without variables.
    const entries = typeof content === "string" ? new Dict([[content, null]]) : content;
    if (!(entries instanceof Dict)) throw this.#noMapping(part, group, content);
    read(group, entries);
  }

  #readVars(group: string, entries: Dict): void {
    for (const [name, variable] of variableSource(entries, this.#where))
      this.#graph.setGroupVariable(group, name, variable);
  }

  #readChildren(group: string, entries: Dict): void {
    for (const [key, content] of entries.entries()) {
      const child = keyText(key);
      if (this.readGroup(child, content)) this.#graph.addChild(group, child);
    }
  }

  #readHosts(group: string, entries: Dict): void {
    for (const [key, content] of entries.entries()) {
      const pattern = keyText(key);
      if (!(content === null || content instanceof Dict))
        throw this.#noMapping(`the host "${pattern}"`, group, content);
      const vars = variableSource(content ?? new Dict(), this.#where);
      for (const host of expandHostPattern(pattern, this.#where)) this.#graph.addHost(host, group, vars);
    }
  }

  #note(reason: string): void {
    this.#graph.notes.push(`${this.#where}: ${reason}; Ansible passes it over`);
  }

  #noMapping(part: string, group: string, value: PythonValue): KsoError {
    return new KsoError(
      "unresolvable",
      `Cannot use ${this.#where}: ${part} of "${group}" must be a mapping, and is a ${typeName(value)}`,
    );
  }
}
