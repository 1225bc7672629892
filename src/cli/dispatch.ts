// Finds the command and runs it. A command's module is loaded when it is needed.
import { existsSync } from "node:fs";
import process from "node:process";
import { cac } from "cac";
import { exitCodes, KsoError } from "../core/errors.ts";
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
 * Runs what argv names.
 * @throws KsoError `usage` for an unknown command or flag.
 */
export async function dispatch([name, ...argv]: readonly string[]): Promise<void> {
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
  const output = outputFor(args.options.has("quiet"));
  const isJson = args.options.has("json");
  try {
    await runCommand(command, args, output, await settingsFor(command, args, output));
  } catch (thrown) {
    if (isJson && thrown instanceof KsoError && !output.hasValue())
      output.data(`${JSON.stringify(errorJson(thrown))}\n`);
    throw thrown;
  }
}

/** What `--json` prints instead of a value, or after the last event. */
function errorJson({ code, message, details }: KsoError): object {
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
function outputFor(quiet: boolean): Output & { hasValue(): boolean } {
  let hasValue = false;
  return {
    hasValue: () => hasValue,
    data(text) {
      hasValue ||= !text.startsWith('{"event"');
      process.stdout.write(text);
    },
    tell: (text) => void (quiet || process.stderr.write(`${text}\n`)),
  };
}
