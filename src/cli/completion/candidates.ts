// What may stand where on kso's command line, from the tables of commands and flags: a new flag completes by itself.
import { plugins } from "../../../plugins/index.ts";
import { embeddedReleases } from "../../catalog/embedded.ts";
import { mirrorPresetNames, profileNames } from "../../catalog/presets.ts";
import type { ReleaseManifest } from "../../core/manifest.ts";
import { platforms } from "../../core/platform.ts";
import { exporters } from "../../export/exporters.ts";
import { type Completes, type Flag, flags } from "../../flags/table.ts";
import { readAsset } from "../../runtime/assets.ts";
import type { Command } from "../command.ts";

/** What completes a value: one word, words with commas between them, a file, a directory, or (`any`) nothing. */
export type Completion =
  | { readonly kind: "word" | "list"; readonly words: readonly string[] }
  | { readonly kind: "file" | "directory" | "any" };

/** A flag, and what completes its value; a switch has none. */
export interface CompletedFlag extends Pick<Flag, "name" | "short" | "help"> {
  readonly value?: Completion;
}

/** A command, its flags, and the words that may follow its name: `new`, `check`. */
export interface CompletedCommand extends Pick<Command, "name" | "description"> {
  readonly subcommands: readonly string[];
  readonly flags: readonly CompletedFlag[];
}

/** What completes each command, with the names that embedded data has. */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  const names = embeddedNames();
  const helpFlag: CompletedFlag = { name: "help", short: "h", help: "what the command does, and its flags" };
  return commands.map(({ name, description, subcommands = [], flags: keys, help }) => ({
    name,
    description,
    subcommands: subcommands.map((subcommand) => subcommand.name),
    flags: [...keys.map((key) => completedFlag(flags[key], help?.[key], names)), helpFlag],
  }));
}

type EmbeddedNames = Readonly<Record<Exclude<Completes, "file" | "directory">, readonly string[]>>;

function completedFlag(flag: Flag, meaning: string | undefined, names: EmbeddedNames): CompletedFlag {
  const { name, short, value, help } = flag;
  return {
    name,
    help: meaning ?? help,
    ...(short !== undefined && { short }),
    ...(value !== undefined && { value: completionOf(flag, names) }),
  };
}

function completionOf({ type, choices, completes }: Flag, names: EmbeddedNames): Completion {
  const kind = type === "list" || type === "versions" || type === "platforms" ? "list" : "word";
  if (choices) return { kind, words: choices };
  if (completes === undefined) return { kind: "any" };
  if (completes === "file" || completes === "directory") return { kind: completes };
  return { kind, words: names[completes] };
}

function embeddedNames(): EmbeddedNames {
  const releases = embeddedReleases().toReversed();
  const newest = JSON.parse(readAsset(`releases/kubespray-${releases[0]}.json`)) as ReleaseManifest;
  const inCategory = (category: string): string[] =>
    plugins.filter((plugin) => plugin.category === category).map(({ name }) => name);
  return {
    releases,
    kubernetes: newest.kubernetes.versions,
    profiles: profileNames(),
    "mirror presets": mirrorPresetNames(),
    components: plugins.map(({ name }) => name),
    "network plugins": inCategory("cni"),
    runtimes: inCategory("runtime"),
    formats: exporters.map(({ name }) => name),
    architectures: platforms.map(({ arch }) => arch),
  };
}

/** Completions in order, and for each the `command --flag` in front of it. */
export function groupByCompletion(commands: readonly CompletedCommand[]): [Completion, readonly string[]][] {
  const groups = new Map<string, [Completion, string[]]>();
  for (const { name, flags } of commands)
    for (const { name: flag, short, value } of flags) {
      if (!value) continue;
      const key = JSON.stringify(value);
      const entry: [Completion, string[]] = groups.get(key) ?? [value, []];
      entry[1].push(`${name} --${flag}`, ...(short ? [`${name} -${short}`] : []));
      groups.set(key, entry);
    }
  return [...groups.values()];
}
