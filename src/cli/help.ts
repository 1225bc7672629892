// `--help`: sections, with the flags in groups and everything wrapped to the terminal, in the language of whoever reads it.
import type { Language, Text } from "../core/language.ts";
import { chineseDefaults, chineseHelp } from "../flags/chinese.ts";
import { type Flag, type FlagKey, flags, type Group } from "../flags/table.ts";
import type { Command, Example } from "./command.ts";
import { columnsOf, padTo, wrap, wrapCommand } from "./terminal/width.ts";

/** A word or a flag, and what it means. */
export type Row = readonly [term: string, meaning: string];

/** A heading of a help text, and the rows below it. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** For whom a help text is: the columns of the terminal, and the language. */
export interface HelpReader {
  readonly columns: number;
  readonly language: Language;
}

/** The groups in their order, by their titles. */
export const groupTitles: Readonly<Record<Group, Text>> = {
  command: { en: "This command", zh: "本命令" },
  selection: { en: "Selection", zh: "选择内容" },
  fetching: { en: "Fetching", zh: "下载" },
  output: { en: "Output", zh: "输出" },
  format: { en: "This format", zh: "本格式" },
  general: { en: "General", zh: "通用" },
};

const texts = {
  usage: { en: "Usage", zh: "用法" },
  commands: { en: "Commands", zh: "命令" },
  examples: { en: "Examples", zh: "示例" },
  version: {
    en: "version, commit and embedded releases (with --json)",
    zh: "版本、提交和内置的 kubespray 版本（与 --json 一起）",
  },
  programHelp: {
    en: "this text; kso COMMAND --help says more of each",
    zh: "本帮助；kso 命令 --help 查看各命令的详细说明",
  },
  commandHelp: { en: "what the command does, and its flags", zh: "本命令的说明及其选项" },
} as const satisfies Readonly<Record<string, Text>>;

/** Longer lines are hard to read. Columns. */
const maxWidth = 120;
/** A longer term has its meaning on the next line. Columns. */
const maxTerm = 28;
/** On a narrower terminal every meaning stands below its term. Columns. */
const minTable = 60;

/** The way of a bundle, for whoever types `kso` alone. */
const steps: readonly { readonly meaning: Text; readonly lines: readonly string[] }[] = [
  {
    meaning: {
      en: "1. Connected: fetch everything into one bundle, and check it",
      zh: "1. 联网环境：把全部内容下载到一个离线包，并校验",
    },
    lines: ["kso export --format tarball --with-binaries -o bundle.tar", "kso verify bundle.tar"],
  },
  {
    meaning: {
      en: "2. Isolated: serve it as it is, or push it into a registry that you have (kso push)",
      zh: "2. 离线环境：直接提供服务，或推送到已有的镜像仓库（kso push）",
    },
    lines: ["kso serve bundle.tar"],
  },
  {
    meaning: {
      en: "3. Point kubespray at it, and check that nothing is missing",
      zh: "3. 让 kubespray 使用它，并检查内容是否齐全",
    },
    lines: [
      "kso config kubespray bundle.tar --registry-host HOST:5000 --files-url http://HOST:8080/k8s -o offline.yml --check",
    ],
  },
];

const start = {
  what: {
    en: "kso brings everything that a kubespray cluster downloads across an air gap, for amd64 and arm64.",
    zh: "kso 把 kubespray 集群需要下载的全部内容带到离线环境，支持 amd64 和 arm64 混合架构。",
  },
  more: {
    en: "kso help lists all commands; kso COMMAND --help says more of each.",
    zh: "kso help 列出全部命令；kso 命令 --help 查看各命令的详细说明。",
  },
} as const satisfies Readonly<Record<string, Text>>;

/** What `kso` alone says: what it is, and the three steps. */
export function startText({ columns, language }: HelpReader): string {
  const width = Math.max(40, Math.min(columns, maxWidth));
  const paragraph = (text: Text): string => wrap(text[language], width).join("\n");
  const shown = steps.map(({ meaning, lines }) =>
    [wrap(meaning[language], width).join("\n   "), ...lines.map((line) => wrapCommand(line, width))].join("\n"),
  );
  return `${[paragraph(start.what), ...shown, paragraph(start.more)].join("\n\n")}\n`;
}

/** The help of the program, or of one command. */
export function helpText(commands: readonly Command[], command: Command | undefined, reader: HelpReader): string {
  const { language } = reader;
  const width = Math.max(40, Math.min(reader.columns, maxWidth));
  const sections = command ? commandSections(command, width, language) : programSections(commands, width, language);
  const colon = language === "zh" ? "：" : ":";
  return `${sections.map(({ title, body }) => (title === undefined ? body : `${title}${colon}\n${body}`)).join("\n\n")}\n`;
}

/** A part of a help text, with what stands below its title. */
interface HelpSection {
  readonly title?: string;
  readonly body: string;
}

function programSections(commands: readonly Command[], width: number, language: Language): HelpSection[] {
  const rows = commands.map((command): Row => [command.name, inLanguage(command, language).description]);
  const general: Row[] = [
    ["--version", texts.version[language]],
    ["-h, --help", texts.programHelp[language]],
  ];
  return [
    usageSection([language === "zh" ? "命令 [选项]" : "COMMAND [OPTIONS]"], width, language),
    { title: texts.commands[language], body: table(rows, width) },
    { title: groupTitles.general[language], body: table(general, width) },
  ];
}

function commandSections(command: Command, width: number, language: Language): HelpSection[] {
  const { description, details, examples, help } = inLanguage(command, language);
  return [
    { body: wrap(description, width).join("\n") },
    usageSection(usageOf(command), width, language),
    ...flagSections({ flags: command.flags, help }, language).map(({ title, rows }) => ({
      title,
      body: table(rows, width),
    })),
    ...(details ? [{ title: details.title, body: table(Object.entries(details.meanings), width) }] : []),
    { title: texts.examples[language], body: examples.map((example) => exampleText(example, width)).join("\n") },
  ];
}

/** What help says of a command, in that language. */
export function inLanguage(command: Command, language: Language): Pick<Command, keyof Command["chinese"]> {
  if (language === "en") return command;
  const { chinese, examples } = command;
  const meanings = examples.map(({ line, meaning }, at) => ({ line, meaning: chinese.examples[at] ?? meaning }));
  return { ...chinese, examples: meanings };
}

function usageSection(lines: readonly string[], width: number, language: Language): HelpSection {
  const body = lines.map((line) => wrap(line, width - 8).join("\n      "));
  return { title: texts.usage[language], body: body.map((line) => `  $ kso ${line}`).join("\n") };
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
export function flagSections(
  { flags: keys, help = {} }: { readonly flags: Command["flags"]; readonly help?: Command["help"] | undefined },
  language: Language,
): Section[] {
  const rows = keys.map((key) => {
    const flag = flags[key];
    const meaning = help[key];
    // Where a command gives a flag another meaning, it is a flag of that command.
    const group = meaning === undefined || flag.group === "output" ? flag.group : "command";
    return { group, row: [spellingOf(flag), flagMeaning(key, language, meaning)] as const };
  });
  rows.push({ group: "general", row: ["-h, --help", texts.commandHelp[language]] });
  return [...Map.groupBy(rows, ({ group }) => group)]
    .map(([group, entries]) => ({ group, rows: entries.map(({ row }) => row) }))
    .sort((a, b) => orderOf(a.group) - orderOf(b.group))
    .map(({ group, rows }) => ({ title: groupTitles[group][language], rows }));
}

function orderOf(group: Group): number {
  return Object.keys(groupTitles).indexOf(group);
}

function spellingOf({ name, short, value }: Flag): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** What a flag means, with its default; `meaning`: what it means for one command. */
export function flagMeaning(key: FlagKey, language: Language, meaning?: string): string {
  const flag = flags[key];
  const words = language === "zh" ? (meaning ?? chineseHelp[key]) : (meaning ?? flag.help);
  const initial = defaultOf(flag, language);
  if (initial === undefined || /[(（](?:default|默认)/.test(words)) return words;
  return language === "zh" ? `${words}（默认：${initial}）` : `${words} (default: ${initial})`;
}

function defaultOf({ default: value, defaultText }: Flag, language: Language): string | undefined {
  if (defaultText === undefined) return typeof value === "object" || value === undefined ? undefined : String(value);
  const chinese: Readonly<Record<string, string>> = chineseDefaults;
  return language === "zh" ? (chinese[defaultText] ?? defaultText) : defaultText;
}

function table(rows: readonly Row[], width: number): string {
  const isNarrow = width < minTable;
  const column = isNarrow ? 0 : Math.min(maxTerm, Math.max(...rows.map(([term]) => columnsOf(term))));
  const indent = " ".repeat(column + (isNarrow ? 6 : 4));
  return rows
    .map(([term, meaning]) => {
      const lines = wrap(meaning, width - indent.length);
      const head = columnsOf(term) > column ? `  ${term}\n${indent}` : `  ${padTo(term, column)}  `;
      return head + lines.join(`\n${indent}`);
    })
    .join("\n");
}

function exampleText({ line, meaning }: Example, width: number): string {
  return `${wrap(meaning, width - 4)
    .map((text) => `  # ${text}\n`)
    .join("")}${wrapCommand(line, width)}`;
}
