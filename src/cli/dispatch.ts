// Finds the command and runs it. A command's module is loaded when it is needed.
import { existsSync } from "node:fs";
import process from "node:process";
import { cac } from "cac";
import { exitCodes, KsoError, messageOf } from "../core/errors.ts";
import { printableLines, printableMessage } from "../core/quote.ts";
import { didYouMean } from "../core/suggest.ts";
import { type Command, flagsFor, type Output, runCommand } from "./command.ts";
import { type Arguments, type OptionArguments, parseArguments } from "./flags/argv.ts";

/** The file that settings are read from without --config. */
const configName = "kso.yaml";

/** Every command, in the order of the help text. */
const commands = {
  export: async () => (await import("./commands/export.ts")).exportCommand,
  resolve: async () => (await import("./commands/resolve.ts")).resolveCommand,
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
 * @throws KsoError `usage` for an unknown command or flag.
 */
export async function dispatch(argv: readonly string[]): Promise<void> {
  const output = new ProcessOutput(argv.includes("--json"));
  try {
    await runNamed(argv, output);
  } catch (thrown) {
    if (output.isJson && !output.hasValue) output.data(`${JSON.stringify(errorJson(thrown))}\n`);
    throw thrown;
  }
}

async function runNamed([name, ...argv]: readonly string[], output: ProcessOutput): Promise<void> {
  const program = cac("kso");
  for (const command of Object.keys(commands)) program.command(command);
  program.parse(["kso", "kso", name ?? ""], { run: false });
  const load = Object.entries(commands).find(([command]) => command === program.matchedCommandName)?.[1];
  if (!load && name !== undefined && !["--help", "-h", "help"].includes(name)) throw unknownCommand(name);
  if (!load || argv.includes("--help") || argv.includes("-h")) {
    const { printHelp } = await import("./help.ts");
    printHelp(program, await allCommands(), await load?.(), process.stdout.columns || 80);
    return;
  }
  const command = await load();
  const args = parseArguments(argv, command);
  output.isQuiet = args.options.has("quiet");
  output.isJson = args.options.has("json");
  await runCommand(command, args, output, await settingsFor(command, args, output));
}

/** What `--json` prints instead of a value, or after the last event. */
function errorJson(thrown: unknown): object {
  if (!(thrown instanceof KsoError))
    return { error: { code: "unexpected", exit: exitCodes.unexpected, message: messageOf(thrown) } };
  const { code, message, details } = thrown;
  return { error: { code, exit: exitCodes[code], message, ...details } };
}

function unknownCommand(name: string): KsoError {
  const names = Object.keys(commands);
  return new KsoError("usage", `Unknown command "${name}"${didYouMean(name, names)}; there are: ${names.join(", ")}`);
}

/** The option-arguments from kso.yaml, where the command reads it and the file exists. */
async function settingsFor(command: Command, args: Arguments, output: Output): Promise<OptionArguments> {
  const keys = flagsFor(command, args);
  const { options: typed } = args;
  if (!keys.includes("config") || command.configured?.(typed) === false) return new Map();
  const path = typed.get("config")?.at(-1) ?? (existsSync(configName) ? configName : undefined);
  if (path === undefined) return new Map();
  return (await import("./kso-yaml/settings.ts")).settingsFrom(path, keys, typed, output);
}

/** The output of this process, which knows whether a whole value was written, and not only events. */
class ProcessOutput implements Output {
  isQuiet = false;
  isJson: boolean;
  hasValue = false;
  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  readonly data = (text: string): void => {
    this.hasValue ||= !text.startsWith('{"event"');
    process.stdout.write(printableLines(text));
  };

  readonly tell = (text: string): void => void (this.isQuiet || process.stderr.write(`${printableMessage(text)}\n`));
}
