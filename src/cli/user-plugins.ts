// `--plugin`: paths and globs travel in, plugins the resolver can ask like built-in ones travel out. The file itself only
// ever runs in a child process (plugin-host.ts) with a deadline, so a broken one is named and kso goes on being kso.
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { basename, extname, isAbsolute, resolve } from "node:path";
import { globSync } from "tinyglobby";
import type { CheckResult } from "../catalog/conformance.ts";
import { contributionsOf } from "../catalog/contributions.ts";
import type { PluginMetadata } from "../catalog/plugin-shape.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Platform, platformName, platforms } from "../core/platform.ts";
import type { Contribution, Plugin, Release } from "../core/plugin.ts";
import { selfCommand } from "../runtime/self.ts";
import { hostCommand, type PluginRequest, type PluginResponse } from "./plugin-host.ts";

/** How long a plugin may take for one answer, in milliseconds. */
const patience = 5000;

/** More than a thousand contributions for two platforms need. */
const mostOutput = 64 * 1024 * 1024;

type Ask<Q = PluginRequest> = Q extends unknown ? Omit<Q, "path" | "mark"> : never;

/**
 * The plugins in the files that the patterns name, by the plugins' names.
 * @throws KsoError `usage` for a pattern that names no file; `unresolvable` naming a file that is no good plugin.
 */
export async function loadPlugins(
  patterns: readonly string[],
  builtIn: readonly Plugin[],
  deadline: number = patience,
): Promise<Map<string, { plugin: Plugin; path: string }>> {
  const found = new Map<string, { plugin: Plugin; path: string }>();
  const owners = new Map(builtIn.flatMap((plugin) => wordsOf(plugin).map((word) => [word, "built in"])));
  for (const path of pluginFiles(patterns)) {
    const { metadata } = askPlugin(path, { ask: "words" }, deadline);
    if (!metadata) throw cannotUse(path, "it says nothing about itself");
    for (const word of wordsOf(metadata)) {
      const owner = owners.get(word);
      if (owner) throw cannotUse(path, `there is another plugin "${word}" already (${owner})`);
      owners.set(word, path);
    }
    const stem = basename(path, extname(path));
    if (metadata.name !== stem) throw cannotUse(path, `its name is "${metadata.name}" and the file's is "${stem}"`);
    found.set(metadata.name, { plugin: proxy(path, metadata, deadline), path });
  }
  return found;
}

/** The result of every check; a file that cannot even be loaded fails the first. */
export function checkPlugin(path: string, deadline: number = patience): readonly CheckResult[] {
  const stem = basename(path, extname(path));
  const { error, conformance = [] } = answerOf(path, { ask: "conformance", stem }, deadline);
  const loads = { check: "loads", ok: error === undefined, message: error ?? "" } as const;
  return [loads, ...conformance];
}

/** @throws KsoError `usage` when a pattern names nothing, or something that is no script. */
export function pluginFiles(patterns: readonly string[]): string[] {
  const files = new Map<string, string>();
  for (const pattern of patterns) {
    const there = statSync(pattern, { throwIfNoEntry: false });
    if (there?.isDirectory())
      throw new KsoError("usage", `Cannot use the plugin ${pattern}: it is a folder; write "${pattern}/*.ts"`);
    const names = there ? [pattern] : globbed(pattern);
    if (names.length === 0) throw new KsoError("usage", `Cannot use the plugin ${pattern}: there is no such file`);
    for (const name of names) {
      if (!/(?<!\.d)\.[cm]?[jt]s$/.test(name))
        throw new KsoError("usage", `Cannot use the plugin ${name}: it is neither TypeScript nor JavaScript`);
      if (!files.has(resolve(name))) files.set(resolve(name), name);
    }
  }
  return [...files.values()];
}

function globbed(pattern: string): string[] {
  return globSync(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) }).sort();
}

function wordsOf({ name, aliases }: Pick<Plugin, "name" | "aliases">): string[] {
  return [...new Set([name, ...(aliases ?? [])])];
}

/** Asks for both platforms at once and remembers: a plan costs one process a plugin. */
function proxy(path: string, words: PluginMetadata, deadline: number): Plugin {
  const known = new Map<string, readonly Contribution[]>();
  const keyOf = (release: Release, platform: Platform): string =>
    JSON.stringify([release.name, release.kubernetes, platformName(platform)]);
  return {
    ...words,
    contribute(release, platform) {
      if (!known.has(keyOf(release, platform))) {
        const asked = [platform, ...platforms.filter((other) => platformName(other) !== platformName(platform))];
        const calls = asked.map((one) => ({ release, platform: one }));
        const { contributions } = askPlugin(path, { ask: "contributions", calls }, deadline);
        for (const [index, one] of asked.entries()) known.set(keyOf(release, one), contributions?.[index] ?? []);
      }
      const items = known.get(keyOf(release, platform)) ?? [];
      assertValid(path, words, items, release, platform);
      return items;
    },
  };
}

/** The resolver checks too, but only here the file is known. */
function assertValid(
  path: string,
  words: PluginMetadata,
  items: readonly Contribution[],
  release: Release,
  platform: Platform,
): void {
  try {
    contributionsOf({ ...words, contribute: () => items }, release, platform);
  } catch (thrown) {
    throw cannotUse(path, messageOf(thrown), thrown);
  }
}

function askPlugin(path: string, ask: Ask, deadline: number): PluginResponse {
  const answer = answerOf(path, ask, deadline);
  if (answer.error !== undefined) throw cannotUse(path, answer.error);
  return answer;
}

function answerOf(path: string, ask: Ask, deadline: number): PluginResponse {
  const mark = `kso-${randomUUID()} `;
  const [command, ...words] = selfCommand();
  const child = spawnSync(command, [...words, hostCommand], {
    input: JSON.stringify({ ...ask, path: resolve(path), mark }),
    stdio: ["pipe", "pipe", "inherit"],
    timeout: deadline,
    killSignal: "SIGKILL",
    maxBuffer: mostOutput,
    encoding: "utf8",
  });
  const line = child.stdout?.split("\n").find((text) => text.includes(mark));
  if (line !== undefined && child.status === 0)
    return JSON.parse(line.slice(line.indexOf(mark) + mark.length)) as PluginResponse;
  const code = (child.error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ETIMEDOUT") return { error: `it does not finish within ${deadline / 1000} s` };
  if (code === "ENOBUFS") return { error: "it prints without end" };
  if (child.error) return { error: messageOf(child.error) };
  return { error: `it ends its process before it answers (${child.signal ?? `exit code ${child.status}`})` };
}

function cannotUse(path: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot use the plugin ${path}: ${reason}`, cause);
}
