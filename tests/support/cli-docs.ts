// docs/cli.md and docs/zh/cli.md, made from the tables of commands and flags: `bun tests/support/cli-docs.ts`.
import { join } from "node:path";
import fs from "fs-extra";
import type { Command, JsonOutput } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/dispatch.ts";
import { flagSections, groupTitles, inLanguage, type Row, usageOf } from "../../src/cli/help.ts";
import type { Language, Text } from "../../src/core/language.ts";
import { flagKeys } from "../../src/flags/table.ts";
import { root } from "./paths.ts";

/** Where the page lies. */
export const paths: Text = { en: join(root, "docs/cli.md"), zh: join(root, "docs/zh/cli.md") };

const beginning: Text = {
  en: `# The command line

<!-- Made by \`bun tests/support/cli-docs.ts\` from src/flags and src/cli/commands. -->

\`kso COMMAND --help\` says the same in a terminal, in English or, where the locale (\`LC_ALL\`, \`LC_MESSAGES\`, \`LANG\`) is Chinese, in
Chinese; errors and notes are English everywhere. Versions are words: \`--kube 1.30\` never becomes 1.3. Flags take their value behind a space
or behind \`=\`; after \`--\` nothing is a flag. What may stand in kso.yaml is in [configuration.md](configuration.md).

With \`--json\`, stdout has one JSON value: what the command made, or \`{"error": {"code", "exit", "message", "items", …}}\` where it failed before. A value that
tells itself what is wrong (a plan with \`unresolved\`, a report with \`"ok": false\`) stands alone; the exit code and stderr say the rest. \`fetch\`, \`push\`
and \`export\` of bytes print an object a line: events, the result last, and the error as the last one where there is one.
`,
  zh: `# 命令行

<!-- 由 \`bun tests/support/cli-docs.ts\` 根据 src/flags 和 src/cli/commands 生成。 -->

\`kso 命令 --help\` 在终端中显示同样的内容：locale（\`LC_ALL\`、\`LC_MESSAGES\`、\`LANG\`）为中文时显示中文，否则显示英文；错误和提示信息始终是英文，便于搜索。
版本号按文本处理：\`--kube 1.30\` 不会变成 1.3。选项的值写在空格或 \`=\` 之后；\`--\` 之后的内容不再是选项。kso.yaml 中可以写什么，见 [configuration.md](configuration.md)。

使用 \`--json\` 时，标准输出上是一个 JSON 值：命令的结果；在得到结果之前失败时则为 \`{"error": {"code", "exit", "message", "items", …}}\`。本身已说明问题的值
（带有 \`unresolved\` 的计划、\`"ok": false\` 的报告）单独输出，其余信息见退出码和标准错误。\`fetch\`、\`push\` 以及带数据的 \`export\` 每行输出一个对象：先是事件，
最后是结果；失败时最后一行是错误。
`,
};

const words = {
  all: { en: "all of them", zh: "全部选项" },
  see: { en: "see", zh: "见" },
  below: { en: "below", zh: "下文" },
} satisfies Record<string, Text>;

/** Groups that stand once on the page, for all commands. */
const shared = (language: Language): string[] =>
  (["selection", "fetching", "general"] as const).map((group) => groupTitles[group][language]);

/** The text of the page. */
export async function render(language: Language): Promise<string> {
  const all = flagSections({ flags: flagKeys }, language);
  const groups = all.filter(({ title }) => shared(language).includes(title));
  return `${beginning[language]}
${(await allCommands()).map((command) => commandPart(command, language)).join("\n")}
${groups.map(({ title, rows }) => `## ${title}\n\n${table(rows)}`).join("\n")}`;
}

function commandPart(command: Command, language: Language): string {
  const { description, details, examples, help } = inLanguage(command, language);
  const colon = language === "zh" ? "：" : ":";
  const parts = flagSections({ flags: command.flags, help }, language).map(({ title, rows }) =>
    shared(language).includes(title) ? reference(title, rows, language) : `${title}${colon}\n\n${table(rows)}`,
  );
  return [
    `## kso ${command.name}\n`,
    `${description[0]?.toUpperCase()}${description.slice(1)}${language === "zh" ? "。" : "."}\n`,
    `\`\`\`\n${usageOf(command)
      .map((usage) => `kso ${usage}`)
      .join("\n")}\n\`\`\`\n`,
    ...parts,
    ...(details ? [`${details.title}${colon}\n\n${table(Object.entries(details.meanings))}`] : []),
    ...command.json.map((json) => jsonPart(json, language)),
    `\`\`\`sh\n${examples.map(({ line, meaning }) => `# ${meaning}\n${line}`).join("\n")}\n\`\`\`\n`,
  ].join("\n");
}

/** What `--json` prints: one value or events, and an example. */
function jsonPart({ of, form, example }: JsonOutput, language: Language): string {
  const subject = of === undefined ? "`--json`" : language === "zh" ? `\`--json\`（${of}）` : `\`--json\` (${of})`;
  const kind = {
    value: { en: ": one value.", zh: "：一个值。" },
    events: { en: ": an event a line, the result last.", zh: "：每行一个事件，最后是结果。" },
  }[form][language];
  return `${subject}${kind}\n\n\`\`\`json\n${example}\n\`\`\`\n`;
}

/** Which flags of a shared group these are. */
function reference(title: string, rows: readonly Row[], language: Language): string {
  const group = flagSections({ flags: flagKeys }, language).find((section) => section.title === title);
  const anchor = `#${title.toLowerCase()}`;
  const [colon, end] = language === "zh" ? ["：", "。"] : [": ", "."];
  if (group?.rows.length === rows.length) return `${title}${colon}[${words.all[language]}](${anchor})${end}\n`;
  const spellings = rows.map(([spelling]) => `\`${spelling}\``).join(language === "zh" ? "、" : ", ");
  const semicolon = language === "zh" ? "；" : "; ";
  const space = language === "zh" ? "" : " ";
  return `${title}${colon}${spellings}${semicolon}${words.see[language]}${space}[${words.below[language]}](${anchor})${end}\n`;
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  return `| | |\n|---|---|\n${rows.map(([term, meaning]) => `| \`${term.replaceAll("|", "\\|")}\` | ${cell(meaning)} |\n`).join("")}`;
}

if (import.meta.main)
  for (const language of ["en", "zh"] as const) await fs.outputFile(paths[language], await render(language));
