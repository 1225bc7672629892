// `kso manifests import` and `check`: facts or a checkout become manifests; a checkout is asked what nobody answers for.
import { join } from "node:path";
import fs from "fs-extra";
import { globSync } from "tinyglobby";
import type { GenericSchema } from "valibot";
import type { Catalog } from "../catalog/catalog.ts";
import { componentSchema, parseManifest, releaseSchema } from "../catalog/schema.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, DigestTable, ReleaseManifest } from "../core/manifest.ts";
import { platforms } from "../core/platform.ts";
import { bare } from "../core/version.ts";
import { writeAtomic } from "../files/atomic.ts";
import { type Checkout, openCheckout } from "../kubespray/checkout.ts";
import { audit } from "../release-data/audit.ts";
import { describedBy, releaseIn } from "../release-data/checkout-manifest.ts";
import { type Facts, factsSchema, type Pins, pinsSchema, type ReleaseFacts } from "../release-data/facts.ts";
import { type ImportedRelease, importFacts, importReleases, type ManifestSet } from "../release-data/importer.ts";
import { disagreements } from "../release-data/plugin-agreement.ts";
import { referencesIn } from "../release-data/references.ts";
import { roleFiles } from "../release-data/role-files.ts";
import type { Output } from "./command.ts";
import { catalogOf } from "./context.ts";
import type { Options } from "./flags/table.ts";

/** @throws KsoError `unresolvable` where facts contradict themselves, or a plugin writes another URL than the checkout. */
export async function importManifests(
  options: Options<"facts" | "kubesprayDir" | "outputFolder" | "kubespray" | "plugin">,
  output: Output,
): Promise<void> {
  const [facts, checkout] = [options.facts, options.kubesprayDir];
  if ((facts === undefined) === (checkout === undefined))
    throw new KsoError("usage", "Write kso manifests import --kubespray-dir DIR, or kso manifests import --facts DIR");
  const folder = options.outputFolder ?? "manifests";
  const catalog = await catalogOf(options, true);
  const existing = await readManifests(folder);
  const { components, releases } =
    facts === undefined
      ? fromCheckout(openCheckout(checkout ?? ""), options.kubespray, catalog, existing)
      : importFacts(catalog.plugins, await readFacts(facts), existing);
  await fs.ensureDir(join(folder, "releases"));
  for (const manifest of components.values()) await write(join(folder, `${manifest.name}.json`), manifest);
  for (const manifest of releases.values()) await write(join(folder, "releases", `${manifest.name}.json`), manifest);
  output.tell(`${components.size} components and ${releases.size} releases written to ${folder}`);
}

function fromCheckout(
  checkout: Checkout,
  asked: string | undefined,
  { plugins, component }: Catalog,
  existing: ManifestSet,
): ManifestSet {
  const read = releaseIn(checkout, asked && bare(asked));
  const wrong = disagreements(checkout, read.manifest, plugins);
  if (wrong.length > 0)
    throw new KsoError(
      "unresolvable",
      `Cannot import ${read.manifest.name}: ${wrong.length === 1 ? "" : `${wrong.length} disagreements:\n  `}${wrong.join("\n  ")}`,
    );
  const before = existing.releases.get(read.manifest.name)?.source;
  const known = read.manifest.source.commit === "unknown" || read.manifest.source.commit === before?.commit;
  const incoming: ImportedRelease =
    known && before ? { ...read, manifest: { ...read.manifest, source: before } } : read;
  const { components, releases } = importReleases(plugins, [incoming], existing);
  const news = [...components.values()].map((manifest) =>
    withoutEmbedded(manifest, existing.components.get(manifest.name), component(manifest.name)),
  );
  return {
    components: new Map(
      news.filter(({ name, files }) => files || existing.components.has(name)).map((one) => [one.name, one]),
    ),
    releases,
  };
}

/** A folder of one's own need not repeat what kso has: only what is there already, or differs. */
function withoutEmbedded(
  manifest: ComponentManifest,
  there: ComponentManifest | undefined,
  embedded: ComponentManifest | undefined,
): ComponentManifest {
  const { files = {}, $schema: _, ...rest } = manifest;
  const kept = Object.entries(files).flatMap(([file, { source, versions }]) => {
    const has = (table: DigestTable | undefined, version: string): boolean =>
      JSON.stringify(table?.[version]) === JSON.stringify(versions[version]);
    const rows = Object.entries(versions).filter(
      ([version]) =>
        there?.files?.[file]?.versions[version] !== undefined || !has(embedded?.files?.[file]?.versions, version),
    );
    return rows.length > 0 ? [[file, { source, versions: Object.fromEntries(rows) }] as const] : [];
  });
  const schema = there?.$schema === undefined ? {} : { $schema: there.$schema };
  return { ...schema, ...rest, ...(kept.length > 0 && { files: Object.fromEntries(kept) }) };
}

/** @throws KsoError `unresolvable` when the checkout names something that no plugin owns and nobody waived. */
export async function checkCheckout(
  options: Options<"kubesprayDir" | "kubespray" | "plugin" | "json">,
  output: Output,
): Promise<void> {
  const path = options.kubesprayDir;
  if (path === undefined) throw new KsoError("usage", "Write kso manifests check --kubespray-dir DIR");
  const checkout = openCheckout(path);
  const { plugins } = await catalogOf(options, true);
  const { manifest } = releaseIn(checkout, options.kubespray && bare(options.kubespray));
  const { unowned, owned, waived } = audit(
    referencesIn(roleFiles(checkout)),
    describedBy(manifest, plugins, platforms),
  );
  const wrong = disagreements(checkout, manifest, plugins);
  if (options.json) {
    const value = { schema: "kso.check/1", release: manifest.name, owned, waived, unowned, disagreements: wrong };
    output.data(`${JSON.stringify(value, null, 2)}\n`);
  } else {
    for (const { kind, name, where, reads } of unowned)
      output.data(`${where}: ${kind} ${name}: no plugin owns ${reads.join(", ") || "it"}\n`);
    for (const one of wrong) output.data(`${one}\n`);
  }
  output.tell(`${manifest.name}: ${owned} references are owned by plugins, ${waived.length} are waived by name`);
  const count = unowned.length + wrong.length;
  if (count > 0)
    throw new KsoError(
      "unresolvable",
      `${count} ${count === 1 ? "thing" : "things"} in ${path} that plugins do not describe as kubespray has ${count === 1 ? "it" : "them"}`,
    );
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

async function readManifests(folder: string): Promise<ManifestSet> {
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
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}
