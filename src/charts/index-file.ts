// index.yaml, for which Helm asks a chart repository first (https://helm.sh/docs/topics/chart_repository/): written, added to one that
// is there, and read.
import { parse, stringify } from "yaml";
import type { ChartEntry, ChartRepository } from "./repository.ts";

/** Same charts, same bytes. */
const time = "1970-01-01T00:00:00Z";

/** The text of index.yaml. */
export function formatIndex({ charts }: Pick<ChartRepository, "charts">): string {
  return writeIndex(Map.groupBy(charts, ({ name }) => name));
}

/** The text of each repository's index, by its path. */
export function chartIndexes(repositories: readonly ChartRepository[]): ReadonlyMap<string, string> {
  return new Map(repositories.map((repository) => [repository.path, formatIndex(repository)]));
}

/**
 * The text of an index that is there already, with these charts in it.
 * @returns undefined where that text is no index.
 */
export function mergeIndex(existing: string, { charts }: Pick<ChartRepository, "charts">): string | undefined {
  const present = entriesOf(existing);
  if (!present) return undefined;
  const added = Map.groupBy(charts, ({ name }) => name);
  const names = new Set([...present.keys(), ...added.keys()]);
  return writeIndex(
    new Map(
      [...names].map((name) => {
        const ours = added.get(name) ?? [];
        const isReplaced = (other: PublishedVersion): boolean => ours.some(({ version }) => version === other.version);
        return [name, [...ours, ...(present.get(name) ?? []).filter((other) => !isReplaced(other))]];
      }),
    ),
  );
}

/** The charts that an index lacks: `cilium 1.19.3`. @returns undefined where the text is no index. */
export function chartsMissing(text: string, { charts }: ChartRepository): string[] | undefined {
  const present = entriesOf(text);
  return (
    present &&
    charts
      .filter(({ name, version }) => !present.get(name)?.some((other) => other.version === version))
      .map(({ name, version }) => `${name} ${version}`)
  );
}

/** Why the text is not an index of these charts and no others; undefined where it is. */
export function indexFault(text: string, repository: ChartRepository): string | undefined {
  const missing = chartsMissing(text, repository);
  if (!missing) return "it is no index of a chart repository";
  if (missing.length > 0) return `it does not list ${missing.join(", ")}`;
  const listed = [...(entriesOf(text) ?? [])].flatMap(([name, versions]) => versions.map((entry) => ({ name, entry })));
  const other = listed.find(({ name, entry }) => !repository.charts.some((chart) => isEntryOf(entry, name, chart)));
  if (other) return `what it lists as ${other.name} ${String(other.entry["version"])} is not the bundle's chart`;
  const isSame = JSON.stringify(parse(text, { logLevel: "error" })) === JSON.stringify(parse(formatIndex(repository)));
  return isSame ? undefined : "it says other things of the bundle's charts than they do themselves";
}

function isEntryOf(entry: PublishedVersion, name: string, chart: ChartEntry): boolean {
  const { urls } = entry;
  return (
    chart.name === name &&
    chart.version === entry["version"] &&
    chart.digest === entry["digest"] &&
    Array.isArray(urls) &&
    urls.length === 1 &&
    urls[0] === chart.urls[0]
  );
}

/** One version of a chart in somebody's index: whatever fields it has. */
type PublishedVersion = Readonly<Record<string, unknown>>;

/** Entries by chart; undefined for what is no index. */
function entriesOf(text: string): Map<string, PublishedVersion[]> | undefined {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error" });
  } catch {
    return undefined;
  }
  const entries = isRecord(value) && isRecord(value["entries"]) ? Object.entries(value["entries"]) : undefined;
  return (
    entries &&
    new Map(entries.map(([name, versions]) => [name, Array.isArray(versions) ? versions.filter(isRecord) : []]))
  );
}

function writeIndex(entries: ReadonlyMap<string, readonly object[]>): string {
  const names = [...entries.keys()].sort();
  const index = {
    apiVersion: "v1",
    entries: Object.fromEntries(
      names.map((name) => [name, (entries.get(name) ?? []).map((entry) => ({ created: time, ...entry }))]),
    ),
    generated: time,
  };
  return stringify(index, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
