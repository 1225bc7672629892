// Loads the plugins that `--plugin` names, so that they can be called like built-in ones. A plugin's file only ever runs in a child
// process (plugin-host.ts) with a deadline, so that a broken one cannot harm this process and is named in a message.
import { randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, extname, isAbsolute, resolve } from "node:path";
import { globSync } from "tinyglobby";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Platform, platformName, platforms } from "../core/platform.ts";
import type { Contribution, Plugin, Release } from "../core/plugin.ts";
import { runSelf } from "../runtime/self.ts";
import type { ConformanceResult } from "./conformance.ts";
import { contributionsOf } from "./contributions.ts";
import { hostCommand, type PluginQuery, type PluginResponse } from "./plugin-protocol.ts";
import type { PluginMetadata } from "./plugin-schema.ts";

/** How long a plugin may take for one response, in milliseconds. */
const defaultDeadline = 5000;

/** The longest output that is read, in bytes: more than a thousand contributions for two platforms need. */
const maxOutput = 64 * 1024 * 1024;

/** A script is never longer. Bytes. */
const maxScript = 16 << 20;

/** A user's plugin, and the file it is in. */
export interface UserPlugin {
  readonly plugin: Plugin;
  readonly path: string;
}

/**
 * The plugins in the files that the patterns name, by the plugins' names.
 * @throws KsoError `usage` for a pattern that names no file; `unresolvable` naming a file that is no good plugin.
 */
export async function loadPlugins(
  patterns: readonly string[],
  builtIn: readonly Plugin[],
  deadline: number = defaultDeadline,
): Promise<Map<string, UserPlugin>> {
  const loaded = new Map<string, UserPlugin>();
  const names = new NameIndex(builtIn);
  for (const path of pluginFiles(patterns)) {
    const host = new PluginProcess(path, deadline);
    const { metadata } = host.request({ kind: "metadata" });
    if (!metadata) throw cannotUse(path, "it has no metadata");
    names.add(metadata, path);
    const stem = basename(path, extname(path));
    if (metadata.name !== stem) throw cannotUse(path, `its name is "${metadata.name}" and the file's is "${stem}"`);
    loaded.set(metadata.name, { plugin: pluginOf(host, metadata), path });
  }
  return loaded;
}

/** The result of every check; a file that cannot even be loaded fails the first. */
export function checkPlugin(path: string, deadline: number = defaultDeadline): readonly ConformanceResult[] {
  const stem = basename(path, extname(path));
  const { error, conformance = [] } = new PluginProcess(path, deadline).send({ kind: "conformance", stem });
  return [{ check: "loads", ok: error === undefined, message: error ?? "" }, ...conformance];
}

/**
 * The files that paths and globs name, each once.
 * @throws KsoError `usage` when a pattern names nothing, or something that is no script.
 */
export function pluginFiles(patterns: readonly string[]): string[] {
  const files = new Map<string, string>();
  for (const name of patterns.flatMap(filesOf)) {
    if (!/(?<!\.d)\.[cm]?[jt]s$/.test(name))
      throw new KsoError("usage", `Cannot use the plugin ${name}: it is neither TypeScript nor JavaScript`);
    assertScript(name);
    if (!files.has(resolve(name))) files.set(resolve(name), name);
  }
  return [...files.values()];
}

function filesOf(pattern: string): string[] {
  const stat = existsSync(pattern) ? statSync(pattern) : undefined;
  if (stat?.isDirectory())
    throw new KsoError("usage", `Cannot use the plugin ${pattern}: it is a folder; write "${pattern}/*.ts"`);
  if (stat) return [pattern];
  const files = globSync(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) }).sort();
  if (files.length === 0) throw new KsoError("usage", `Cannot use the plugin ${pattern}: there is no such file`);
  return files;
}

/** A device would be read without end, and a pipe until somebody writes. */
function assertScript(path: string): void {
  const stat = statSync(path);
  if (!stat.isFile()) throw new KsoError("usage", `Cannot use the plugin ${path}: it is not a file`);
  if (stat.size > maxScript)
    throw new KsoError(
      "usage",
      `Cannot use the plugin ${path}: it has ${stat.size} bytes, and at most ${maxScript} are run`,
    );
}

/** Which plugin has a name or an alias: each belongs to one. */
class NameIndex {
  readonly #owners = new Map<string, string>();
  constructor(builtIn: readonly Plugin[]) {
    for (const plugin of builtIn) for (const name of namesOf(plugin)) this.#owners.set(name, "built in");
  }

  add(metadata: PluginMetadata, path: string): void {
    for (const name of namesOf(metadata)) {
      const owner = this.#owners.get(name);
      if (owner) throw cannotUse(path, `there is another plugin "${name}" already (${owner})`);
      this.#owners.set(name, path);
    }
  }
}

function namesOf({ name, aliases = [] }: PluginMetadata): string[] {
  return [...new Set([name, ...aliases])];
}

/** A plugin that runs in the child process. It is called for all platforms at once and the responses are cached, so that a plan needs one process for each plugin. */
function pluginOf(host: PluginProcess, metadata: PluginMetadata): Plugin {
  const responses = new Map<string, readonly Contribution[]>();
  const keyOf = (release: Release, platform: Platform): string =>
    JSON.stringify([release.name, release.kubernetes, platformName(platform)]);
  const call = (release: Release, platform: Platform): void => {
    const others = platforms.filter((other) => platformName(other) !== platformName(platform));
    const calls = [platform, ...others].map((target) => ({ release, platform: target }));
    const { contributions } = host.request({ kind: "contributions", calls });
    for (const [index, { platform: called }] of calls.entries())
      responses.set(keyOf(release, called), contributions?.[index] ?? []);
  };
  return {
    ...metadata,
    contribute(release, platform) {
      const key = keyOf(release, platform);
      if (!responses.has(key)) call(release, platform);
      const items = responses.get(key) ?? [];
      try {
        // The resolver checks them too, but only here the plugin's file is known.
        contributionsOf({ ...metadata, contribute: () => items }, release, platform);
      } catch (thrown) {
        throw cannotUse(host.path, messageOf(thrown), thrown);
      }
      return items;
    },
  };
}

/** Runs one plugin file, in a new process for each request. */
class PluginProcess {
  readonly path: string;
  readonly #deadline: number;
  constructor(path: string, deadline: number) {
    this.path = path;
    this.#deadline = deadline;
  }

  /** Sends a query and returns the response. @throws KsoError `unresolvable` naming the file and the reason, for an error. */
  request(query: PluginQuery): PluginResponse {
    const response = this.send(query);
    if (response.error !== undefined) throw cannotUse(this.path, response.error);
    return response;
  }

  /** Sends a query and returns the response; where the process fails, its `error` says why. */
  send(query: PluginQuery): PluginResponse {
    const name = `kso-${randomUUID()}`;
    const mark = `${name} `;
    const child = runSelf({
      argument: hostCommand,
      words: [String(this.#deadline), name],
      input: JSON.stringify({ ...query, path: resolve(this.path), mark }),
      deadline: this.#deadline,
      maxOutput,
    });
    // A line that was cut off is none.
    const [, response] = child.stdout.slice(0, child.stdout.lastIndexOf("\n") + 1).split(mark);
    if (response !== undefined) return JSON.parse(response.slice(0, response.indexOf("\n"))) as PluginResponse;
    const code = child.error?.code;
    if (code === "ETIMEDOUT") return { error: `it does not finish within ${this.#deadline / 1000} s` };
    if (code === "ENOBUFS") return { error: "it prints without end" };
    if (child.error) return { error: messageOf(child.error) };
    return { error: `it ends its process before it answers (${child.signal ?? `exit code ${child.status}`})` };
  }
}

function cannotUse(path: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot use the plugin ${path}: ${reason}`, cause);
}
