// `--format registry`: the storage directory of a distribution registry, with every image of the lock under each of its
// names. Takes a lock and a source of blobs; files of the store are linked where the file system lets them.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkedLock } from "../bundle/read-back.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { totalSize } from "../files/extents.ts";
import { outputError } from "../files/output.ts";
import { Interruption } from "./archive/interruption.ts";
import { bundleLock } from "./archive/metadata.ts";
import { checkNames } from "./archive/names.ts";
import { checkSpace } from "./archive/output.ts";
import type { ContentExporter, ExportForecast, ExportOptions, ExportResult } from "./exporter.ts";
import { BlobWriter } from "./registry/blob-writer.ts";
import { checkRegistryOutput, RegistryDirectory } from "./registry/directory.ts";
import { removeLeftovers } from "./registry/leftovers.ts";
import { dataPath, type RegistryTree, registryTree } from "./registry/tree.ts";

function treeOf({ lock, blobs }: Pick<ExportOptions, "lock" | "blobs">): RegistryTree {
  checkNames(lock, []);
  return registryTree(lock, blobs);
}

function forecast(options: Pick<ExportOptions, "lock" | "blobs">): ExportForecast {
  const { blobs, links, texts } = treeOf(options);
  return { bytes: totalSize(blobs), blobs: blobs.length, entries: blobs.length + texts.size + links.size };
}

/**
 * Writes the tree. A new directory is there whole or not at all; in one that was there before, each tag leads to what it led
 * to before, or to what it should lead to now.
 * @throws KsoError `usage` for an output that is something else, `unresolvable` for names that collide, `interrupted`, and
 * `unexpected` for everything else.
 */
async function write(options: ExportOptions): Promise<ExportResult> {
  const { lock, output, progress, signal } = options;
  const tree = treeOf(options);
  const bytes = totalSize(tree.blobs);
  const directory = new RegistryDirectory(output);
  progress.expect({ items: 1, bytes });
  const item = progress.begin(output, bytes);
  const interruption = new Interruption(signal);
  const onProgress = (count: number): void => {
    item.advance(count);
    interruption.check();
  };
  try {
    await writeBlobs(tree, directory, options, onProgress);
    writeLinks(tree, directory, onProgress);
    if (directory.earlier) removeLeftovers(directory.root, directory.earlier, tree);
    directory.commit(checkedLock(bundleLock(lock), output));
    item.done();
    return { files: [output], bytes };
  } catch (thrown) {
    const cause = outputError(output, thrown);
    item.fail(cause.message);
    directory.discard();
    throw cause;
  } finally {
    interruption.close();
  }
}

async function writeBlobs(
  { blobs }: RegistryTree,
  directory: RegistryDirectory,
  options: ExportOptions,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { root, staging } = directory;
  const isPresent = ({ digest, size }: Descriptor): boolean =>
    statSync(join(root, dataPath(digest)), { throwIfNoEntry: false })?.size === size;
  let remaining = totalSize(blobs.filter((blob) => !isPresent(blob)));
  let isSpaceChecked = false;
  const onCopy = (): void => {
    if (!isSpaceChecked) checkSpace({ output: options.output, directory: root }, remaining);
    isSpaceChecked = true;
  };
  const { blobs: source, hashing, copy = false, clone } = options;
  const writer = new BlobWriter({ blobs: source, hashing, staging, copy, clone, onCopy, onProgress });
  for (const blob of blobs) {
    const path = dataPath(blob.digest);
    const added = isPresent(blob) ? 0 : blob.size;
    directory.makeDirectory(dirname(path));
    await writer.write(blob, join(root, path));
    remaining -= added;
  }
  // Whatever was changed between its hashing and now must not be under a name.
  for (const blob of blobs) writer.locate(blob);
}

/** Writes tags last, so that each leads to what is there. */
function writeLinks(
  { links, texts }: RegistryTree,
  directory: RegistryDirectory,
  onProgress: (bytes: number) => void,
): void {
  for (const [path, text] of texts) directory.writeText(path, text);
  const isTag = (path: string): boolean => path.endsWith("/current/link");
  for (const [path, digest] of links) if (!isTag(path)) directory.writeText(path, digest);
  onProgress(0);
  for (const [path, digest] of links) if (isTag(path)) directory.writeText(path, digest);
}

export const registryExporter: ContentExporter = {
  name: "registry",
  needs: "content",
  outputType: "directory",
  owns: /./,
  links: true,
  description: "the storage directory of a distribution registry that holds every image",
  // A directory that is not empty is one that kso wrote, or refused.
  foreign: () => [],
  check: ({ output }) => void checkRegistryOutput(output),
  forecast,
  write,
};
