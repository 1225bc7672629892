// Imports the release of a checkout into a folder of manifests.
import type { Catalog } from "../catalog/catalog.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, DigestTable } from "../core/manifest.ts";
import { openCheckout } from "../kubespray/checkout.ts";
import { readRelease } from "./checkout-release.ts";
import { compareWithPlugins } from "./compare-plugins.ts";
import { readManifests, writeManifests } from "./manifest-folder.ts";
import { type ImportedRelease, type ManifestSet, mergeReleases } from "./merge.ts";

/** What is imported, and where to. */
export interface ImportOptions {
  readonly kubesprayDir: string;
  /** The release's version, where the checkout does not say it. */
  readonly version?: string | undefined;
  readonly folder: string;
}

/**
 * Writes the manifests of a checkout's release, and returns what was written. A folder need not repeat what is embedded: of
 * components only what is in the folder already, or differs.
 * @throws KsoError `unresolvable` where a plugin writes another URL than the checkout; then nothing is written.
 */
export async function importRelease(
  { kubesprayDir, version, folder }: ImportOptions,
  catalog: Pick<Catalog, "plugins" | "component">,
): Promise<ManifestSet> {
  const checkout = openCheckout(kubesprayDir);
  const existing = await readManifests(folder);
  const release = readRelease(checkout, version);
  const disagreements = compareWithPlugins(checkout, release.manifest, catalog.plugins);
  if (disagreements.length > 0)
    throw new KsoError(
      "unresolvable",
      `Cannot import ${release.manifest.name}: ${disagreements.length === 1 ? "" : `${disagreements.length} disagreements:\n  `}${disagreements.join("\n  ")}`,
    );
  const { components, releases } = mergeReleases(catalog.plugins, [withExistingSource(release, existing)], existing);
  const trimmed = [...components.values()]
    .map((manifest) =>
      withoutEmbedded(manifest, existing.components.get(manifest.name), catalog.component(manifest.name)),
    )
    .filter(({ name, files }) => files || existing.components.has(name));
  const written = { components: new Map(trimmed.map((manifest) => [manifest.name, manifest])), releases };
  await writeManifests(folder, written);
  return written;
}

/** The release with the commit and date of the manifest that exists, unless that was made from another commit. */
function withExistingSource(release: ImportedRelease, { releases }: ManifestSet): ImportedRelease {
  const { manifest } = release;
  const { source } = releases.get(manifest.name) ?? {};
  const isSameCommit = manifest.source.commit === "unknown" || manifest.source.commit === source?.commit;
  return isSameCommit && source ? { ...release, manifest: { ...manifest, source } } : release;
}

/** The manifest without the rows that are embedded and not in the folder. */
function withoutEmbedded(
  manifest: ComponentManifest,
  existing: ComponentManifest | undefined,
  embedded: ComponentManifest | undefined,
): ComponentManifest {
  const { files = {}, $schema: _, ...rest } = manifest;
  const trimmed = Object.entries(files).flatMap(([file, { source, versions }]) => {
    const rows = rowsToWrite(versions, existing?.files?.[file]?.versions, embedded?.files?.[file]?.versions);
    return rows.length > 0 ? [[file, { source, versions: Object.fromEntries(rows) }] as const] : [];
  });
  const schema = existing?.$schema === undefined ? {} : { $schema: existing.$schema };
  return { ...schema, ...rest, ...(trimmed.length > 0 && { files: Object.fromEntries(trimmed) }) };
}

/** The rows that the folder has already, and those that differ from what is embedded. */
function rowsToWrite(
  versions: DigestTable,
  existing: DigestTable | undefined,
  embedded: DigestTable | undefined,
): [version: string, row: DigestTable[string]][] {
  return Object.entries(versions).filter(
    ([version, row]) =>
      existing?.[version] !== undefined || JSON.stringify(embedded?.[version]) !== JSON.stringify(row),
  );
}
