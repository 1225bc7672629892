// `--format image`: two container images without a builder, a file server and a registry with everything in them. Takes a
// lock, a source of blobs and two base images, and writes two OCI archives, each an index over all platforms. What is added
// to a base is one layer, uncompressed, and the same blob on every platform.
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { filledIn } from "../files/foreign.ts";
import { outputError } from "../files/output.ts";
import type { ArchiveBody } from "./archive/body.ts";
import { Interruption } from "./archive/interruption.ts";
import {
  type ArchivePath,
  checkOutputDirectory,
  checkSpace,
  createOutputDirectory,
  removeStaleFiles,
  resolveArchivePath,
} from "./archive/output.ts";
import { defaultBaseImages } from "./dockerfile.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";
import { foreignArchives } from "./foreign-output.ts";
import { ImageArchive, type StagedImage } from "./image/archive.ts";
import { filesLayer, imagesLayer } from "./image/content.ts";
import { filesDefinition, imagesDefinition } from "./image/definition.ts";
import type { BuiltImage } from "./image/manifests.ts";

const archiveNames = /^kubespray-(files|images)\.tar$/;

type ImageOptions = Pick<ExportOptions, "lock" | "blobs" | "chartIndexes" | "baseImages">;

/** The archives of both images. @throws KsoError `unresolvable` for names that collide, and for a base that lacks a platform. */
function archivesOf({
  lock,
  blobs,
  chartIndexes,
  baseImages,
}: ImageOptions): [files: ImageArchive, images: ImageArchive] {
  if (!baseImages) throw new KsoError("unexpected", "Cannot build images: no base was fetched");
  const { files, images } = baseImages;
  return [
    new ImageArchive({
      lock,
      blobs,
      base: files,
      definition: filesDefinition,
      layer: filesLayer(lock, chartIndexes ?? new Map()),
    }),
    new ImageArchive({ lock, blobs, base: images, definition: imagesDefinition, layer: imagesLayer(lock, blobs) }),
  ];
}

function forecast(options: ImageOptions): ExportForecast {
  const archives = archivesOf(options);
  return {
    bytes: archives.reduce((sum, { bytes }) => sum + bytes, 0),
    blobs: archives.length,
    entries: archives.reduce((sum, { entries }) => sum + entries, 0),
  };
}

/** An archive to write, with the bytes of its layer. */
interface Task {
  readonly archive: ImageArchive;
  readonly layer: ArchiveBody;
}

/**
 * Writes both archives under staging names, and renames them when both are whole.
 * @returns the exporter's result, and the images that were built.
 * @throws KsoError `usage` for an output that is no directory, `interrupted`, `unexpected` for everything else.
 */
export async function writeImages(
  options: ExportOptions,
): Promise<{ result: ExportResult; images: readonly BuiltImage[] }> {
  const { output, progress, signal } = options;
  const archives = archivesOf(options);
  const bytes = archives.reduce((sum, archive) => sum + archive.bytes, 0);
  // All that will be read is located before anything is written.
  const tasks = archives.map((archive): Task => ({ archive, layer: archive.openLayer() }));
  const removeOutput = createOutputDirectory(output);
  const interruption = new Interruption(signal);
  const staged: StagedImage[] = [];
  try {
    const paths = archives.map(({ name }) => resolveArchivePath(join(output, name)));
    for (const path of paths) removeStaleFiles(path);
    checkSpace({ output, directory: output }, bytes);
    progress.expect({ items: tasks.length, bytes });
    for (const [at, task] of tasks.entries())
      staged.push(await writeImage(task, paths[at] as ArchivePath, interruption, options));
    for (const { writer } of staged) await writer.finish();
    for (const { writer } of staged) await writer.commit();
    const result = { files: paths.map((path) => path.output), bytes };
    return { result, images: staged.map(({ image }) => image) };
  } catch (thrown) {
    for (const { writer } of staged) await writer.discard().catch(() => undefined);
    removeOutput();
    throw outputError(output, thrown);
  } finally {
    for (const { layer } of tasks) layer.close();
    interruption.close();
  }
}

async function writeImage(
  { archive, layer }: Task,
  path: ArchivePath,
  interruption: Interruption,
  { hashing, progress }: ExportOptions,
): Promise<StagedImage> {
  const item = progress.begin(path.name, archive.bytes);
  try {
    const onProgress = (bytes: number): void => item.advance(bytes);
    const staged = await archive.write(layer, { path, hashing, interruption, onProgress });
    item.done();
    return staged;
  } catch (thrown) {
    const cause = outputError(path.output, thrown);
    item.fail(cause.message);
    throw cause;
  }
}

export const imageExporter: ContentExporter = {
  name: "image",
  needs: "content",
  outputType: "directory",
  owns: archiveNames,
  description: "two container images without a builder, a file server and a registry with everything in them",
  baseImages: defaultBaseImages,
  foreign: ({ output }) => foreignArchives(filledIn(output, archiveNames)),
  check: ({ output }) => checkOutputDirectory(output),
  forecast,
  write: async (options) => (await writeImages(options)).result,
};
