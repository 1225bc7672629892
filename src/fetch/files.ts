// The files of a plan: the digest that each must have, where it can be fetched, and its entry in the lock.
import { createHash } from "node:crypto";
import { digestParts } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import type { FileArtifact } from "../core/plan.ts";
import { contentLengthOf, isWebPage } from "../http/ranges.ts";
import type { HttpRequest, HttpResponse } from "../http/request.ts";
import type { LocatedChart, LocatedCharts } from "./charts.ts";
import type { AnnouncedSize } from "./ingest.ts";
import { type FetchOptions, namesOf } from "./options.ts";
import { assertPossibleSize, maxArtifactSize } from "./size-limits.ts";
import type { Transfer, TransferResult } from "./transfer.ts";

/** A file with its entry in an earlier lock, and its transfer. */
export interface PlannedFile {
  readonly artifact: FileArtifact;
  readonly locked: LockedFile | undefined;
  readonly transfer: Transfer;
}

/**
 * The plan's files, each path once; of its charts those that are located.
 * @throws KsoError `unresolvable` when two files claim one name.
 */
export function plannedFiles(options: FetchOptions, charts: LocatedCharts["charts"]): PlannedFile[] {
  const locked = new Map(options.lock?.files.map((file) => [file.path, file]));
  const byPath = new Map<string, FileArtifact>();
  for (const artifact of options.plan.artifacts) {
    if (artifact.kind !== "file") continue;
    const existing = byPath.get(artifact.path);
    if (existing?.digest && artifact.digest && existing.digest !== artifact.digest)
      throw new KsoError(
        "unresolvable",
        `${artifact.path} is wanted twice, as ${existing.digest} (${existing.component}) and as ${artifact.digest} (${artifact.component})`,
      );
    const platforms = [...new Set([...(existing?.platforms ?? []), ...artifact.platforms])];
    const published = existing?.digest ? existing : artifact;
    byPath.set(artifact.path, { ...published, platforms });
  }
  return [...byPath.values()].flatMap((artifact) => {
    const located = artifact.chart ? charts.get(artifact.path) : { artifact, sources: sourcesOf(artifact) };
    return located ? [plannedFile(located, locked.get(artifact.path), options)] : [];
  });
}

function sourcesOf({ locations, url: origin }: FileArtifact): HttpRequest[] {
  return (locations ?? [origin]).map((url) => ({ url }));
}

function plannedFile(
  { artifact, sources }: LocatedChart,
  locked: LockedFile | undefined,
  options: FetchOptions,
): PlannedFile {
  const accepted = namesOf(artifact).flatMap((name) => options.accept.get(name) ?? []);
  // Accepted digests come first: the user named them.
  const expected = [...accepted, ...(locked ? [locked.digest] : artifact.digest ? [artifact.digest] : [])];
  const transfer: Transfer = {
    label: artifact.path,
    key: expected[0] ? digestParts(expected[0]).hex : createHash("sha256").update(artifact.url).digest("hex"),
    // Not the lock's size: where the server has another one, upstream has drifted and no connection was cut.
    size: undefined,
    expected,
    sources,
  };
  if (locked && artifact.digest && locked.published && locked.published.digest !== artifact.digest)
    options.progress.note(
      `${artifact.path}: the lock of ${locked.resolved} is kept, although the published digest is now ${artifact.digest} (${artifact.provenance.digest}); --update takes it`,
    );
  return { artifact, locked, transfer };
}

/**
 * The size of a file by HEAD, from the first server that tells one; undefined where none does.
 * @throws KsoError `fetch` where a size is told, and none that can be.
 */
export async function sizeAt(
  { http, probe }: Pick<FetchOptions, "http" | "probe">,
  { sources }: Transfer,
): Promise<AnnouncedSize | undefined> {
  let impossible: number | undefined;
  for (const source of sources) {
    try {
      // One quick try where there are other sources.
      const response = await (sources.length > 1 ? probe : http).send({ ...source, method: "HEAD" });
      const bytes = isWebPage(response.headers) ? undefined : contentLength(response);
      if (bytes !== undefined && bytes <= maxArtifactSize) return { bytes, url: source.url };
      impossible ??= bytes;
    } catch {
      // Some servers refuse HEAD; the download will show the size.
    }
  }
  if (impossible !== undefined) assertPossibleSize(impossible, "the server says that it has");
  return undefined;
}

/** The length that a response announces; undefined where it announces none, or 0. Bytes. */
export function contentLength({ headers }: Pick<HttpResponse, "headers">): number | undefined {
  return contentLengthOf(headers) || undefined;
}

/** The file's entry in the lock. */
export function lockFile(
  { artifact, locked }: PlannedFile,
  { digest, size }: TransferResult & { arrived: true },
  mismatch: string | undefined,
  { store, today }: FetchOptions,
): LockedFile {
  const { name, component, version, platforms, url, path } = artifact;
  const unchanged = locked?.digest === digest;
  if (unchanged && locked.size !== size)
    throw new KsoError(
      "fetch",
      `the lock says that it has ${locked.size} bytes, and ${digest} has ${size}; take the lock from where it is intact`,
    );
  const published =
    (unchanged ? locked.published : undefined) ??
    (artifact.digest ? { digest: artifact.digest, source: artifact.provenance.digest ?? "the plan" } : undefined);
  const asPublished = !published || published.digest === digest || store.alias(published.digest) === digest;
  const accepted = unchanged ? locked.accepted : !asPublished;
  return {
    name,
    component,
    version,
    platforms: [...platforms].sort(),
    resolved: unchanged ? locked.resolved : today,
    ...(mismatch !== undefined && { mismatch }),
    url,
    path,
    digest,
    size,
    ...(published && { published }),
    ...(accepted && { accepted: true }),
  };
}
