// Help stands in groups and fits the terminal.
import { expect, test } from "bun:test";
import { allCommands } from "../../src/cli/dispatch.ts";
import { groupTitles, helpText } from "../../src/cli/help.ts";
import { parseArguments } from "../../src/flags/argv.ts";

const commands = await allCommands();

function help(name: string | undefined, columns: number): string[] {
  const command = commands.find((one) => one.name === name);
  return helpText(commands, command, columns).split("\n");
}

test.each([undefined, ...commands.map(({ name }) => name)])("%s: no line is wider than the terminal", (name) => {
  for (const columns of [80, 120]) {
    const wide = help(name, columns).filter((line) => line.length > columns && !/^ {2}\$|^ {4,}\S+$/.test(line));
    expect(wide).toEqual([]);
  }
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
  const titles = help("export", 80).filter((line) => Object.values(groupTitles).some((title) => line === `${title}:`));
  expect(titles).toEqual(["Selection:", "Fetching:", "Output:", "This format:", "General:"]);
});

test("a default is shown once; the meaning of a long flag is on the next line; other lines are aligned", () => {
  const lines = help("export", 80);
  expect(lines).toContain("  --jobs N                     downloads at one time (default: 8)");
  expect(lines.join("\n").match(/exclude \(default\)/g)).toHaveLength(1);
  expect(lines.find((line) => line.includes("--unavailable"))).not.toContain("(default: exclude)");
});
