// Help stands in groups and fits the terminal.
import { expect, test } from "bun:test";
import { allCommands } from "../../src/cli/dispatch.ts";
import { flagMeaning, groupTitles, helpText, inLanguage, startText } from "../../src/cli/help.ts";
import type { Language } from "../../src/core/language.ts";
import { parseArguments } from "../../src/flags/argv.ts";

const commands = await allCommands();

function help(name: string | undefined, columns: number, language: Language = "en"): string[] {
  const command = commands.find((one) => one.name === name);
  return helpText(commands, command, { columns, language }).split("\n");
}

test.each([undefined, ...commands.map(({ name }) => name)])("%s: no line is wider than the terminal", (name) => {
  for (const language of ["en", "zh"] as const)
    for (const columns of [40, 60, 80, 120]) {
      const lines = help(name, columns, language);
      // A word alone on its line cannot be broken: a URL of an example.
      expect(lines.filter((line) => Bun.stringWidth(line) > columns && !/^ {4,}\S+$/.test(line))).toEqual([]);
    }
});

test.each(commands.map((one) => [one.name, one] as const))(
  "%s: every text of its help is there in Chinese",
  (_, one) => {
    const chinese = inLanguage(one, "zh");
    const texts = [
      chinese.description,
      ...chinese.examples.map(({ meaning }) => meaning),
      ...Object.values(chinese.help ?? {}),
      ...Object.values(chinese.details?.meanings ?? {}),
      ...one.flags.map((key) => flagMeaning(key, "zh")),
    ];
    expect(texts.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
    expect(one.chinese.examples).toHaveLength(one.examples.length);
    expect(Object.keys(one.chinese.help ?? {})).toEqual(Object.keys(one.help ?? {}));
    expect(Object.keys(one.chinese.details?.meanings ?? {})).toEqual(Object.keys(one.details?.meanings ?? {}));
  },
);

test("Chinese help is Chinese to its headings, and stands in columns", () => {
  const lines = help("store", 80, "zh");
  expect(lines.filter((line) => /^\S+：$/.test(line))).toEqual([
    "用法：",
    "本命令：",
    "下载：",
    "输出：",
    "通用：",
    "示例：",
  ]);
  expect(lines).toContain("  --lock FILE  prune：保留该锁文件需要的内容；可重复");
});

test.each(commands.map((one) => [one.name, one] as const))(
  "%s: two or three examples, and kso takes them",
  (_, one) => {
    expect([2, 3]).toContain(one.examples.length);
    for (const { line } of one.examples) {
      const [, inside = line] = /<\((.*)\)/.exec(line) ?? [];
      const [program, name, ...argv] = inside.replace(/ > .*/, "").split(" ");
      expect([program, name]).toEqual(["kso", one.name]);
      expect(() => parseArguments(argv, one)).not.toThrow();
    }
  },
);

test("flags stand under their groups, in one order", () => {
  const titles = help("export", 80).filter((line) => Object.values(groupTitles).some(({ en }) => line === `${en}:`));
  expect(titles).toEqual(["Selection:", "Fetching:", "Output:", "This format:", "General:"]);
});

test("a default is shown once; the meaning of a long flag is on the next line; other lines are aligned", () => {
  const lines = help("export", 80);
  expect(lines).toContain("  --jobs N                     downloads at one time (default: 8)");
  expect(lines.join("\n").match(/exclude \(default\)/g)).toHaveLength(1);
  expect(lines.find((line) => line.includes("--unavailable"))).not.toContain("(default: exclude)");
});

test.each(["en", "zh"] as const)(
  "kso alone: three steps, each with command lines that can be pasted (%s)",
  (language) => {
    for (const columns of [40, 60, 80, 120]) {
      const lines = startText({ columns, language }).split("\n");
      expect(lines.filter((line) => Bun.stringWidth(line) > columns && !/^ {4,}\S+$/.test(line))).toEqual([]);
      expect(lines.filter((line) => /^\d\. /.test(line))).toHaveLength(3);
      const pasted = lines
        .join("\n")
        .replaceAll(" \\\n    ", " ")
        .match(/^ {2}kso .*$/gm);
      expect(pasted?.map((line) => line.trim().split(" ")[1])).toEqual(["export", "verify", "serve", "config"]);
    }
  },
);
