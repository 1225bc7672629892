// What may stand where on kso's command line, read from the commands' own tables: a new flag completes by itself.
import { plugins } from "../../../plugins/index.ts";
import { embeddedReleases } from "../../catalog/embedded.ts";
import type { ReleaseManifest } from "../../core/manifest.ts";
import { platforms } from "../../core/platform.ts";
import { exporters } from "../../export/exporters.ts";
import { mappings } from "../../push/names.ts";
import { readAsset } from "../../runtime/assets.ts";
import type { Command } from "../command.ts";
import type { Flag } from "../options.ts";

/** What completes a value: one word, words with commas between them, a file, a directory, or nothing that could be known. */
export type Completion =
  | { readonly kind: "word" | "list"; readonly words: readonly string[] }
  | { readonly kind: "file" | "directory" | "any" };

/** A flag, and what completes its value; a switch has none. */
export interface CompletedFlag extends Pick<Flag, "name" | "short" | "help"> {
  readonly value?: Completion;
}

/** A command, and the words that may follow it at once: `new`, `check`. */
export interface Completed extends Pick<Command, "name" | "description"> {
  readonly verbs: readonly string[];
  readonly flags: readonly CompletedFlag[];
}

export function completed(commands: readonly Command[]): Completed[] {
  const words = new Map(Object.entries(wordsOf()));
  const help: CompletedFlag = { name: "help", short: "h", help: "what the command does, and its flags" };
  return commands.map(({ name, description, usage, flags }) => ({
    name,
    description,
    verbs: verbsOf(usage),
    flags: [...flags.map((flag) => completedFlag(flag, words)), help],
  }));
}

/** The words after a command's name in its usage, `|` between them: `plugin new NAME | plugin check PATH`. */
function verbsOf(usage: string): string[] {
  return usage
    .split(" | ")
    .flatMap((way) => way.split(" ")[1]?.split("|") ?? [])
    .filter((word) => /^[a-z][a-z-]*$/.test(word));
}

function completedFlag(flag: Flag, words: ReadonlyMap<string, readonly string[]>): CompletedFlag {
  const { value, ...rest } = flag;
  return value === undefined ? rest : { ...rest, value: completionOf(value, words.get(flag.name)) };
}

/** @param value the flag's placeholder, which says what kind of thing it wants. */
function completionOf(value: string, words: readonly string[] | undefined): Completion {
  if (words) return { kind: value === "LIST" ? "list" : "word", words };
  if (["FILE", "PATH"].includes(value)) return { kind: "file" };
  return { kind: value === "DIR" ? "directory" : "any" };
}

/** Flags whose values are known beforehand. */
function wordsOf(): Readonly<Record<string, readonly string[]>> {
  const named = (category?: string): string[] =>
    plugins.filter((plugin) => !category || plugin.category === category).map(({ name }) => name);
  const components = named();
  const releases = embeddedReleases().toReversed();
  const newest = JSON.parse(readAsset(`releases/kubespray-${releases[0]}.json`)) as ReleaseManifest;
  return {
    kubespray: releases,
    kube: newest.kubernetes.versions,
    format: exporters.map(({ name }) => name),
    arch: platforms.map(({ arch }) => arch),
    unavailable: ["exclude", "include"],
    index: ["keep", "trim"],
    map: mappings,
    credentials: ["files", "registry"],
    cni: named("cni"),
    runtime: named("runtime"),
    with: components,
    without: components,
    only: components,
    explain: components,
  };
}

/** Completions in order, and for each the `command --flag` in front of it. */
export function byCompletion(commands: readonly Completed[]): [Completion, readonly string[]][] {
  const found = new Map<string, [Completion, string[]]>();
  for (const { name, flags } of commands)
    for (const { name: flag, short, value } of flags) {
      if (!value) continue;
      const key = JSON.stringify(value);
      const entry: [Completion, string[]] = found.get(key) ?? [value, []];
      entry[1].push(`${name} --${flag}`, ...(short ? [`${name} -${short}`] : []));
      found.set(key, entry);
    }
  return [...found.values()];
}
