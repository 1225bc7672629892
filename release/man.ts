// Man pages, from the tables that help is made of.
import type { Command } from "../src/cli/command.ts";
import { flagSections, inLanguage, usageOf } from "../src/cli/help.ts";
import { exitCodes } from "../src/core/errors.ts";
import type { Language } from "../src/core/language.ts";
import { home, version } from "../src/runtime/build.ts";

/** A page: its file below a folder of man pages, and its text. */
export interface ManPage {
  readonly path: string;
  readonly text: string;
}

const words = {
  name: { en: "NAME", zh: "名称" },
  synopsis: { en: "SYNOPSIS", zh: "用法" },
  description: { en: "DESCRIPTION", zh: "描述" },
  commands: { en: "COMMANDS", zh: "命令" },
  examples: { en: "EXAMPLES", zh: "示例" },
  exit: { en: "EXIT STATUS", zh: "退出状态" },
  seeAlso: { en: "SEE ALSO", zh: "参见" },
  program: {
    en: "resolve, fetch, bundle, verify and serve what a kubespray cluster downloads",
    zh: "解析、下载、打包、校验并提供 kubespray 集群下载的全部内容",
  },
} as const;

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  unexpected: "something unexpected",
  usage: "a flag, a file or a place that cannot be used",
  unresolvable: "what the cluster wants cannot be resolved",
  fetch: "some artifacts could not be fetched; nothing was sealed",
  verify: "verification failed",
  remote: "a server or a push failed",
  interrupted: "interrupted",
};

/** The pages of the program and of each command, in a language. @param day of the release (ISO 8601). */
export function manPages(commands: readonly Command[], language: Language, day: string): ManPage[] {
  const folder = language === "en" ? "man/man1" : "man/zh_CN/man1";
  const program = programPage(commands, language, day);
  const pages = commands.map((command): ManPage => {
    const { description, details, examples, help } = inLanguage(command, language);
    const title = `kso-${command.name}`;
    const text = page(title, day, [
      section(words.name[language], [`${escaped(title)} \\- ${escaped(description)}`]),
      section(words.synopsis[language], synopsis(usageOf(command))),
      ...flagSections({ flags: command.flags, help }, language).map(({ title: heading, rows }) =>
        section(heading.toUpperCase(), rows.flatMap(tagged)),
      ),
      ...(details ? [section(details.title.toUpperCase(), Object.entries(details.meanings).flatMap(tagged))] : []),
      section(
        words.examples[language],
        examples.flatMap(({ line, meaning }, at) => [...(at > 0 ? [".PP"] : []), line0(meaning), ...literal(line)]),
      ),
      section(words.seeAlso[language], [".BR kso (1)"]),
    ]);
    return { path: `${folder}/${title}.1`, text };
  });
  return [{ path: `${folder}/kso.1`, text: program }, ...pages];
}

function programPage(commands: readonly Command[], language: Language, day: string): string {
  const rows = commands.map((command) => [`kso ${command.name}`, inLanguage(command, language).description] as const);
  const codes = Object.entries(exitCodes).map(
    ([code, number]) => [String(number), meanings[code as keyof typeof exitCodes]] as const,
  );
  return page("kso", day, [
    section(words.name[language], [`kso \\- ${escaped(words.program[language])}`]),
    section(words.synopsis[language], synopsis(["COMMAND [OPTIONS]"])),
    section(words.commands[language], rows.flatMap(tagged)),
    section(words.exit[language], codes.flatMap(tagged)),
    section(words.seeAlso[language], [
      commands.map(({ name }, at) => `.BR kso-${name} (1)${at < commands.length - 1 ? "," : ""}`).join("\n"),
      ".PP",
      escaped(home),
    ]),
  ]);
}

function page(title: string, day: string, sections: readonly string[]): string {
  const head = `.TH ${title.toUpperCase().replaceAll("-", "\\-")} 1 "${day}" "kso ${version}" "kso"`;
  // No word is broken, and no line is stretched.
  return `${[head, ".nh", ".ad l", ...sections].join("\n")}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH "${escaped(title)}"`, ...lines].join("\n");
}

function synopsis(usages: readonly string[]): string[] {
  return usages.flatMap((usage, at) => [...(at > 0 ? [".br"] : []), ".B kso", escaped(usage)]);
}

function tagged([term, meaning]: readonly [term: string, meaning: string]): string[] {
  return [".TP", `.B ${escaped(term)}`, line0(meaning)];
}

function literal(line: string): string[] {
  return [".RS 4", ".nf", line0(line), ".fi", ".RE"];
}

/** A text as roff: no character begins a command, and dashes are those of the keyboard. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll('"', "\\(dq");
}

/** A text at the start of a line, where a dot would be a command. */
function line0(text: string): string {
  return escaped(text).replace(/^([.'])/, "\\&$1");
}
