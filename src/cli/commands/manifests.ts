// `kso manifests`: a facts folder becomes manifests, so that the next release is one command; and upstream's newer versions.
import { join } from "node:path";
import fs from "fs-extra";
import { globSync } from "tinyglobby";
import type { GenericSchema } from "valibot";
import { plugins } from "../../../plugins/index.ts";
import { KsoError } from "../../core/errors.ts";
import type { ComponentManifest, ReleaseManifest } from "../../core/manifest.ts";
import { type Facts, factsSchema, type Pins, pinsSchema, type ReleaseFacts } from "../../import/facts.ts";
import { importFacts, type Manifests } from "../../import/importer.ts";
import { componentSchema, parseManifest, releaseSchema } from "../../resolve/schema.ts";
import { writeBeside } from "../beside.ts";
import type { Command, Output } from "../command.ts";
import { type Arguments, commonFlags } from "../options.ts";
import { updateFlags, updateManifests } from "../updating.ts";

export const manifestsCommand: Command = {
  name: "manifests",
  usage: "manifests update [-o DIR] [--only LIST] [--dry-run] | manifests import --facts DIR [-o DIR]",
  description: "take in versions that upstream published since, or the facts of a further kubespray release",
  flags: [
    {
      name: "output",
      value: "DIR",
      short: "o",
      help: "the manifests folder to bring up to date (default: --manifests, or manifests here)",
    },
    ...updateFlags,
    { name: "facts", value: "DIR", help: "import: holds facts/<tag>.json and pins/<tag>[@<kubernetes>].json" },
    ...commonFlags,
  ],
  configured: (args) => args.positionals[0] === "update",
  async run(args, output) {
    const [verb, ...rest] = args.positionals;
    if (verb === "update" && rest.length === 0) return await updateManifests(args, output);
    if (verb === "import" && rest.length === 0) return await importManifests(args, output);
    throw new KsoError("usage", "Write kso manifests update, or kso manifests import --facts DIR");
  },
};

async function importManifests(args: Arguments, output: Output): Promise<void> {
  const stray = updateFlags.find(({ name }) => args.typed(name));
  if (stray) throw new KsoError("usage", `--${stray.name} has no meaning for kso manifests import`);
  const facts = args.one("facts");
  if (!facts) throw new KsoError("usage", "Write kso manifests import --facts DIR");
  const folder = args.one("output") ?? "manifests";
  const { components, releases } = importFacts(plugins, await readFacts(facts), await readManifests(folder));
  await fs.ensureDir(join(folder, "releases"));
  for (const manifest of components.values()) await write(join(folder, `${manifest.name}.json`), manifest);
  for (const manifest of releases.values()) await write(join(folder, "releases", `${manifest.name}.json`), manifest);
  output.tell(`${components.size} components and ${releases.size} releases written to ${folder}`);
}

async function readFacts(folder: string): Promise<ReleaseFacts[]> {
  const tags = globSync("facts/*.json", { cwd: folder }).sort();
  if (tags.length === 0) throw new KsoError("usage", `There is no facts/<tag>.json in ${folder}`);
  return await Promise.all(
    tags.map(async (path) => {
      const tag = path.replace(/^facts\/|\.json$/g, "");
      // The release's defaults first: "v2.31.0.json" sorts before "v2.31.0@1.33.0.json".
      const pins = globSync([`pins/${tag}.json`, `pins/${tag}@*.json`], { cwd: folder }).sort();
      return {
        facts: parseManifest<Facts>(factsSchema, await fs.readFile(join(folder, path), "utf8"), path),
        pins: await Promise.all(
          pins.map(async (name) =>
            parseManifest<Pins>(pinsSchema, await fs.readFile(join(folder, name), "utf8"), name),
          ),
        ),
      };
    }),
  );
}

async function readManifests(folder: string): Promise<Manifests> {
  const read = async <T extends { name: string }>(
    pattern: string,
    schema: GenericSchema<T>,
  ): Promise<Map<string, T>> => {
    const parsed = globSync(pattern, { cwd: folder }).map(async (path) =>
      parseManifest<T>(schema, await fs.readFile(join(folder, path), "utf8"), path),
    );
    return new Map((await Promise.all(parsed)).map((manifest) => [manifest.name, manifest]));
  };
  return {
    components: await read<ComponentManifest>("*.json", componentSchema),
    releases: await read<ReleaseManifest>("releases/*.json", releaseSchema),
  };
}

async function write(path: string, value: unknown): Promise<void> {
  await writeBeside(path, `${JSON.stringify(value, null, 2)}\n`);
}
