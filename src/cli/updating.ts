// `kso manifests update`: what upstream published since becomes files of a --manifests folder.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as v from "valibot";
import { type Catalog, chooseRelease } from "../catalog/catalog.ts";
import { evaluateRelease } from "../catalog/release.ts";
import { componentSchema, parseManifest } from "../catalog/schema.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest } from "../core/manifest.ts";
import { compare, minor } from "../core/version.ts";
import { writeAtomic } from "../files/atomic.ts";
import { diskError } from "../files/disk.ts";
import { componentNamed } from "../plan/selection.ts";
import { mergeFound } from "../release-data/update/merge.ts";
import {
  findUpdates,
  type PluginWithUpstream,
  type SkippedVersion,
  type UpdateResult,
} from "../release-data/update/update.ts";
import { type Cache, type Kept, openAsk } from "../release-data/update/upstream-client.ts";
import type { Output } from "./command.ts";
import { catalogOf } from "./context.ts";
import { networkOf } from "./environment.ts";
import type { Options } from "./flags/table.ts";
import { interruptible } from "./terminal/interrupt.ts";
import { watcher } from "./terminal/watch.ts";

type UpdateOptions = Options<
  | ("outputFolder" | "dryRun" | "allowMissing" | "json" | "quiet")
  | ("kubespray" | "only" | "plugin" | "manifests" | "mirror" | "jobs" | "ca")
>;

/** @throws KsoError `fetch` when something could not be asked or believed; all else is written by then. */
export async function updateManifests(
  options: UpdateOptions,
  output: Output,
  typed: (key: "only") => boolean,
): Promise<void> {
  const folder = options.outputFolder ?? options.manifests ?? "manifests";
  const { mirror: mirrors, jobs } = options;
  const catalog = await catalogOf(options, true);
  const plugins = chosen(catalog, options.only, typed);
  const there = new Map(plugins.map(({ name }) => [name, manifestAt(join(folder, `${name}.json`), name)]));
  const manifest = chooseRelease(catalog, options.kubespray);
  const releases =
    options.kubespray !== undefined ? [manifest] : catalog.releases.map((version) => catalog.release(version));
  const minors = [...new Set(releases.flatMap(({ kubernetes }) => kubernetes.versions.map(minor)))].sort(compare);

  const watch = watcher(options, output, false);
  const updated = await interruptible("nothing was written; run the same command again", (signal) =>
    watch("Look for newer versions", (progress) => {
      const { http } = networkOf(options, jobs, signal);
      const token = process.env["GITHUB_TOKEN"] || process.env["GH_TOKEN"] || undefined;
      return findUpdates({
        ...{ plugins, minors, jobs, progress, signal },
        release: evaluateRelease(manifest, manifest.kubernetes.default),
        known: ({ name }) => versionsOf(catalog.component(name), there.get(name)),
        ask: openAsk({ http, mirrors, cache: cacheHere(), token, signal }),
        allowMissing: options.allowMissing,
      });
    }),
  );
  if (!options.dryRun) for (const one of mergeFound(there, updated.found)) await write(folder, one);
  report(updated, folder, options, output);
}

/** Plugins with an upstream; one that is named and has none is an error. */
function chosen(catalog: Catalog, only: UpdateOptions["only"], typed: (key: "only") => boolean): PluginWithUpstream[] {
  const owners = new Map<string, string>();
  const all = catalog.plugins.filter((plugin): plugin is PluginWithUpstream => plugin.upstream !== undefined);
  const asked = only?.map((text) => componentNamed(text, { plugins: catalog.plugins, owners }));
  if (!asked) return all;
  const without = asked.find((name) => !all.some((plugin) => plugin.name === name));
  // kso.yaml may name components for other commands.
  if (without !== undefined && typed("only"))
    throw new KsoError(
      "unresolvable",
      `--only ${without}: nobody publishes digests of it; there are: ${all.map(({ name }) => name).join(", ")}`,
    );
  return all.filter(({ name }) => asked.includes(name));
}

function manifestAt(path: string, name: string): ComponentManifest | undefined {
  if (!existsSync(path)) return undefined;
  const manifest = parseManifest(componentSchema, readFileSync(path, "utf8"), path);
  if (manifest.name === name) return manifest;
  throw new KsoError("unresolvable", `Cannot use ${path}: its name is "${manifest.name}" and the file's is "${name}"`);
}

function versionsOf(...manifests: readonly (ComponentManifest | undefined)[]): Set<string> {
  const files = manifests.flatMap((manifest) => Object.values(manifest?.files ?? {}));
  return new Set(files.flatMap(({ versions }) => Object.keys(versions)));
}

async function write(folder: string, manifest: ComponentManifest): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw diskError(`Cannot write to ${folder}`, cause, "name another place with -o");
  }
  await writeAtomic(join(folder, `${manifest.name}.json`), `${JSON.stringify(manifest, null, 2)}\n`);
}

function report(
  { found, skipped, failed }: UpdateResult,
  folder: string,
  options: UpdateOptions,
  output: Output,
): void {
  const dry = options.dryRun;
  if (options.json) {
    const written = found.map(({ component, version, files, lacks }) => ({ component, version, files, lacks }));
    const value = { schema: "kso.update/1", folder, dryRun: dry, written, skipped, failed };
    output.data(`${JSON.stringify(value, null, 2)}\n`);
  } else output.data(found.map(({ component, version }) => `${component} ${version}\n`).join(""));
  for (const { component, version, lacks } of found)
    for (const lack of lacks) output.tell(`note: ${component} ${version}: ${lack}`);
  for (const left of skipped) output.tell(`left out: ${wordsOf(left)}`);
  for (const left of failed) output.tell(`failed: ${wordsOf(left)}`);
  const components = new Set(found.map(({ component }) => component)).size;
  output.tell(
    found.length === 0
      ? `nothing new; ${folder} stays as it is`
      : `${found.length} versions of ${components} components ${dry ? "would be" : "were"} written to ${folder}; use them with --manifests ${folder}`,
  );
  const [first, ...more] = failed;
  if (!first) return;
  const others = more.length > 0 ? ` and ${more.length} more could not be had` : "";
  throw new KsoError(
    "fetch",
    `Cannot take ${wordsOf(first)}${others}; all else is ${dry ? "told" : "written"}, run the same command again to go on`,
  );
}

function wordsOf({ component, version, reason }: SkippedVersion): string {
  return `${component}${version === undefined ? "" : ` ${version}`}: ${reason}`;
}

const kept: v.GenericSchema<unknown, Kept> = v.object({
  etag: v.optional(v.string()),
  modified: v.optional(v.string()),
  body: v.string(),
});

/** Answers of earlier runs, one file a URL. A broken one is as good as none, and so is a cache that cannot be written. */
function cacheHere(): Cache {
  const folder = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kso-upstream");
  const pathOf = (url: string): string => join(folder, `${createHash("sha256").update(url).digest("hex")}.json`);
  return {
    read(url) {
      try {
        return v.parse(kept, JSON.parse(readFileSync(pathOf(url), "utf8")));
      } catch {
        return undefined;
      }
    },
    async write(url, answer) {
      try {
        mkdirSync(folder, { recursive: true });
        await writeAtomic(pathOf(url), JSON.stringify(answer));
      } catch {
        // The next run asks anew.
      }
    },
  };
}
