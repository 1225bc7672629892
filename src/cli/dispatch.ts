// Finds the command and runs it. A command's module is loaded when it is needed.
import { existsSync } from "node:fs";
import process from "node:process";
import { cac } from "cac";
import { exitCodes, KsoError, messageOf } from "../core/errors.ts";
import { type Language, localeLanguage } from "../core/language.ts";
import { printableLines } from "../core/quote.ts";
import { nearestOrAll } from "../core/suggest.ts";
import { explainSystemError } from "../files/disk.ts";
import { type Arguments, type OptionArguments, parseArguments } from "../flags/argv.ts";
import { type Command, flagsFor, type Output, runCommand } from "./command.ts";
import type { HelpReader } from "./help.ts";
import { interruptible } from "./terminal/interrupt.ts";
import { commandLine, messageLines } from "./terminal/messages.ts";

/** The file that settings are read from without --config. */
const configName = "kso.yaml";

/** Every command, in the order of the help text. */
const commands = {
  init: async () => (await import("./commands/init.ts")).initCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  resolve: async () => (await import("./commands/resolve.ts")).resolveCommand,
  releases: async () => (await import("./commands/releases.ts")).releasesCommand,
  components: async () => (await import("./commands/components.ts")).componentsCommand,
  fetch: async () => (await import("./commands/fetch.ts")).fetchCommand,
  verify: async () => (await import("./commands/verify.ts")).verifyCommand,
  inspect: async () => (await import("./commands/inspect.ts")).inspectCommand,
  diff: async () => (await import("./commands/diff.ts")).diffCommand,
  config: async () => (await import("./commands/config.ts")).configCommand,
  push: async () => (await import("./commands/push.ts")).pushCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  store: async () => (await import("./commands/store.ts")).storeCommand,
  plugin: async () => (await import("./commands/plugin.ts")).pluginCommand,
  trust: async () => (await import("./commands/trust.ts")).trustCommand,
  manifests: async () => (await import("./commands/manifests.ts")).manifestsCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  completion: async () => (await import("./commands/completion.ts")).completionFor(allCommands),
} as const satisfies Readonly<Record<string, () => Promise<Command>>>;

/** Every command, loaded. */
export async function allCommands(): Promise<readonly Command[]> {
  return await Promise.all(Object.values(commands).map((load) => load()));
}

/**
 * Runs what argv names. With --json a failure is on stdout too, unless the command's own value is there.
 * @throws KsoError `usage` for an unknown command or flag, and where the machine refuses a file.
 */
export async function dispatch(argv: readonly string[]): Promise<void> {
  const output = new ProcessOutput(argv.some((word) => /^--json(?:=|$)/.test(word)));
  try {
    // Whoever plans has nothing to finish: there a signal ends the run at once.
    await interruptible(undefined, () => runNamed(argv, output));
  } catch (thrown) {
    const failure = explainSystemError(thrown) ?? thrown;
    if (output.isJson && !output.hasValue) output.data(`${JSON.stringify(errorJson(failure))}\n`);
    throw failure;
  }
}

async function runNamed(argv: readonly string[], output: ProcessOutput): Promise<void> {
  const [name, ...words] = argv;
  if (name === undefined) return await showHelp(output, ({ startText }, reader) => startText(reader));
  const isHelp = isHelpWord(name) || name === "help";
  // `kso help COMMAND` is `kso COMMAND --help`.
  const [topic, ...surplus] = isHelp ? words.filter((word) => !isHelpWord(word)) : [name];
  const load = topic === undefined ? undefined : commandNamed(topic);
  if (topic !== undefined && !load) throw unknownCommand(topic, isHelp);
  const command = await load?.();
  const [extra] = surplus.slice(command?.subcommands?.some((one) => one.name === surplus[0]) ? 1 : 0);
  if (extra !== undefined) throw new KsoError("usage", `kso help takes one command, not "${extra}" too`);
  if (!command || isHelp || flagWords(words).some(isHelpWord)) {
    const all = await allCommands();
    return await showHelp(output, ({ helpText }, reader) => helpText(all, command, reader));
  }
  const args = parseArguments(words, command);
  output.isQuiet = args.options.has("quiet");
  output.isJson = args.options.has("json");
  await runCommand(command, args, output, await settingsFor(command, args, output));
}

function isHelpWord(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** The words that may be flags. */
function flagWords(words: readonly string[]): readonly string[] {
  return words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
}

async function showHelp(
  output: ProcessOutput,
  text: (help: typeof import("./help.ts"), reader: HelpReader) => string,
): Promise<void> {
  const reader = { columns: output.width ?? 80, language: output.language };
  output.data(text(await import("./help.ts"), reader));
}

/** How to load the command of that name; undefined where there is none. */
function commandNamed(name: string): (() => Promise<Command>) | undefined {
  const program = cac("kso");
  for (const command of Object.keys(commands)) program.command(command);
  program.parse(["kso", "kso", name], { run: false });
  return Object.entries(commands).find(([command]) => command === program.matchedCommandName)?.[1];
}

/** What `--json` prints instead of a value, or after the last event. */
function errorJson(thrown: unknown): object {
  const { code, message, details } =
    thrown instanceof KsoError ? thrown : new KsoError("unexpected", messageOf(thrown), thrown);
  return { error: { code, exit: exitCodes[code], message, items: [], ...details } };
}

function unknownCommand(name: string, isHelp: boolean): KsoError {
  if (!name.startsWith("-"))
    return new KsoError("usage", `Unknown command "${name}"${nearestOrAll(name, Object.keys(commands))}`);
  if (["--version", "-V"].includes(name)) return new KsoError("usage", `kso ${name} stands alone, or with --json`);
  const place = isHelp ? "kso help COMMAND" : `kso COMMAND ${name}`;
  return new KsoError("usage", `${name} is a flag, and a command is missing: ${place}; kso help says what there is`);
}

/** The option-arguments from kso.yaml, where the command reads it and the file exists. */
async function settingsFor(command: Command, args: Arguments, output: Output): Promise<OptionArguments> {
  const keys = flagsFor(command, args);
  const { options: typed } = args;
  if (!keys.includes("config") || command.configured?.(typed) === false) return new Map();
  const named = typed.get("config")?.at(-1);
  if (named === undefined && !existsSync(configName)) return new Map();
  const path = named ?? configName;
  const file = { path, isFound: named === undefined };
  const { settingsFrom } = await import("./kso-yaml/settings.ts");
  return new Map([
    ["config", [path]],
    ...settingsFrom(file, { words: [command.name, ...args.positionals], keys }, typed, output),
  ]);
}

/** The output of this process, which knows whether a whole value was written, and not only events. */
class ProcessOutput implements Output {
  readonly language: Language = localeLanguage(process.env);
  isQuiet = false;
  isJson: boolean;
  hasValue = false;
  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** How wide a terminal on stdout is; undefined where none is, or it does not say. */
  get width(): number | undefined {
    return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : undefined;
  }

  readonly data = (text: string): void => {
    this.hasValue ||= !text.startsWith('{"event"');
    process.stdout.write(printableLines(text));
  };

  readonly tell = (text: string, commands: readonly string[] = []): void => {
    if (this.isQuiet) return;
    const lines = [messageLines(text), ...commands.map((line) => commandLine(line))];
    process.stderr.write(lines.map((line) => `${line}\n`).join(""));
  };
}
