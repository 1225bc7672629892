// Inventories in INI form, as Ansible's ini plugin reads them: values are Python literals where they can be, else text.
import { KsoError } from "../../core/errors.ts";
import { EvaluationBudget } from "../jinja/budget.ts";
import { pythonLiteral } from "../jinja/literal.ts";
import type { PythonValue } from "../jinja/values.ts";
import type { InventoryGraph } from "./graph.ts";
import { expandHostPattern } from "./patterns.ts";

/** Reads a file into the graph. @throws KsoError `unresolvable` with file and line for what is no inventory. */
export function readIniInventory(text: string, where: string, graph: InventoryGraph): void {
  const budget = new EvaluationBudget();
  let section = { group: "ungrouped", kind: "hosts" };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const at = `${where}:${index + 1}`;
    const bad = (reason: string): KsoError => new KsoError("unresolvable", `Cannot read ${at}: ${reason}`);
    const [, group, kind = "hosts"] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? [];
    if (group !== undefined) {
      if (!["hosts", "vars", "children"].includes(kind)) throw bad(`a section ":${kind}" is not known`);
      section = { group, kind };
      graph.group(group);
      continue;
    }
    if (line.startsWith("[") && line.endsWith("]") && !/^\[[^\]]*:[^\]]*\]/.test(line)) throw bad("it is no section");
    if (section.kind === "children") graph.child(section.group, (words(line, bad)[0] ?? line).trim());
    else if (section.kind === "vars") {
      const [name, value] = assignment(line) ?? [];
      if (name === undefined || value === undefined) throw bad("it is no name=value");
      graph.group(section.group).vars.set(name, { value: settingOf(value, budget), from: where });
    } else {
      const [pattern = "", ...settings] = words(line, bad);
      const vars = settings.map((setting): [string, PythonValue] => {
        const [name, value] = assignment(setting) ?? [];
        if (name === undefined || value === undefined) throw bad(`"${setting}" is no name=value`);
        return [name, settingOf(value, budget)];
      });
      for (const host of expandHostPattern(pattern, at)) graph.host(host, section.group, new Map(vars), where);
    }
  }
}

function assignment(text: string): [string, string] | undefined {
  const at = text.indexOf("=");
  return at < 1 ? undefined : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** `5` is a number, `True` a boolean, `yes` text. */
function settingOf(text: string, budget: EvaluationBudget): PythonValue {
  const value = pythonLiteral(text, budget);
  return value === undefined ? text : value;
}

/** A line as a shell would split it, up to a comment. */
function words(line: string, bad: (reason: string) => KsoError): string[] {
  const found: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "#") break;
    if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const end = closing(line, at);
      if (end < 0) throw bad("a quotation mark does not close");
      const inside = line.slice(at + 1, end);
      word = (word ?? "") + (character === '"' ? inside.replace(/\\(["\\])/g, "$1") : inside);
      at = end;
    } else if (character === "\\") {
      word = (word ?? "") + line.charAt(++at);
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) found.push(word);
  return found;
}

function closing(line: string, start: number): number {
  const quote = line.charAt(start);
  for (let at = start + 1; at < line.length; at++) {
    if (quote === '"' && line.charAt(at) === "\\") at++;
    else if (line.charAt(at) === quote) return at;
  }
  return -1;
}
