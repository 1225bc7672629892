// Reads argv by the table of flags. Option-arguments stay text here: `--kube 1.30` must never become 1.3.
import { parseArgs } from "node:util";
import { KsoError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { type Flag, type FlagKey, flags, type Options } from "./table.ts";
import { readValue } from "./values.ts";

/** Option → its option-arguments, in the order of the command line; those of a switch are empty. */
export type OptionArguments = ReadonlyMap<FlagKey, readonly string[]>;

/** What stands on a command line behind the command's name. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly options: OptionArguments;
}

/**
 * Reads argv behind the command's name, by the command's flags.
 * @throws KsoError `usage` for an unknown flag, a missing value, a value a switch does not take, or a flag that is given twice and means one thing.
 */
export function parseArguments(
  argv: readonly string[],
  command: { readonly name: string; readonly flags: readonly FlagKey[] },
): Arguments {
  const byName = new Map(command.flags.map((key) => [flags[key].name, key]));
  const declared = [...byName].map(([name, key]) => {
    const { short, value } = flags[key];
    return [name, { type: value === undefined ? "boolean" : "string", ...(short && { short }) }] as const;
  });
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(declared),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const options = new Map<FlagKey, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const key = byName.get(token.name);
    if (key === undefined) throw unknownFlag(argv[token.index] ?? token.rawName, command.name, byName.keys());
    // `-o=PATH` is taken as `--output=PATH` is.
    const text = token.inlineValue && !token.rawName.startsWith("--") ? token.value.replace(/^=/, "") : token.value;
    // No name begins with a dash: what follows is the next flag.
    const isMissing = flags[key].type === "list" && !token.inlineValue && text?.startsWith("-") === true;
    assertArgument(flags[key], isMissing ? undefined : text);
    options.set(key, withFurther(flags[key], options.get(key), text ?? ""));
  }
  return { positionals, options };
}

/** Of two values of any other flag one would be lost. */
const repeatableTypes: ReadonlySet<Flag["type"]> = new Set([
  "texts",
  "list",
  "versions",
  "platforms",
  "mirrors",
  "digests",
]);

/** The option-arguments with a further one. @throws KsoError `usage` for a flag that means one thing and has one. */
function withFurther({ name, type, value }: Flag, given: readonly string[] = [], text: string): string[] {
  const [first] = given;
  if (first === undefined || repeatableTypes.has(type)) return [...given, text];
  const values = value === undefined ? "" : ` ("${first}" and "${text}")`;
  throw new KsoError("usage", `--${name} is given twice${values}; give it once`);
}

function unknownFlag(argument: string, command: string, names: Iterable<string>): KsoError {
  const spelling = argument.replace(/=.*$/s, "");
  return new KsoError(
    "usage",
    `Unknown flag "${spelling}"${didYouMean(spelling.replace(/^-+/, ""), [...names], "--")}; see kso ${command} --help`,
  );
}

function assertArgument({ name, value }: Flag, text: string | undefined): void {
  if (value !== undefined && !text) throw new KsoError("usage", `--${name} wants a value: --${name} ${value}`);
  if (value === undefined && text !== undefined) throw new KsoError("usage", `--${name} takes no value`);
}

/**
 * The options of a command that takes the flags of `keys`.
 * @throws KsoError `usage` for an invalid value.
 */
export async function readOptions<K extends FlagKey>(
  keys: readonly K[],
  optionArguments: OptionArguments,
): Promise<Options<K>> {
  const options: Record<string, unknown> = {};
  for (const key of keys) options[key] = await readValue(flags[key], optionArguments.get(key));
  // The table says which type each value has, and values.ts reads it so.
  return options as Options<K>;
}
