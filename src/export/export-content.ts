// The use case of formats that hold bytes: fetch what the store lacks, then write the output out of the store.
import { join } from "node:path";
import { chartIndexes } from "../charts/index-file.ts";
import { chartRepositories } from "../charts/repository.ts";
import type { BlobSource } from "../core/descriptor.ts";
import type { Lock } from "../core/lock.ts";
import type { ImageArtifact, Plan } from "../core/plan.ts";
import type { Progress } from "../core/progress.ts";
import { formatSize } from "../core/size.ts";
import { assertReplaceable, keeping } from "../files/foreign.ts";
import { writeOutputDirectory } from "../files/output.ts";
import type { Hashing } from "../store/hashing.ts";
import { type BaseImageNames, baseImageArtifacts, lockedBaseImages } from "./base-images.ts";
import { type BinaryLocation, findBinaries } from "./binaries.ts";
import { openDeltaBase } from "./delta-base.ts";
import type { ContentExporter, DeltaBase, ExportOptions, KsoBinary } from "./exporter.ts";

/** What is exported, and where to. */
export interface ContentExportOptions {
  readonly exporter: ContentExporter;
  readonly plan: Plan;
  readonly output: string;
  /** Bytes of a volume. */
  readonly split?: number | undefined;
  /** The path of a lock or a bundle: what it contains is left out. */
  readonly base?: string | undefined;
  /** Where the binaries of kso are that the export contains; absent for none. */
  readonly binaries?: BinaryLocation | undefined;
  /** Images to build on instead of the format's own. */
  readonly baseImages: BaseImageNames;
  /** Copy bytes: no hard links into the store. */
  readonly copy: boolean;
  /** Files that kso did not write are replaced, and kept. */
  readonly force: boolean;
}

/** What must be fetched, and what will be written afterwards: fetching checks that there is room for both. */
export interface FetchRequest {
  readonly plan: Plan;
  /** Images that are fetched along with the plan. */
  readonly baseImages: readonly ImageArtifact[];
  readonly archive: {
    readonly path: string;
    readonly base: DeltaBase | undefined;
    readonly binaries: readonly KsoBinary[] | undefined;
    /** Its blobs are hard links, where it is on the store's own file system. */
    readonly links: boolean;
  };
}

/** The result of fetching. */
export interface FetchedPlan {
  readonly lock: Lock;
  /** The path of the lock. */
  readonly path: string;
  readonly fetched: { readonly items: number; readonly bytes: number };
}

/** What the use case needs from its surroundings; `S` is the store. */
export interface ContentExportDependencies<S extends BlobSource> {
  /** Runs the work with an open store. */
  withStore<T>(work: (store: S, hashing: Hashing) => Promise<T>): Promise<T>;
  /** Fetches into the store. */
  fetch(request: FetchRequest, store: S): Promise<FetchedPlan>;
  /** Fetches a binary of kso from the release of this version into the store. @returns its path. */
  fetchBinary(name: string, store: S): Promise<string>;
  /** Runs long work under a title. */
  watch<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T>;
  readonly clone: ExportOptions["clone"];
  readonly signal: AbortSignal;
}

/** What was written, and the lock it was written from. */
export interface ContentExportResult {
  readonly files: readonly string[];
  readonly bytes: number;
  /** The path of the lock. */
  readonly lock: string;
  readonly fetched: FetchedPlan["fetched"];
  /** Files that kso did not write, and that were replaced. */
  readonly replaced: readonly string[];
}

/** Small files beside an export's archives are replaced by name; no others are removed. */
const ownsNothing = /(?!)/;

/**
 * Fetches a plan and exports it.
 * @throws KsoError `usage` for an output, base or binary that is unfit, before anything is fetched; whatever fetching throws;
 * and whatever the exporter throws.
 */
export async function exportContent<S extends BlobSource>(
  options: ContentExportOptions,
  dependencies: ContentExportDependencies<S>,
): Promise<ContentExportResult> {
  const { exporter, plan, output, split, copy } = options;
  const { withStore, fetch, watch, clone, signal } = dependencies;
  const base = options.base === undefined ? undefined : openDeltaBase(options.base);
  exporter.check({ output, split });
  const replaced = exporter.foreign({ output, split });
  assertReplaceable(replaced, options.force);
  const artifacts = baseImageArtifacts(exporter, plan, options.baseImages);
  return await withStore(async (store, hashing) => {
    const search = { plan, hashing, fetch: (name: string) => dependencies.fetchBinary(name, store) };
    const found = options.binaries && (await findBinaries(options.binaries, search));
    const binaries = found ?? (exporter.takesBinaries ? [] : undefined);
    const archive = { path: output, base, binaries, links: exporter.links === true && !copy };
    const baseImages = artifacts ? [artifacts.files, artifacts.images] : [];
    const { lock, path, fetched } = await fetch({ plan, baseImages, archive }, store);
    const exportOptions = {
      lock,
      blobs: store,
      chartIndexes: chartIndexes(await chartRepositories(lock.files, store)),
      output,
      binaries,
      split,
      base,
      baseImages: artifacts && lockedBaseImages(lock, artifacts),
      copy,
      clone,
      hashing,
      signal,
    };
    const { bytes } = exporter.forecast(exportOptions);
    const { texts = [], ...result } = await keeping(replaced, async () => {
      const written = await watch(`Write ${output} (${formatSize(bytes)})`, (progress) =>
        exporter.write({ ...exportOptions, progress }),
      );
      if (written.texts) await writeOutputDirectory(output, { files: written.texts, owns: ownsNothing, signal });
      return written;
    });
    const files = [...result.files, ...texts.map((text) => join(output, text.path))];
    return { files, bytes: result.bytes, lock: path, fetched, replaced };
  });
}
