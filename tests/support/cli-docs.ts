// docs/cli.md, made from the tables of commands and flags: `bun tests/support/cli-docs.ts`.
import { join } from "node:path";
import fs from "fs-extra";
import type { Command } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/dispatch.ts";
import { flagSections, groupTitles, type Row, usageOf } from "../../src/cli/help.ts";
import { flagKeys } from "../../src/flags/table.ts";
import { root } from "./paths.ts";

/** Where the page lies. */
export const path: string = join(root, "docs/cli.md");

/** Groups that stand once on the page, for all commands. */
const shared: readonly string[] = [groupTitles.selection, groupTitles.fetching, groupTitles.general];

/** The text of the page. */
export async function render(): Promise<string> {
  const all = flagSections({ flags: flagKeys });
  const groups = all.filter(({ title }) => shared.includes(title));
  return `# The command line

<!-- Made by \`bun tests/support/cli-docs.ts\` from src/flags and src/cli/commands. -->

\`kso COMMAND --help\` says the same in a terminal. Versions are words: \`--kube 1.30\` never becomes 1.3. Flags take their value behind a space
or behind \`=\`; after \`--\` nothing is a flag. What may stand in kso.yaml is in [configuration.md](configuration.md).

With \`--json\`, stdout has one JSON value: what the command made, or \`{"error": {"code", "exit", "message", "items", …}}\` where it failed before. A value that
tells itself what is wrong (a plan with \`unresolved\`, a report with \`"ok": false\`) stands alone; the exit code and stderr say the rest. \`fetch\`, \`push\`
and \`export\` of bytes print an object a line: events, the result last, and the error as the last one where there is one.

${(await allCommands()).map(commandPart).join("\n")}
${groups.map(({ title, rows }) => `## ${title}\n\n${table(rows)}`).join("\n")}`;
}

function commandPart(command: Command): string {
  const { name, description, details: words, examples } = command;
  const parts = flagSections(command).map(({ title, rows }) =>
    shared.includes(title) ? reference(title, rows) : `${title}:\n\n${table(rows)}`,
  );
  return [
    `## kso ${name}\n`,
    `${description[0]?.toUpperCase()}${description.slice(1)}.\n`,
    `\`\`\`\n${usageOf(command)
      .map((usage) => `kso ${usage}`)
      .join("\n")}\n\`\`\`\n`,
    ...parts,
    ...(words ? [`${words.title}:\n\n${table(Object.entries(words.meanings))}`] : []),
    `\`\`\`sh\n${examples.map(({ line, meaning }) => `# ${meaning}\n${line}`).join("\n")}\n\`\`\`\n`,
  ].join("\n");
}

/** Which flags of a shared group these are. */
function reference(title: string, rows: readonly Row[]): string {
  const group = flagSections({ flags: flagKeys }).find((section) => section.title === title);
  if (group?.rows.length === rows.length) return `${title}: [all of them](#${title.toLowerCase()}).\n`;
  const spellings = rows.map(([spelling]) => `\`${spelling}\``).join(", ");
  return `${title}: ${spellings}; see [below](#${title.toLowerCase()}).\n`;
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  return `| | |\n|---|---|\n${rows.map(([term, meaning]) => `| \`${term.replaceAll("|", "\\|")}\` | ${cell(meaning)} |\n`).join("")}`;
}

if (import.meta.main) await fs.outputFile(path, await render());
