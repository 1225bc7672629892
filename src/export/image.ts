// `--format image`: two container images without a builder, a file server and a registry with everything in them. In travel
// a lock, a source of blobs and two base images; out travel two OCI archives, each an index over all platforms. What is
// added to a base is one layer, uncompressed, and the same blob on every platform.
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { outputError } from "../files/output.ts";
import {
  type ArchivePath,
  checkOutputDirectory,
  checkSpace,
  createOutputDirectory,
  removeStaleFiles,
  resolveArchivePath,
} from "./archive/output.ts";
import { abortOf } from "./archive/write-body.ts";
import { basesOf } from "./dockerfile.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";
import { type Draft, draft, openDraft, type Written, write } from "./image/archive.ts";
import { filesLayer, imagesLayer } from "./image/content.ts";
import type { ImageDefinition } from "./image/manifests.ts";

const filesPurpose: ImageDefinition = {
  name: "files",
  description: "Serves every file that kubespray downloads",
  port: 8080,
  entrypoint: ["/bin/sh", "/kso/serve-files.sh"],
  stopSignal: "SIGQUIT",
};
const imagesPurpose: ImageDefinition = {
  name: "images",
  description: "A registry with every image that kubespray pulls",
  port: 5000,
  entrypoint: ["registry", "serve", "/kso/registry.yml"],
};

type Ingredients = Pick<ExportOptions, "lock" | "blobs" | "baseImages">;

/** @throws KsoError `unresolvable` for names that collide, and for a base that lacks a platform. */
export function draftsOf({ lock, blobs, baseImages: bases }: Ingredients): Draft[] {
  if (!bases) throw new KsoError("unexpected", "Cannot build images: no base was fetched");
  return [
    draft(lock, bases.files, blobs, filesPurpose, filesLayer(lock)),
    draft(lock, bases.images, blobs, imagesPurpose, imagesLayer(lock)),
  ];
}

export function forecast(options: Ingredients): ExportForecast {
  const drafts = draftsOf(options);
  return {
    bytes: drafts.reduce((sum, { bytes }) => sum + bytes, 0),
    blobs: drafts.length,
    entries: drafts.reduce((sum, { entries }) => sum + entries, 0),
  };
}

/** The archive of a purpose, below the output directory. */
export function archiveName({ purpose }: Draft): string {
  return `kubespray-${purpose.name}.tar`;
}

/**
 * Writes both archives beside their names, and gives them these when both are whole.
 * @throws KsoError `usage` for an output that is no directory, `interrupted`, `unexpected` for everything else.
 */
export async function seal(options: ExportOptions): Promise<ExportResult> {
  return (await sealImages(options)).sealed;
}

/** The same, with what was built. */
export async function sealImages(
  options: ExportOptions,
): Promise<{ sealed: ExportResult; written: readonly Written[] }> {
  const { blobs, hashing, output, progress, signal } = options;
  const drafts = draftsOf(options);
  const bytes = drafts.reduce((sum, one) => sum + one.bytes, 0);
  // All that will be read is found before anything is written.
  const works = drafts.map((one) => ({ one, contents: openDraft(one, blobs) }));
  const undo = createOutputDirectory(output);
  const abort = abortOf(signal);
  const written: Written[] = [];
  try {
    const places = drafts.map((one) => resolveArchivePath(join(output, archiveName(one))));
    for (const place of places) removeStaleFiles(place);
    checkSpace({ output, directory: output, name: "" }, bytes);
    progress.expect({ items: works.length, bytes });
    for (const [at, { one, contents }] of works.entries()) {
      const place = places[at] as ArchivePath;
      const item = progress.begin(place.name, one.bytes);
      try {
        written.push(await write(one, contents, { blobs, hashing, place, abort }, (more) => item.advance(more)));
      } catch (thrown) {
        const cause = outputError(place.output, thrown);
        item.fail(cause.message);
        throw cause;
      }
      item.done();
    }
    for (const { writer } of written) await writer.finish();
    return { sealed: { files: places.map((place) => place.output), bytes }, written };
  } catch (thrown) {
    for (const { writer } of written) await writer.discard().catch(() => undefined);
    undo();
    throw outputError(output, thrown);
  } finally {
    for (const { contents } of works) contents.close();
    abort.forget();
  }
}

export const imageExporter: ContentExporter = {
  name: "image",
  needs: "content",
  outputType: "directory",
  flags: ["base-files", "base-images"],
  description: "two container images without a builder, a file server and a registry with everything in them",
  baseImages: basesOf,
  check: ({ output }) => checkOutputDirectory(output),
  forecast,
  write: seal,
};
