// Finds the charts among files, and the folders that they are in: each of them is served as a chart repository.
import type { BlobSource } from "../core/descriptor.ts";
import { type Digest, digestParts } from "../core/digest.ts";
import { compare, isVersion } from "../core/version.ts";
import { readExtents } from "../files/extents.ts";
import { type ChartMetadata, isChartVersion, type ReadBudget, readChart } from "./chart.ts";

/** A file that may be a chart, as a lock or a plan has it. */
export interface ChartCandidate {
  /** Ends with `_chart` where a plugin says that it is one. */
  readonly name: string;
  /** `<origin host>/<path>`. */
  readonly path: string;
  readonly version: string;
  readonly digest?: Digest;
}

/** One version of a chart in an index. */
export interface ChartEntry extends ChartMetadata {
  /** In hex; absent where nobody published one. */
  readonly digest?: string;
  /** Relative to the index. */
  readonly urls: readonly [string];
}

/** A folder with charts. */
export interface ChartRepository {
  /** `helm.cilium.io`, without a slash at its end. */
  readonly folder: string;
  /** The path of its index: `helm.cilium.io/index.yaml`. */
  readonly path: string;
  readonly charts: readonly ChartEntry[];
}

/** All archives together. Bytes, unpacked. */
const maxUnpacked = 256 << 20;
const chartSuffix = "_chart";

/**
 * The folders with charts among these files, sorted; what no Chart.yaml says is taken from the names. A folder that has an index of
 * its own is not among them.
 */
export async function chartRepositories(
  files: readonly ChartCandidate[],
  blobs: BlobSource,
): Promise<ChartRepository[]> {
  const budget: ReadBudget = { bytes: maxUnpacked };
  const found: [ChartCandidate, ChartMetadata][] = [];
  for (const file of packages(files)) {
    const extents = file.digest && blobs.locate(file.digest);
    const metadata = (extents && (await readChart(() => readExtents(extents), budget))) ?? metadataByName(file);
    if (metadata) found.push([file, metadata]);
  }
  return repositoriesOf(found, files);
}

/** The same before anything is fetched: what a plan names as charts, by their names alone. */
export function plannedRepositories(files: readonly ChartCandidate[]): ChartRepository[] {
  return repositoriesOf(
    packages(files).flatMap((file) => {
      const metadata = metadataByName(file);
      return metadata ? [[file, metadata] as const] : [];
    }),
    files,
  );
}

/** Packages, each path once. */
function packages(files: readonly ChartCandidate[]): ChartCandidate[] {
  const found = files.filter(({ path }) => path.endsWith(".tgz"));
  return [...new Map(found.map((file) => [file.path, file])).values()];
}

function repositoriesOf(
  found: readonly (readonly [ChartCandidate, ChartMetadata])[],
  files: readonly ChartCandidate[],
): ChartRepository[] {
  const folders = Map.groupBy(found, ([{ path }]) => path.slice(0, path.lastIndexOf("/")));
  const isTaken = (index: string): boolean => files.some(({ path }) => path === index || path.startsWith(`${index}/`));
  return [...folders]
    .filter(([folder]) => !isTaken(`${folder}/index.yaml`))
    .map(([folder, charts]) => ({
      folder,
      path: `${folder}/index.yaml`,
      charts: charts.map(([file, metadata]) => entryOf(file, metadata)).sort(newestFirst),
    }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function entryOf({ path, digest }: ChartCandidate, metadata: ChartMetadata): ChartEntry {
  const parts = digest && digestParts(digest);
  const name = path.slice(path.lastIndexOf("/") + 1);
  // A colon would make a scheme of what stands before it.
  const url = name.includes(":") ? `./${name}` : name;
  return { ...metadata, ...(parts?.algorithm === "sha256" && { digest: parts.hex }), urls: [url] };
}

function newestFirst(a: ChartMetadata, b: ChartMetadata): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const order = isVersion(a.version) && isVersion(b.version) ? compare(b.version, a.version) : 0;
  return order || (a.version < b.version ? 1 : -1);
}

/** `cilium-1.19.3.tgz`, of a file that a plugin calls a chart. */
function metadataByName({ name, path, version }: ChartCandidate): ChartMetadata | undefined {
  const stem = path.slice(path.lastIndexOf("/") + 1, -".tgz".length);
  const chart = stem.endsWith(`-${version}`) ? stem.slice(0, -version.length - 1) : undefined;
  if (!name.endsWith(chartSuffix) || !chart || !isChartVersion(version)) return undefined;
  return { name: chart, version, apiVersion: "v1" };
}
