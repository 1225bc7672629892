// Every flag that kso takes, once, and the options that come of it.
import { commandFlags, endpointFlags } from "./commands.ts";
import { fetchingFlags } from "./fetching.ts";
import type { Flag, Values } from "./flag.ts";
import { formatFlags, generalFlags, outputFlags } from "./output.ts";
import { selectionFlags } from "./selection.ts";
import { servingFlags } from "./serving.ts";

/** Option → its flag, as it stands in the table. */
export type Flags = typeof selectionFlags &
  typeof fetchingFlags &
  typeof outputFlags &
  typeof formatFlags &
  typeof generalFlags &
  typeof endpointFlags &
  typeof servingFlags &
  typeof commandFlags;

/** The name of an option: a flag's name in camel case, or a word of its own where commands take one name for two things. */
export type FlagKey = keyof Flags;

/** The whole table. */
export const flags: { readonly [K in FlagKey]: Flag } = {
  ...selectionFlags,
  ...fetchingFlags,
  ...outputFlags,
  ...formatFlags,
  ...generalFlags,
  ...endpointFlags,
  ...servingFlags,
  ...commandFlags,
};

/** The names of all options. */
export const flagKeys: readonly FlagKey[] = Object.keys(flags) as FlagKey[];

/** What always has a value: a switch is off, nothing was listed. */
type Always = "switch" | "texts" | "mirrors" | "digests";

type Given<F> = F extends { readonly type: "list"; readonly choices: readonly (infer Choice)[] }
  ? readonly Choice[]
  : F extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : F extends { readonly type: infer Type extends keyof Values }
      ? Values[Type]
      : never;

/** What a command is given for a flag. */
export type OptionValue<F> =
  | Given<F>
  | (F extends { readonly default: unknown } | { readonly type: Always } ? never : undefined);

/** The parsed options of a command that takes these flags. */
export type Options<K extends FlagKey> = { readonly [P in K]: OptionValue<Flags[P]> };

/** The options of every command that plans. */
export type SelectionOptions = Options<keyof typeof selectionFlags>;

/** The options of every command that fetches. */
export type FetchingOptions = Options<keyof typeof fetchingFlags>;

/** The options of `kso serve`. */
export type ServingOptions = Options<keyof typeof servingFlags>;

/** The options of every command. */
export type GeneralOptions = Options<keyof typeof generalFlags>;
