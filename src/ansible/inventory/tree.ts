// Inventories in YAML form: groups of hosts, vars and children.
import { KsoError } from "../../core/errors.ts";
import { Dict, plain, typeName, type Value } from "../jinja/values.ts";
import { layerOf } from "../variables.ts";
import type { Graph } from "./graph.ts";
import { hostsOf } from "./patterns.ts";

/** Reads a file's value into the graph. @throws KsoError `unresolvable` naming what is no group. */
export function readTree(value: Value, where: string, graph: Graph): void {
  if (!(value instanceof Dict))
    throw new KsoError("unresolvable", `Cannot use ${where}: an inventory is groups, not a ${typeName(value)}`);
  for (const [name, group] of value.entries()) readGraph(String(plain(name)), group, where, graph);
}

function readGraph(name: string, value: Value, where: string, graph: Graph): void {
  const group = graph.group(name);
  if (value === null) return;
  const bad = (what: string, found: Value): KsoError =>
    new KsoError("unresolvable", `Cannot use ${where}: ${what} of "${name}" is no mapping but a ${typeName(found)}`);
  if (!(value instanceof Dict)) throw bad("the value", value);
  for (const [key, content] of value.entries()) {
    const part = String(plain(key));
    if (!["hosts", "vars", "children"].includes(part))
      throw new KsoError(
        "unresolvable",
        `Cannot use ${where}: the group "${name}" has "${part}"; a group has hosts, vars and children`,
      );
    if (content === null) continue;
    // `hosts: node1` is a host without variables.
    const entries = typeof content === "string" ? new Dict([[content, null]]) : content;
    if (!(entries instanceof Dict)) throw bad(part, content);
    if (part === "vars") for (const [one, written] of layerOf(entries, where)) group.vars.set(one, written);
    for (const [one, inside] of part === "vars" ? [] : entries.entries()) {
      const named = String(plain(one));
      if (part === "children") {
        readGraph(named, inside, where, graph);
        graph.child(name, named);
        continue;
      }
      if (!(inside === null || inside instanceof Dict)) throw bad(`the host "${named}"`, inside);
      const vars = new Map([...layerOf(inside ?? new Dict(), where)].map(([key, { value: set }]) => [key, set]));
      for (const host of hostsOf(named, where)) graph.host(host, name, vars, where);
    }
  }
}
