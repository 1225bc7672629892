// Removes what an earlier export left in a registry's tree and the new one no longer names. What others pushed there stays,
// and so do blobs that they share with it.
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BlobSource } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { Lock } from "../../core/lock.ts";
import { ownText } from "../../files/read.ts";
import { dataPath, type RegistryTree, registryTree, repositoriesFolder } from "./tree.ts";

/** Removes what only the earlier lock names; tags first, so that none leads to what is gone. */
export function removeLeftovers(root: string, earlier: Lock, current: RegistryTree): void {
  const previous = registryTree(earlier, blobsIn(root));
  const removed = [...previous.links].filter(([path]) => !current.links.has(path));
  const isTag = ([path]: readonly [string, unknown]): boolean => path.includes("/_manifests/tags/");
  for (const [path, digest] of [...removed.filter(isTag), ...removed.filter((entry) => !isTag(entry))]) {
    const link = join(root, path);
    // A tag that another program has moved stays.
    if (ownText(link) === digest) removeUpwards(link, join(root, repositoriesFolder));
  }
  const pathsOf = ({ blobs, texts }: RegistryTree): string[] => [
    ...blobs.map(({ digest }) => dataPath(digest)),
    ...texts.keys(),
  ];
  const currentPaths = new Set(pathsOf(current));
  const unused = pathsOf(previous).filter((path) => !currentPaths.has(path));
  if (unused.length === 0) return;
  const named = new Set([...digestsIn(join(root, repositoriesFolder))].map(dataPath));
  for (const path of unused) if (!named.has(path)) removeUpwards(join(root, path), root);
}

/** The blobs of a tree. */
function blobsIn(root: string): BlobSource {
  return {
    locate(digest) {
      const path = join(root, dataPath(digest));
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      return size === undefined ? undefined : [{ path, offset: 0, length: size }];
    },
  };
}

/** Removes the file, and the directories above it that are empty then. */
function removeUpwards(path: string, top: string): void {
  rmSync(path, { force: true });
  for (let folder = dirname(path); folder !== top && folder.startsWith(top); folder = dirname(folder)) {
    if (!existsSync(folder)) continue;
    if (readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

/** The digests that repositories name as layers or manifests. */
function digestsIn(folder: string): Set<Digest> {
  const digests = new Set<Digest>();
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const below = join(path, entry.name);
      if (/\/_(layers|manifests\/revisions)\/sha256$/.test(path)) digests.add(`sha256:${entry.name}`);
      else if (!path.endsWith("/_manifests") || entry.name === "revisions") visit(below);
    }
  };
  if (existsSync(folder)) visit(folder);
  return digests;
}
