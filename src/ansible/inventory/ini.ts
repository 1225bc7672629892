// Inventories in INI form, as Ansible's ini plugin reads them: values are Python literals where they can be, else text.
import { isUtf8 } from "node:buffer";
import { KsoError } from "../../core/errors.ts";
import { EvaluationBudget } from "../jinja/budget.ts";
import { pythonLiteral } from "../jinja/literal.ts";
import type { PythonValue } from "../jinja/values.ts";
import type { Variable } from "../variables.ts";
import type { InventoryGraph } from "./graph.ts";
import { expandHostPattern } from "./patterns.ts";
import { splitShellWords } from "./shell-words.ts";

/** The text of a file: UTF-8, and whatever else in comments, as Ansible has it. @throws Error that names the line which is neither. */
export function decodeIni(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  if (isUtf8(bytes)) return text;
  const lines = text.split("\n").map((line) => line.replace(/^\s*[#;].*|\s#.*/, ""));
  const at = lines.findIndex((line) => line.includes("\u{fffd}"));
  if (at >= 0) throw new Error(`line ${at + 1} is not UTF-8 text`);
  return text;
}

/** Reads a file into the graph. @throws KsoError `unresolvable` with file and line for what is no inventory. */
export function readIniInventory(text: string, where: string, graph: InventoryGraph): void {
  const reader = new IniReader(where, graph);
  for (const [index, line] of text.split(/\r?\n/).entries()) reader.readLine(line.trim(), index + 1);
  reader.assertDeclared();
}

class IniReader {
  readonly #where: string;
  readonly #graph: InventoryGraph;
  readonly #budget = new EvaluationBudget();
  #section = { group: "ungrouped", kind: "hosts" };
  /** Groups that are only named: where, and what for. */
  readonly #named = new Map<string, { readonly place: string; readonly use: string }>();
  readonly #declared: Set<string>;
  #lineNumber = 0;
  constructor(where: string, graph: InventoryGraph) {
    this.#where = where;
    this.#graph = graph;
    this.#declared = new Set([...graph.groups.keys(), "all", "ungrouped"]);
  }

  /** Refuses a group that has no section, here or in an earlier file: Ansible takes such a file for no inventory. */
  assertDeclared(): void {
    for (const [group, { place, use }] of this.#named)
      if (!this.#declared.has(group))
        throw new KsoError(
          "unresolvable",
          `Cannot read ${place}: ${use} there is no group "${group}", and Ansible takes the file for no inventory; add a section [${group}]`,
        );
  }

  readLine(line: string, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    const [, group, kind = "hosts"] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? [];
    if (group !== undefined) this.#startSection(group, kind);
    else if (line.startsWith("[") && line.endsWith("]") && !/^\[[^\]:]*:[^\]]*\]/.test(line))
      throw this.#error("it is no section");
    else if (this.#section.kind === "children") this.#readChild(line);
    else if (this.#section.kind === "vars") this.#readVariable(line);
    else this.#readHosts(line);
  }

  #startSection(group: string, kind: string): void {
    if (!["hosts", "vars", "children"].includes(kind)) throw this.#error(`a section ":${kind}" is not known`);
    this.#section = { group, kind };
    if (kind === "vars") this.#name(group, "it sets variables of a group, and");
    else this.#declared.add(group);
    this.#graph.group(group);
  }

  #readChild(line: string): void {
    const [, child] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line) ?? [];
    if (child === undefined) throw this.#error("it is no group's name");
    this.#name(child, "it puts a group below another, and");
    this.#graph.addChild(this.#section.group, child);
  }

  #name(group: string, use: string): void {
    if (!this.#named.has(group)) this.#named.set(group, { place: this.#place, use });
  }

  #readVariable(line: string): void {
    const [name, text] = assignment(line) ?? [];
    if (name === undefined || text === undefined) throw this.#error("it is no name=value");
    this.#graph.setGroupVariable(this.#section.group, name, { value: this.#value(text), from: this.#where });
  }

  #readHosts(line: string): void {
    const [pattern = "", ...settings] = this.#words(line);
    if (pattern === "---") throw this.#error("it is YAML");
    if (pattern.endsWith(":")) throw this.#error(`"${pattern}" ends with the colon of a port`);
    const vars = new Map(settings.map((setting) => this.#hostVariable(setting)));
    for (const host of expandHostPattern(pattern, this.#place)) this.#graph.addHost(host, this.#section.group, vars);
  }

  #hostVariable(setting: string): readonly [string, Variable] {
    const [name, text] = assignment(setting) ?? [];
    if (name === undefined || text === undefined) throw this.#error(`"${setting}" is no name=value`);
    return [name, { value: this.#value(text), from: this.#where }];
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
