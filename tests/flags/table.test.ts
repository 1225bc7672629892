// The table of flags holds together, and a misspelt option does not compile.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, command } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/dispatch.ts";
import { groupTitles } from "../../src/cli/help.ts";
import { exporters } from "../../src/export/exporters.ts";
import { readOptions } from "../../src/flags/argv.ts";
import { sections, topKeys } from "../../src/flags/sections.ts";
import type { Flag } from "../../src/flags/table.ts";
import { type FlagKey, type Flags, flagKeys, flags, type Options } from "../../src/flags/table.ts";
import { paths, render } from "../support/cli-docs.ts";
import { run } from "../support/command.ts";
import { temporary } from "../support/temp.ts";

const commands = await allCommands();
const namesOf = ({ flags: keys }: Command): string[] =>
  keys.flatMap((key) => {
    const { name, short } = flags[key];
    return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  });

test.each(commands.map((one) => [one.name, one] as const))(
  "%s: its flags are in the table, each name once",
  (_, one) => {
    for (const key of one.flags) expect(flagKeys).toContain(key);
    expect(new Set(namesOf(one)).size).toBe(namesOf(one).length);
    for (const key of Object.keys(one.help ?? {})) expect(one.flags).toContain(key as FlagKey);
    for (const key of one.subcommands?.flatMap((subcommand) => subcommand.flags ?? []) ?? [])
      expect(one.flags).toContain(key);
    for (const general of ["json", "quiet"] as const) expect(one.flags).toContain(general);
  },
);

test("every flag is taken by some command", () => {
  const taken = new Set(commands.flatMap((one) => one.flags));
  expect(flagKeys.filter((key) => !taken.has(key))).toEqual([]);
});

test("every group has flags, and every flag a group", () => {
  const groups = new Set<string>(Object.values(flags).map(({ group }) => group));
  expect([...groups].sort()).toEqual(Object.keys(groupTitles).sort());
});

test("a flag has a placeholder unless it is a switch, a default that is one of its choices, and what can complete it", () => {
  for (const [key, { type, value, choices, default: initial, completes, setting }] of Object.entries(flags)) {
    expect([key, value === undefined]).toEqual([key, type === "switch"]);
    if (choices && typeof initial === "string") expect(choices).toContain(initial);
    expect([key, Boolean(choices && completes)]).toEqual([key, false]);
    if (value === "DIR" || value === "FILE")
      expect([key, completes]).toEqual([key, value === "DIR" ? "directory" : "file"]);
    if (setting === "path") expect(["file", "directory"]).toContain(completes as string);
  }
});

test("a flag of some formats alone names formats that there are", () => {
  const names = exporters.map(({ name }) => name);
  const named = Object.values(flags).flatMap(({ formats = [] }) => formats);
  expect(named.length).toBeGreaterThan(0);
  for (const format of named) expect(names).toContain(format);
  for (const { group, formats } of Object.values(flags)) expect(formats !== undefined).toBe(group === "format");
});

test("an option has the name of its flag; where one name means two things, a longer or another one", () => {
  const kebab = (key: string): string => key.replace(/[A-Z0-9]+/g, (letters) => `-${letters.toLowerCase()}`);
  const others = flagKeys.filter((key) => kebab(key) !== flags[key].name && key !== "s3Endpoint");
  for (const key of others) {
    const twins = flagKeys.filter((other) => flags[other].name === flags[key].name);
    expect([key, twins.length > 1]).toEqual([key, true]);
  }
});

test("every flag has its key in kso.yaml, or says why it is said anew each time", () => {
  for (const key of flagKeys) {
    const { setting, oneTime, below } = flags[key];
    expect({ key, one: (setting === undefined) !== (oneTime === undefined) }).toEqual({ key, one: true });
    expect({ key, below: below && setting === undefined }).not.toEqual({ key, below: true });
  }
});

test("what stands at the top of kso.yaml means one thing", () => {
  const names = topKeys.map((key) => flags[key].name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of ["kubespray", "extra", "mirror", "files-url", "registry-host", "format", "output"])
    expect(names).toContain(name);
  // No command's name is a setting's.
  expect(names.filter((name) => Object.hasOwn(sections, name))).toEqual([]);
});

test("the section of a command in kso.yaml has the settings that the command takes, and only one whose name is a setting is without", () => {
  const top = topKeys.map((key) => flags[key].name);
  const settable = (keys: readonly FlagKey[]): FlagKey[] => keys.filter((key) => flags[key].setting !== undefined);
  const expected = commands
    .filter((one) => one.flags.includes("config") && !top.includes(one.name))
    .map((one) => [one.name, settable(one.flags).sort()] as const);
  const actual = Object.entries(sections).map(([name, { keys, parts = {} }]) => {
    const own = Object.values(parts).flat();
    expect([name, own.filter((key) => keys.includes(key))]).toEqual([name, []]);
    return [name, [...new Set([...keys, ...own])].sort()] as const;
  });
  expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
  for (const [name, { parts }] of Object.entries(sections)) {
    const words = commands.find((one) => one.name === name)?.subcommands?.map((subcommand) => subcommand.name);
    if (parts) expect(Object.keys(parts)).toEqual(words as string[]);
  }
});

test.each(["en", "zh"] as const)("docs/cli.md in %s is up to date (otherwise: npm run schemas)", async (language) => {
  expect(await Bun.file(paths[language]).text()).toBe(await render(language));
});

test("options are typed by the table", async () => {
  // No flag of the table has a property that a flag does not have.
  type Unknown = { [K in FlagKey]: Exclude<keyof Flags[K], keyof Flag> }[FlagKey];
  const none: Unknown[] = [];
  expect(none).toEqual([]);
  const options: Options<"kube" | "jobs" | "unavailable" | "update" | "with"> = await readOptions(
    ["kube", "jobs", "unavailable", "update", "with"],
    new Map([["kube", ["1.30"]]]),
  );
  const kube: readonly string[] | undefined = options.kube;
  const jobs: number = options.jobs;
  const mode: "exclude" | "include" = options.unavailable;
  const update: boolean = options.update;
  const list: readonly string[] | undefined = options.with;
  expect([kube, jobs, mode, update, list]).toEqual([["1.30"], 8, "exclude", false, undefined]);
  // @ts-expect-error: no such flag
  expect(options.gpas).toBeUndefined();
  // @ts-expect-error: a flag that this command does not take
  expect(options.cni).toBeUndefined();
  // @ts-expect-error: it may not be there
  const texts: readonly string[] = options.kube;
  // @ts-expect-error: not one of the choices
  const wrong: boolean = options.unavailable === "some";
  expect([texts, wrong]).toEqual([["1.30"], false]);
  const rest = { description: "x", examples: [], chinese: { description: "x", examples: [] }, json: [] };
  // @ts-expect-error: no command takes a flag that is not in the table
  command({ ...rest, name: "x", flags: ["gpas"], run: async () => undefined });
});

test("every flag that names a file or folder says what is done with it, and no other does", () => {
  for (const key of flagKeys) {
    const { completes, setting, access, type } = flags[key];
    const isPath = completes === "file" || completes === "directory" || setting === "path";
    expect({ key, access: access !== undefined }).toEqual({ key, access: isPath });
    if (isPath) expect(["text", "texts", "list"]).toContain(type);
  }
});

/** A value of the flag that names the path. */
function valueWith(key: FlagKey, path: string): string {
  if (flags[key].pathPart === "behind @") return `@${path}`;
  return flags[key].pathPart === "behind a label" ? `label@${path}` : path;
}

const pairs = commands.flatMap((one) =>
  one.flags.flatMap((output) =>
    flags[output].access === undefined || flags[output].access?.startsWith("read")
      ? []
      : one.flags
          .filter((input) => input !== output && flags[input].access !== undefined)
          .map((input) => [one, output, input] as const),
  ),
);

test.each(
  pairs.map(
    ([one, output, input]) =>
      [`kso ${one.name} --${flags[output].name} and --${flags[input].name}`, one, output, input] as const,
  ),
)("%s never name one file", async (_, one, output, input) => {
  using folder = temporary();
  const path = join(folder.path, "one");
  const words = one.subcommands?.find(
    (subcommand) => (subcommand.flags ?? one.flags).includes(output) && (subcommand.flags ?? one.flags).includes(input),
  );
  if (one.subcommands && !words) return; // never on one command line
  const argv = [`--${flags[output].name}`, path, `--${flags[input].name}`, valueWith(input, path)];
  const { error } = await run(one, ...(words ? [words.name] : []), ...argv);
  const isInPlace = ["outputFolder manifests", "lock base"].includes(`${output} ${input}`);
  if (isInPlace) return expect(error?.message ?? "").not.toContain("an output is never an input");
  expect(error?.message).toContain("an output is never an input");
  expect(error?.code).toBe("usage");
  expect(readdirSync(folder.path)).toEqual([]);
});

test.each(["config", "serve", "push"])("kso %s writes to none of its bundles", async (name) => {
  using folder = temporary();
  const bundle = join(folder.path, "bundle.tar.002");
  writeFileSync(bundle, "bundle");
  const one = commands.find((other) => other.name === name) as Command;
  const output = one.flags.find((key) => flags[key].access?.match(/write|keep/));
  if (output === undefined) return expect(name).toBe("push");
  const words = name === "config" ? ["kubespray", bundle] : [bundle];
  for (const path of [bundle, join(folder.path, "bundle.tar.001"), join(folder.path, ".", "bundle.tar")]) {
    const { error } = await run(one, ...words, `--${flags[output].name}`, path);
    expect(error?.message).toContain("an output is never an input");
  }
  expect(readFileSync(bundle, "utf8")).toBe("bundle");
});
