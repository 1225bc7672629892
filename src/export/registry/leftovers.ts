// Removes what an earlier export left in a registry's tree and the new one no longer names. What others pushed there stays,
// and so do blobs that they share with it.
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lock } from "../../core/lock.ts";
import { ownText } from "../../files/read.ts";
import { dataPath, type RegistryTree, registryTree, repositoriesFolder } from "./tree.ts";

/** Removes what only the earlier lock names; tags first, so that none leads to what is gone. */
export function removeLeftovers(root: string, earlier: Lock, current: RegistryTree): void {
  const previous = registryTree(earlier);
  const removed = [...previous.links].filter(([path]) => !current.links.has(path));
  const isTag = ([path]: readonly [string, unknown]): boolean => path.includes("/_manifests/tags/");
  for (const [path, digest] of [...removed.filter(isTag), ...removed.filter((entry) => !isTag(entry))]) {
    const link = join(root, path);
    // A tag that another program has moved stays.
    if (ownText(link) === digest) removeUpwards(link, join(root, repositoriesFolder));
  }
  const currentDigests = new Set(current.blobs.map(({ digest }) => digest));
  const unused = previous.blobs.filter(({ digest }) => !currentDigests.has(digest));
  if (unused.length === 0) return;
  const named = digestsIn(join(root, repositoriesFolder));
  for (const { digest } of unused) if (!named.has(digest)) removeUpwards(join(root, dataPath(digest)), root);
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
function digestsIn(folder: string): Set<string> {
  const digests = new Set<string>();
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
