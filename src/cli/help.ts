// `--help`: sections, with the flags in groups and everything wrapped to the terminal.

import { type Flag, flags, type Group } from "../flags/table.ts";
import type { Command, Example } from "./command.ts";

/** A word or a flag, and what it means. */
export type Row = readonly [term: string, meaning: string];

/** A heading of a help text, and the rows below it. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The groups in their order, by their titles. */
export const groupTitles: Readonly<Record<Group, string>> = {
  command: "This command",
  selection: "Selection",
  fetching: "Fetching",
  output: "Output",
  format: "This format",
  general: "General",
};

/** Longer lines are hard to read. Columns. */
const maxWidth = 120;
/** A longer term has its meaning on the next line. Columns. */
const maxTerm = 28;

/** The help of the program, or of one command, for a terminal of so many columns. */
export function helpText(commands: readonly Command[], command: Command | undefined, columns: number): string {
  const width = Math.max(40, Math.min(columns, maxWidth));
  const sections = command ? commandSections(command, width) : programSections(commands, width);
  return `${sections.map(({ title, body }) => (title === undefined ? body : `${title}:\n${body}`)).join("\n\n")}\n`;
}

/** A part of a help text, with what stands below its title. */
interface HelpSection {
  readonly title?: string;
  readonly body: string;
}

function programSections(commands: readonly Command[], width: number): HelpSection[] {
  const rows = commands.map(({ name, description }): Row => [name, description]);
  const general: Row[] = [
    ["--version", "version, commit and embedded releases (with --json)"],
    ["-h, --help", "this text; kso COMMAND --help says more of each"],
  ];
  return [
    usageSection(["COMMAND [OPTIONS]"]),
    { title: "Commands", body: table(rows, width) },
    { title: groupTitles.general, body: table(general, width) },
  ];
}

function commandSections(command: Command, width: number): HelpSection[] {
  const { description, details, examples } = command;
  return [
    { body: wrap(description, width).join("\n") },
    usageSection(usageOf(command)),
    ...flagSections(command).map(({ title, rows }) => ({ title, body: table(rows, width) })),
    ...(details ? [{ title: details.title, body: table(Object.entries(details.meanings), width) }] : []),
    { title: "Examples", body: examples.map((example) => exampleText(example, width)).join("\n") },
  ];
}

function usageSection(lines: readonly string[]): HelpSection {
  return { title: "Usage", body: lines.map((line) => `  $ kso ${line}`).join("\n") };
}

/** The lines of a command's usage, without `kso`. */
export function usageOf({ name, usage = [""], subcommands }: Command): string[] {
  const [first] = subcommands ?? [];
  if (!subcommands || !first) return usage.map((synopsis) => `${name} ${synopsis}`.trim());
  // Where all take the same, they are one line.
  if (subcommands.every(({ synopsis }) => synopsis === first.synopsis))
    return [`${name} ${subcommands.map((subcommand) => subcommand.name).join("|")} ${first.synopsis}`.trim()];
  return subcommands.map((subcommand) => `${name} ${subcommand.name} ${subcommand.synopsis}`.trim());
}

/** The flags of a command in their groups. */
export function flagSections({ flags: keys, help = {} }: Pick<Command, "flags" | "help">): Section[] {
  const rows = keys.map((key) => {
    const flag = flags[key];
    const meaning = help[key];
    // Where a command gives a flag another meaning, it is a flag of that command.
    const group = meaning === undefined || flag.group === "output" ? flag.group : "command";
    return { group, row: [spellingOf(flag), withDefault(meaning ?? flag.help, flag)] as const };
  });
  rows.push({ group: "general", row: ["-h, --help", "what the command does, and its flags"] });
  return [...Map.groupBy(rows, ({ group }) => group)]
    .map(([group, entries]) => ({ group, rows: entries.map(({ row }) => row) }))
    .sort((a, b) => orderOf(a.group) - orderOf(b.group))
    .map(({ group, rows }) => ({ title: groupTitles[group], rows }));
}

function orderOf(group: Group): number {
  return Object.keys(groupTitles).indexOf(group);
}

function spellingOf({ name, short, value }: Flag): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function withDefault(meaning: string, { default: value, defaultText }: Flag): string {
  const words = defaultText ?? (typeof value === "object" ? undefined : value);
  return words === undefined || meaning.includes("(default") ? meaning : `${meaning} (default: ${words})`;
}

function table(rows: readonly Row[], width: number): string {
  const column = Math.min(maxTerm, Math.max(...rows.map(([term]) => term.length)));
  const indent = " ".repeat(column + 4);
  return rows
    .map(([term, meaning]) => {
      const lines = wrap(meaning, width - indent.length);
      const head = term.length > column ? `  ${term}\n${indent}` : `  ${term.padEnd(column)}  `;
      return head + lines.join(`\n${indent}`);
    })
    .join("\n");
}

function exampleText({ line, meaning }: Example, width: number): string {
  const lines = wrap(line, width - 6);
  return `${wrap(meaning, width - 4)
    .map((text) => `  # ${text}\n`)
    .join("")}  ${lines.join(" \\\n    ")}`;
}

/** Splits a text into lines of at most that width; a longer word is a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
