// `--format registry`: the storage directory of a distribution registry, with every image of the lock under each of its
// names. In travel a lock and a source of blobs; what the store has is linked where the file system lets it.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatLock, type Lock } from "../core/lock.ts";
import { totalSize } from "../files/extents.ts";
import { outputError } from "../files/output.ts";
import { bundleLock } from "./archive/metadata.ts";
import { checkNames } from "./archive/names.ts";
import { checkSpace } from "./archive/output.ts";
import { abortOf } from "./archive/write-body.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";
import { putBlob } from "./registry/blob-writer.ts";
import { checkPlace, openPlace, type Place } from "./registry/directory.ts";
import { removeLeftovers } from "./registry/leftovers.ts";
import { dataPath, type RegistryTree, registryTree } from "./registry/tree.ts";

function treeOf(lock: Lock): RegistryTree {
  checkNames(lock, []);
  return registryTree(lock);
}

function forecast({ lock }: Pick<ExportOptions, "lock">): ExportForecast {
  const { blobs, links } = treeOf(lock);
  return { bytes: bytesOf(blobs), blobs: blobs.length, entries: blobs.length + links.size };
}

function bytesOf(blobs: RegistryTree["blobs"]): number {
  return totalSize(blobs);
}

/**
 * @throws KsoError `usage` for an output that is something else, `unresolvable` for names that collide, `interrupted`, and
 * `unexpected` for everything else. A new directory is there whole or not at all; in one that was there before, each tag
 * leads to what it led to before, or to what it should now.
 */
async function seal(options: ExportOptions): Promise<ExportResult> {
  const { lock, output, progress, signal } = options;
  const tree = treeOf(lock);
  const bytes = bytesOf(tree.blobs);
  const place = openPlace(output);
  progress.expect({ items: 1, bytes });
  const item = progress.begin(output, bytes);
  const abort = abortOf(signal);
  try {
    await write(tree, place, options, (more) => {
      item.advance(more);
      abort.check();
    });
    if (place.earlier) removeLeftovers(place.root, place.earlier, tree);
    place.finish(formatLock(bundleLock(lock)));
    item.done();
    return { files: [output], bytes };
  } catch (thrown) {
    const cause = outputError(output, thrown);
    item.fail(cause.message);
    place.discard();
    throw cause;
  } finally {
    abort.forget();
  }
}

async function write(
  { blobs, links }: RegistryTree,
  place: Place,
  { output, blobs: source, hashing, copy = false, clone }: ExportOptions,
  advance: (bytes: number) => void,
): Promise<void> {
  const { root, bench } = place;
  const lacks = ({ digest, size }: RegistryTree["blobs"][number]): boolean =>
    statSync(join(root, dataPath(digest)), { throwIfNoEntry: false })?.size !== size;
  let left = bytesOf(blobs.filter(lacks));
  let copies = false;
  const onCopy = (): void => {
    if (!copies) checkSpace({ output, directory: root, name: "" }, left);
    copies = true;
  };
  for (const blob of blobs) {
    const path = dataPath(blob.digest);
    const more = lacks(blob) ? blob.size : 0;
    place.folder(dirname(path));
    await putBlob(blob, join(root, path), { blobs: source, hashing, bench, copy, clone, onCopy, advance });
    left -= more;
  }
  // What a tag leads to comes before the tag.
  const isTag = (path: string): boolean => path.endsWith("/current/link");
  for (const [path, digest] of links) if (!isTag(path)) place.text(path, digest);
  advance(0);
  for (const [path, digest] of links) if (isTag(path)) place.text(path, digest);
}

export const registryExporter: ContentExporter = {
  name: "registry",
  needs: "content",
  outputType: "directory",
  links: true,
  flags: ["copy"],
  description: "the storage directory of a distribution registry that holds every image",
  check: ({ output }) => void checkPlace(output),
  forecast,
  write: seal,
};
