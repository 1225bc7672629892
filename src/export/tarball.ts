// `--format tarball`: the bundle. In travel a lock and a source of blobs, out travels one archive (or its volumes) that is
// an OCI image layout, a file tree and its own checklist. One pass, straight out of the store: blobs under a digest are
// trusted there, so nothing is hashed here but volumes.
import { basename, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { outputError } from "../files/output.ts";
import { openContents } from "./archive/body.ts";
import { archiveLayout } from "./archive/layout.ts";
import { checkSpace, removeStaleFiles, resolveArchivePath } from "./archive/output.ts";
import { abortOf, writeArchiveBody } from "./archive/write-body.ts";
import { startWriter } from "./archive/writer.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";

/** Volumes: no smaller, and no more, so that three digits name them. */
const limits = { volume: 1 << 20, volumes: 999 };

function check({ output, split }: Pick<ExportOptions, "output" | "split">): void {
  resolveArchivePath(output);
  checkSplit(split, 0);
}

export function forecastTarball(options: Pick<ExportOptions, "lock" | "binaries" | "split" | "base">): ExportForecast {
  const { items, bytes, blobs } = archiveLayout(options);
  checkSplit(options.split, bytes);
  return { bytes, blobs, entries: items.length };
}

/**
 * @throws KsoError `usage` for an output that is no file, `unresolvable` for names that collide, `interrupted`, and
 * `unexpected` for everything else; in each case the output is as it was.
 */
export async function writeTarball(options: ExportOptions): Promise<ExportResult> {
  const { blobs, hashing, output, progress, signal } = options;
  const { items, bytes } = archiveLayout(options);
  const split = checkSplit(options.split, bytes);
  const place = resolveArchivePath(output);
  removeStaleFiles(place);
  const contents = openContents(items, blobs);
  checkSpace(place, bytes);
  progress.expect({ items: 1, bytes });
  const item = progress.begin(place.name, bytes);
  const abort = abortOf(signal);
  const writer = startWriter({ place, hashing, aborted: abort.aborted, ...(split === undefined ? {} : { split }) });
  try {
    await writeArchiveBody(contents, writer, (more) => {
      item.advance(more);
      abort.check();
    });
    const names = await writer.finish();
    item.done();
    const shown = basename(output) === place.name ? output : join(place.directory, place.name);
    return { files: names.map((name) => shown + name.slice(place.name.length)), bytes };
  } catch (thrown) {
    await writer.discard().catch(() => undefined);
    const cause = outputError(output, thrown);
    item.fail(cause.message);
    throw cause;
  } finally {
    contents.close();
    abort.forget();
  }
}

/** @throws KsoError `usage` for volumes too small or too many. */
function checkSplit(split: number | undefined, bytes: number): number | undefined {
  if (split === undefined) return undefined;
  const least = Math.max(limits.volume, Math.ceil(bytes / limits.volumes));
  if (Number.isSafeInteger(split) && split >= least) return split;
  throw new KsoError(
    "usage",
    `Cannot split ${bytes > 0 ? `${bytes} bytes` : "the bundle"} into volumes of ${split}: a volume holds at least 1 MiB, and there are at most ${limits.volumes}; use --split ${least} or more`,
  );
}

export const tarballExporter: ContentExporter = {
  name: "tarball",
  needs: "content",
  outputType: "file",
  flags: ["with-binaries", "binaries", "split", "base"],
  description: "the bundle: one archive that is an OCI image layout and a file tree, with a lock and sums",
  check,
  forecast: forecastTarball,
  write: writeTarball,
};
