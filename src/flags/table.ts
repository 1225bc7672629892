// Every flag that kso takes, once, as data alone: parsing, help, completion, kso.yaml's schema and docs/cli.md say the same. From
// the table come, by types alone, the options of each command.
import type { Digest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { EndpointNaming } from "../endpoints/endpoints.ts";
import type { Mirrors } from "../plan/mirrors.ts";
import type { FilesAddress } from "../push/address.ts";
import type { PushRegistry } from "../push/names.ts";
import type { ListenAddress } from "../serve/listeners.ts";
import { commandFlags, endpointFlags } from "./commands.ts";
import { fetchingFlags } from "./fetching.ts";
import { formatFlags, generalFlags, outputFlags } from "./output.ts";
import { selectionFlags } from "./selection.ts";
import { servingFlags } from "./serving.ts";

/** Value type of a flag → type of the option that a command is given. */
export interface FlagValues {
  /** A flag without a value: was it typed? */
  readonly switch: boolean;
  /** The last option-argument. */
  readonly text: string;
  /** As `list`; kso.yaml may have them as numbers. */
  readonly versions: readonly string[];
  /** Every option-argument. */
  readonly texts: readonly string[];
  /** Words with commas between them; several are put together. */
  readonly list: readonly string[];
  /** A whole number from 1 to 256. */
  readonly count: number;
  /** A whole number, up to a day. */
  readonly seconds: number;
  /** `4.7G`, `700M`, `1GiB`. */
  readonly bytes: number;
  /** Architectures, in kso's order. */
  readonly platforms: readonly Platform[];
  /** HOST=URL. */
  readonly mirrors: Mirrors;
  /** NAME=DIGEST. */
  readonly digests: ReadonlyMap<string, readonly Digest[]>;
  /** How a registry names what it holds. */
  readonly naming: EndpointNaming;
  /** `HOST[/PREFIX]` of a registry that is pushed to. */
  readonly pushRegistry: PushRegistry;
  /** `s3://BUCKET/PREFIX`, or the URL of a web server. */
  readonly filesAddress: FilesAddress;
  /** `[HOST]:PORT`, or off. */
  readonly address: ListenAddress | "off";
}

/** Under which heading of `--help` a flag stands. */
export type Group = "selection" | "fetching" | "output" | "format" | "command" | "general";

/** What completes a value where no choices do: files, directories, or names that embedded data has. */
export type Completes =
  | "file"
  | "directory"
  | "releases"
  | "kubernetes"
  | "components"
  | "network plugins"
  | "runtimes"
  | "profiles"
  | "mirror presets"
  | "formats"
  | "architectures";

/** One flag. */
export interface Flag {
  /** Without its dashes. */
  readonly name: string;
  readonly short?: string;
  /** The placeholder of its value; a switch has none. */
  readonly value?: string;
  readonly type: keyof FlagValues;
  readonly choices?: readonly string[];
  /** The option's value where the flag was not typed. */
  readonly default?: string | number | readonly string[];
  /** The default as help shows it, where it is no fixed value. */
  readonly defaultText?: string;
  readonly group: Group;
  readonly help: string;
  /** It may be set in kso.yaml, under its own name; a path there counts from the file. */
  readonly setting?: "value" | "path";
  /** At the top of kso.yaml the content of the file may stand in place of its name. */
  readonly inline?: true;
  /** What is typed comes on top of what kso.yaml has, and does not replace it. */
  readonly adds?: true;
  /** In kso.yaml it stands below a command's name only: another command's flag of that name means another thing. */
  readonly below?: true;
  /** Why it is in no kso.yaml: each run says it anew. */
  readonly oneTime?: string;
  /** It runs code: a kso.yaml that was found, and not named, may set it only after `kso trust`. */
  readonly runsCode?: true;
  /** Lines are added to whatever the file is: a kso.yaml that was found, and not named, may name one beside or below itself only. */
  readonly appends?: true;
  /** Which values, or which part of one, are such a path; without this, every value. */
  readonly pathPart?: "no list" | "no release" | "behind @" | "behind a label";
  readonly completes?: Completes;
  /**
   * What a run does with the file or folder of that name: reads it, writes it, or keeps what is its own there; `tree`: with all that is
   * below. Without this the value is no path.
   */
  readonly access?: "read" | "read tree" | "write" | "keep" | "keep tree";
  /** The formats of `kso export` that it means something for; without this, all of them. */
  readonly formats?: readonly string[];
  /** Of a service's unit: the file is a secret that systemd hands over, or the service writes it below its state directory. */
  readonly service?: "credential" | "state";
}

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

/** The types whose options are never undefined: without the flag they are false or empty. */
type Always = "switch" | "texts" | "mirrors" | "digests";

/** The type of a flag's value where the flag was typed. */
type ParsedValue<F> = F extends { readonly type: "list"; readonly choices: readonly (infer Choice)[] }
  ? readonly Choice[]
  : F extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : F extends { readonly type: infer Type extends keyof FlagValues }
      ? FlagValues[Type]
      : never;

/** The type of the option that a command is given for a flag. */
export type OptionValue<F> =
  | ParsedValue<F>
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
