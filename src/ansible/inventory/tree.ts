// Inventories in YAML form: groups of hosts, vars and children.
import { KsoError } from "../../core/errors.ts";
import { Dict, type PythonValue, typeName, unwrap } from "../jinja/values.ts";
import { variableSource } from "../variables.ts";
import type { InventoryGraph } from "./graph.ts";
import { expandHostPattern } from "./patterns.ts";

/** Reads a file's value into the graph. @throws KsoError `unresolvable` naming what is no group. */
export function readYamlInventory(value: PythonValue, where: string, graph: InventoryGraph): void {
  if (!(value instanceof Dict))
    throw new KsoError("unresolvable", `Cannot use ${where}: an inventory is groups, not a ${typeName(value)}`);
  for (const [name, group] of value.entries()) readGraph(String(unwrap(name)), group, where, graph);
}

function readGraph(name: string, value: PythonValue, where: string, graph: InventoryGraph): void {
  const group = graph.group(name);
  if (value === null) return;
  const bad = (what: string, found: PythonValue): KsoError =>
    new KsoError("unresolvable", `Cannot use ${where}: ${what} of "${name}" is no mapping but a ${typeName(found)}`);
  if (!(value instanceof Dict)) throw bad("the value", value);
  for (const [key, content] of value.entries()) {
    const part = String(unwrap(key));
    if (!["hosts", "vars", "children"].includes(part))
      throw new KsoError(
        "unresolvable",
        `Cannot use ${where}: the group "${name}" has "${part}"; a group has hosts, vars and children`,
      );
    if (content === null) continue;
    // `hosts: node1` is a host without variables.
    const entries = typeof content === "string" ? new Dict([[content, null]]) : content;
    if (!(entries instanceof Dict)) throw bad(part, content);
    if (part === "vars") for (const [one, written] of variableSource(entries, where)) group.vars.set(one, written);
    for (const [one, inside] of part === "vars" ? [] : entries.entries()) {
      const named = String(unwrap(one));
      if (part === "children") {
        readGraph(named, inside, where, graph);
        graph.child(name, named);
        continue;
      }
      if (!(inside === null || inside instanceof Dict)) throw bad(`the host "${named}"`, inside);
      const vars = new Map([...variableSource(inside ?? new Dict(), where)].map(([key, { value: set }]) => [key, set]));
      for (const host of expandHostPattern(named, where)) graph.host(host, name, vars, where);
    }
  }
}
