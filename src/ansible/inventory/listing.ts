// What `ansible-inventory --list` and inventory programs print: groups with lists of hosts, and `_meta` with their variables.
import { KsoError } from "../../core/errors.ts";
import { Dict, isList, type PythonValue, typeName, unwrap } from "../jinja/values.ts";
import { type VariableSource, variableSource } from "../variables.ts";
import type { InventoryGraph } from "./graph.ts";

/** Whether a file's value is such a list: JSON has lists where an inventory in YAML form has mappings. */
export function isListing(value: Dict, isJson: boolean): boolean {
  if (value.has("_meta")) return true;
  return (
    isJson &&
    value.values().some((group) => isList(group) || (group instanceof Dict && isList(group.get("hosts") ?? null)))
  );
}

/** Reads a list into the graph. @throws KsoError `unresolvable` for what is none. */
export function readListing(value: Dict, where: string, graph: InventoryGraph): void {
  const reader = new ListingReader(where, graph);
  const meta = value.get("_meta") ?? null;
  for (const [name, group] of value.entries()) if (name !== "_meta") reader.readGroup(textOf(name), group);
  if (meta instanceof Dict) reader.readHostVariables(meta.get("hostvars") ?? null);
}

function textOf(value: PythonValue): string {
  return String(unwrap(value));
}

class ListingReader {
  readonly #where: string;
  readonly #graph: InventoryGraph;
  constructor(where: string, graph: InventoryGraph) {
    this.#where = where;
    this.#graph = graph;
  }

  readGroup(name: string, value: PythonValue): void {
    this.#graph.group(name);
    if (isList(value)) this.#readHosts(name, value);
    else if (!(value instanceof Dict)) throw this.#error(`the group "${name}" is a ${typeName(value)}`);
    else if (["hosts", "vars", "children"].some((part) => value.has(part))) this.#readParts(name, value);
    // A host with variables, in the place of a group.
    else this.#graph.addHost(name, name, variableSource(value, this.#where));
  }

  /** Variables of hosts that some group has; those of other hosts mean nothing. */
  readHostVariables(value: PythonValue): void {
    if (value === null) return;
    if (!(value instanceof Dict)) throw this.#error(`hostvars is a ${typeName(value)}`);
    for (const [name, vars] of value.entries())
      if (this.#graph.hosts.has(textOf(name)))
        this.#graph.addVariables(textOf(name), this.#source(vars, `the variables of ${textOf(name)}`));
  }

  #readParts(name: string, value: Dict): void {
    const hosts = value.get("hosts") ?? [];
    if (!isList(hosts)) throw this.#error(`the hosts of "${name}" are a ${typeName(hosts)}`);
    this.#readHosts(name, hosts);
    for (const [key, variable] of this.#source(value.get("vars") ?? new Dict(), `the variables of "${name}"`))
      this.#graph.setGroupVariable(name, key, variable);
    const children = value.get("children") ?? [];
    if (!isList(children)) throw this.#error(`the children of "${name}" are a ${typeName(children)}`);
    for (const child of children) this.#graph.addChild(name, textOf(child));
  }

  #readHosts(group: string, hosts: readonly PythonValue[]): void {
    for (const host of hosts) this.#graph.addHost(textOf(host), group, new Map());
  }

  #source(value: PythonValue, what: string): VariableSource {
    if (value instanceof Dict) return variableSource(value, this.#where);
    throw this.#error(`${what} are a ${typeName(value)}`);
  }

  #error(reason: string): KsoError {
    return new KsoError("unresolvable", `Cannot use ${this.#where}: ${reason}`);
  }
}
