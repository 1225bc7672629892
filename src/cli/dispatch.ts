// Finds the command and runs it. cac knows the commands and prints their help.
import console from "node:console";
import { existsSync } from "node:fs";
import process from "node:process";
import { cac } from "cac";
import { KsoError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Command, Output } from "./command.ts";
import { completionFor } from "./commands/completion.ts";
import { componentsCommand } from "./commands/components.ts";
import { configCommand } from "./commands/config.ts";
import { diffCommand } from "./commands/diff.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { fetchCommand } from "./commands/fetch.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { manifestsCommand } from "./commands/manifests.ts";
import { pluginCommand } from "./commands/plugin.ts";
import { pushCommand } from "./commands/push.ts";
import { resolveCommand } from "./commands/resolve.ts";
import { serveCommand } from "./commands/serve.ts";
import { storeCommand } from "./commands/store.ts";
import { verifyCommand } from "./commands/verify.ts";
import { type Arguments, configFlag, parseArguments } from "./options.ts";

/** Where settings are looked for when --config does not say. */
const configName = "kso.yaml";

const commands: readonly Command[] = [
  exportCommand,
  resolveCommand,
  componentsCommand,
  fetchCommand,
  verifyCommand,
  inspectCommand,
  diffCommand,
  configCommand,
  pushCommand,
  serveCommand,
  storeCommand,
  pluginCommand,
  manifestsCommand,
  doctorCommand,
  completionFor(() => commands),
];

/** Runs what argv names. @throws KsoError `usage` for an unknown command or flag. */
export async function dispatch(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  const command = commands.find((candidate) => candidate.name === name);
  if (!command || rest.includes("--help") || rest.includes("-h")) {
    if (!command && name !== undefined && !["--help", "-h", "help"].includes(name)) {
      const known = commands.map((candidate) => candidate.name);
      throw new KsoError(
        "usage",
        `Unknown command "${name}"${didYouMean(name, known)}; there are: ${known.join(", ")}`,
      );
    }
    process.stdout.write(help(command));
    return;
  }
  const args = parseArguments(rest, command.flags);
  const output = outputFor(args);
  await command.run(await configured(command, args, output), output);
}

/** What was typed, over kso.yaml where that counts. */
async function configured(command: Command, args: Arguments, output: Output): Promise<Arguments> {
  if (!command.flags.includes(configFlag) || command.configured?.(args) === false) return args;
  const path = args.one("config") ?? (existsSync(configName) ? configName : undefined);
  if (path === undefined) return args;
  return (await import("./kso-yaml/settings.ts")).withSettings(args, command.flags, path, output);
}

function outputFor(args: Arguments): Output {
  return {
    data: (text) => void process.stdout.write(text),
    tell: (text) => void (args.has("quiet") || process.stderr.write(`${text}\n`)),
  };
}

/** cac's own help text, for one command or for all. */
function help(command: Command | undefined): string {
  const program = cac("kso");
  program.help((sections) => [
    ...(command ? [{ body: command.description }] : []),
    // Its own hint names every command once more.
    ...sections.filter(({ title, body }) => body !== "kso" && !title?.startsWith("For more info")),
    ...(command ? [] : [{ body: "kso COMMAND --help says more of each." }]),
    ...(command?.words ? [{ title: command.words.title, body: table(command.words.of) }] : []),
  ]);
  for (const { usage, description, flags, name } of commands) {
    const built = program.command(name, description).usage(usage);
    for (const flag of flags) {
      const spelling = `${flag.short ? `-${flag.short}, ` : ""}--${flag.name}${flag.value ? ` <${flag.value}>` : ""}`;
      built.option(spelling, flag.help);
    }
  }
  program.option("--version", "version, commit and embedded releases (with --json)");
  program.parse(["kso", "kso", ...(command ? [command.name] : [])], { run: false });
  const text: string[] = [];
  const print = console.info;
  console.info = (line: string) => void text.push(line);
  try {
    program.outputHelp();
  } finally {
    console.info = print;
  }
  return `${text.join("\n")}\n`;
}

function table(words: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(words).map((word) => word.length));
  return Object.entries(words)
    .map(([word, meaning]) => `  ${word.padEnd(width)}  ${meaning}`)
    .join("\n");
}
