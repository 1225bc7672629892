// `--format tarball`: the bundle. Takes a lock and a source of blobs, and writes one archive (or its volumes) that is an OCI
// image layout and a file tree, and lists its own checksums. Blobs come straight out of the store in one pass: under a
// digest they are trusted there, so nothing is hashed here but volumes.
import { basename, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { outputError } from "../files/output.ts";
import { ArchiveBody } from "./archive/body.ts";
import { Interruption } from "./archive/interruption.ts";
import { archiveLayout, type LayoutOptions } from "./archive/layout.ts";
import { checkSpace, removeStaleFiles, resolveArchivePath } from "./archive/output.ts";
import { writeArchiveBody } from "./archive/write-body.ts";
import { ArchiveWriter } from "./archive/writer.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";
import { foreignArchives, foreignVolumes } from "./foreign-output.ts";

/** The smallest volume in bytes, and the largest number of volumes: three digits name them. */
const minVolumeSize = 1 << 20;
const maxVolumes = 999;

function check({ output, split }: Pick<ExportOptions, "output" | "split">): void {
  resolveArchivePath(output);
  checkSplit(split, 0);
}

/** How large the bundle will be. @throws KsoError `unresolvable` for names that collide, `usage` for a useless split. */
export function forecastTarball(options: LayoutOptions & Pick<ExportOptions, "split">): ExportForecast {
  const { entries, bytes, blobs } = archiveLayout(options);
  checkSplit(options.split, bytes);
  return { bytes, blobs, entries: entries.length };
}

/**
 * Writes the bundle.
 * @throws KsoError `usage` for an output that is no file, `unresolvable` for names that collide, `interrupted`, and
 * `unexpected` for everything else; in each case the output is as it was.
 */
export async function writeTarball(options: ExportOptions): Promise<ExportResult> {
  const { blobs, hashing, output, progress, signal } = options;
  const { entries, bytes } = archiveLayout(options);
  const split = checkSplit(options.split, bytes);
  const path = resolveArchivePath(output);
  removeStaleFiles(path);
  const body = new ArchiveBody(entries, blobs);
  checkSpace(path, bytes);
  progress.expect({ items: 1, bytes });
  const item = progress.begin(path.name, bytes);
  const interruption = new Interruption(signal);
  const writer = new ArchiveWriter({ path, hashing, split, aborted: interruption.aborted });
  try {
    await writeArchiveBody(body, writer, (count) => {
      item.advance(count);
      interruption.check();
    });
    const names = await writer.commit();
    item.done();
    // The path as the user wrote it; where that is a link, the path of its target.
    const shown = basename(output) === path.name ? output : join(path.directory, path.name);
    return { files: names.map((name) => shown + name.slice(path.name.length)), bytes };
  } catch (thrown) {
    await writer.discard().catch(() => undefined);
    const cause = outputError(output, thrown);
    item.fail(cause.message);
    throw cause;
  } finally {
    body.close();
    interruption.close();
  }
}

/** Checks the size of volumes, and returns it. @throws KsoError `usage` for volumes too small or too many. */
function checkSplit(split: number | undefined, bytes: number): number | undefined {
  if (split === undefined) return undefined;
  const minimum = Math.max(minVolumeSize, Math.ceil(bytes / maxVolumes));
  if (Number.isSafeInteger(split) && split >= minimum) return split;
  throw new KsoError(
    "usage",
    `Cannot split ${bytes > 0 ? `${bytes} bytes` : "the bundle"} into volumes of ${split}: a volume holds at least 1 MiB, and there are at most ${maxVolumes}; use --split ${minimum} or more`,
  );
}

export const tarballExporter: ContentExporter = {
  name: "tarball",
  needs: "content",
  outputType: "file",
  takesBinaries: true,
  description: "the bundle: one archive that is an OCI image layout and a file tree, with a lock and sums",
  check,
  foreign: ({ output, split }) => (split === undefined ? foreignArchives([output]) : foreignVolumes(output)),
  forecast: forecastTarball,
  write: writeTarball,
};
