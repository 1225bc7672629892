// Inventories in INI form, as Ansible's ini plugin reads them: values are Python literals where they can be, else text.
import { KsoError } from "../../core/errors.ts";
import { EvaluationBudget } from "../jinja/budget.ts";
import { pythonLiteral } from "../jinja/literal.ts";
import type { PythonValue } from "../jinja/values.ts";
import type { InventoryGraph } from "./graph.ts";
import { expandHostPattern } from "./patterns.ts";
import { splitShellWords } from "./shell-words.ts";

/** Reads a file into the graph. @throws KsoError `unresolvable` with file and line for what is no inventory. */
export function readIniInventory(text: string, where: string, graph: InventoryGraph): void {
  const reader = new IniReader(where, graph);
  for (const [index, line] of text.split(/\r?\n/).entries()) reader.readLine(line.trim(), index + 1);
}

class IniReader {
  readonly #where: string;
  readonly #graph: InventoryGraph;
  readonly #budget = new EvaluationBudget();
  #section = { group: "ungrouped", kind: "hosts" };
  #lineNumber = 0;
  constructor(where: string, graph: InventoryGraph) {
    this.#where = where;
    this.#graph = graph;
  }

  readLine(line: string, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    const [, group, kind = "hosts"] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? [];
    if (group !== undefined) this.#startSection(group, kind);
    else if (line.startsWith("[") && line.endsWith("]") && !/^\[[^\]]*:[^\]]*\]/.test(line))
      throw this.#error("it is no section");
    else if (this.#section.kind === "children") this.#readChild(line);
    else if (this.#section.kind === "vars") this.#readVariable(line);
    else this.#readHosts(line);
  }

  #startSection(group: string, kind: string): void {
    if (!["hosts", "vars", "children"].includes(kind)) throw this.#error(`a section ":${kind}" is not known`);
    this.#section = { group, kind };
    this.#graph.group(group);
  }

  #readChild(line: string): void {
    const [child = line] = this.#words(line);
    this.#graph.addChild(this.#section.group, child.trim());
  }

  #readVariable(line: string): void {
    const [name, text] = assignment(line) ?? [];
    if (name === undefined || text === undefined) throw this.#error("it is no name=value");
    const variable = { value: this.#value(text), from: this.#where };
    this.#graph.group(this.#section.group).vars.set(name, variable);
  }

  #readHosts(line: string): void {
    const [pattern = "", ...settings] = this.#words(line);
    const vars = new Map(settings.map((setting) => this.#hostVariable(setting)));
    for (const host of expandHostPattern(pattern, this.#place))
      this.#graph.addHost(host, this.#section.group, vars, this.#where);
  }

  #hostVariable(setting: string): readonly [string, PythonValue] {
    const [name, text] = assignment(setting) ?? [];
    if (name === undefined || text === undefined) throw this.#error(`"${setting}" is no name=value`);
    return [name, this.#value(text)];
  }

  /** `5` is a number, `True` a boolean, `yes` text. */
  #value(text: string): PythonValue {
    const value = pythonLiteral(text, this.#budget);
    return value === undefined ? text : value;
  }

  #words(line: string): string[] {
    const words = splitShellWords(line);
    if (words === undefined) throw this.#error("a quotation mark does not close");
    return words;
  }

  get #place(): string {
    return `${this.#where}:${this.#lineNumber}`;
  }

  #error(reason: string): KsoError {
    return new KsoError("unresolvable", `Cannot read ${this.#place}: ${reason}`);
  }
}

function assignment(text: string): readonly [name: string, value: string] | undefined {
  const index = text.indexOf("=");
  return index < 1 ? undefined : [text.slice(0, index).trim(), text.slice(index + 1).trim()];
}
