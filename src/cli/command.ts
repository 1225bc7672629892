// What every command is, and where its output goes.
import { KsoError } from "../core/errors.ts";
import type { Language, Text } from "../core/language.ts";
import { printable } from "../core/quote.ts";
import { type Arguments, type OptionArguments, readOptions } from "../flags/argv.ts";
import { type FlagKey, flags, type Options } from "../flags/table.ts";
import { assertOutputsApart } from "../flags/values.ts";
import { wrapMessage } from "./terminal/width.ts";

/** Where a command's output goes: data on stdout, everything else on stderr. */
export interface Output {
  /** How wide the terminal is that shows the data; undefined where none does. */
  readonly width?: number | undefined;
  /** The language of summaries; without this, English. */
  readonly language?: Language | undefined;
  data(text: string): void;
  /** Tells a person something; `commands` are lines to copy, below it. */
  tell(text: string, commands?: readonly string[]): void;
}

/** Writes one JSON value, as a command does with --json. */
export function writeJson(output: Output, value: unknown): void {
  output.data(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a line of text that is put together from what others wrote: it stays one line. */
export function writeLine(output: Output, line: string): void {
  const text = printable(line);
  output.data(`${output.width === undefined ? text : wrapMessage(text, output.width)}\n`);
}

/** Says something in the language of whoever reads it: a summary. What is searched for (errors, notes) is told in English alone. */
export function say(output: Output, text: Text, commands: readonly string[] = []): void {
  output.tell(text[output.language ?? "en"], commands);
}

/** A word behind a command's name that says what to do. */
export interface Subcommand<K extends FlagKey = FlagKey> {
  readonly name: string;
  /** What follows it, as help shows it. */
  readonly synopsis: string;
  /** The only flags that mean something with it; without this, all of the command's. */
  readonly flags?: readonly K[];
}

/** A command line that works, and what it is for. */
export interface Example {
  readonly line: string;
  readonly meaning: string;
}

/** A further part of a command's help: words and what they mean. */
interface HelpDetails {
  readonly title: string;
  readonly meanings: Readonly<Record<string, string>>;
}

/** What `--json` prints on success. */
export interface JsonOutput {
  /** The subcommand or the flag that it is for, where a command prints several things. */
  readonly of?: string;
  /** One value, or an object a line of which the last is the result. */
  readonly form: "value" | "events";
  /** An example: the fields that are there, shortened within; of events one of each kind, a line each. */
  readonly example: string;
}

/** The help of a command in Chinese, as {@link Command} has it in English. */
interface ChineseHelp<K extends FlagKey> {
  readonly description: string;
  readonly help?: { readonly [P in K]?: string };
  /** What each example means, in the same order. */
  readonly examples: readonly string[];
  readonly details?: HelpDetails;
}

/** A command: its flags, its help, and what it does. */
export interface Command<K extends FlagKey = FlagKey> {
  readonly name: string;
  /** What may follow the name, as help shows it; a command with subcommands has theirs. */
  readonly usage?: readonly string[];
  readonly subcommands?: readonly Subcommand<K>[];
  /** Only flags follow the name; any other word is an error. */
  readonly flagsOnly?: true;
  readonly description: string;
  readonly flags: readonly K[];
  /** Help texts that replace those of the table of flags. */
  readonly help?: { readonly [P in K]?: string };
  readonly examples: readonly Example[];
  readonly details?: HelpDetails;
  readonly chinese: ChineseHelp<K>;
  /** For docs/cli.md. */
  readonly json: readonly JsonOutput[];
  /** The bundles among the words that follow the name. */
  bundles?(positionals: readonly string[]): readonly string[];
  /** Whether kso.yaml is read, by the flags that were typed; without this, it is wherever the command takes --config. */
  configured?(typed: OptionArguments): boolean;
  /** Does the work. `typed`: the option-arguments that stand on the command line, and not in kso.yaml alone. */
  run(options: Options<K>, positionals: readonly string[], output: Output, typed: OptionArguments): Promise<void>;
}

/** The option-arguments of kso.yaml, replaced by typed ones, or before them where both count. */
function together(settings: OptionArguments, typed: OptionArguments): OptionArguments {
  const added = [...typed].map(
    ([key, texts]) => [key, flags[key].adds ? [...(settings.get(key) ?? []), ...texts] : texts] as const,
  );
  return new Map([...settings, ...added]);
}

/** Types a command by its flags: its `run` is given their options and no others. */
export function command<const K extends FlagKey>(definition: Command<K>): Command {
  return definition;
}

/** The flags that mean something with these arguments. */
export function flagsFor({ flags, subcommands = [] }: Command, { positionals }: Arguments): readonly FlagKey[] {
  return subcommands.find(({ name }) => name === positionals[0])?.flags ?? flags;
}

/**
 * Runs a command with its arguments. `settings`: option-arguments from kso.yaml; a typed flag wins over them.
 * @throws KsoError `usage` for a word or flag without a meaning here, for an invalid value, and for an output that is an input; whatever the command throws.
 */
export async function runCommand(
  command: Command,
  args: Arguments,
  output: Output,
  settings: OptionArguments = new Map(),
): Promise<void> {
  const { positionals, options: typed } = args;
  if (command.flagsOnly && positionals.length > 0)
    throw new KsoError("usage", `kso ${command.name} takes flags only, not "${positionals[0]}"; a list is written a,b`);
  const keys = flagsFor(command, args);
  const stray = command.flags.find((key) => typed.has(key) && !keys.includes(key));
  if (stray)
    throw new KsoError("usage", `--${flags[stray].name} has no meaning for kso ${command.name} ${positionals[0]}`);
  const options = await readOptions(command.flags, together(settings, typed));
  assertOutputsApart(keys, options, { bundles: command.bundles?.(positionals) ?? [] });
  await command.run(options, positionals, output, typed);
}
