// What an earlier export left in a registry's tree and the new one no longer names. What others pushed there stays, and so
// do blobs that they share with it.
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lock } from "../../core/lock.ts";
import { dataPath, type RegistryTree, registryTree, repositoriesFolder } from "./tree.ts";

/** Removes it; tags first, so that none leads to what is gone. */
export function removeLeftovers(root: string, earlier: Lock, now: RegistryTree): void {
  const before = registryTree(earlier);
  const gone = [...before.links].filter(([path]) => !now.links.has(path));
  const isTag = ([path]: readonly [string, unknown]): boolean => path.includes("/_manifests/tags/");
  for (const [path, digest] of [...gone.filter(isTag), ...gone.filter((link) => !isTag(link))]) {
    const full = join(root, path);
    // A tag that somebody moved is theirs.
    if (existsSync(full) && readFileSync(full, "utf8") === digest) removeUpwards(full, join(root, repositoriesFolder));
  }
  const kept = new Set(now.blobs.map(({ digest }) => digest));
  const left = before.blobs.filter(({ digest }) => !kept.has(digest));
  if (left.length === 0) return;
  const named = namedIn(join(root, repositoriesFolder));
  for (const { digest } of left) if (!named.has(digest)) removeUpwards(join(root, dataPath(digest)), root);
}

/** The file, and the folders above it that are empty then. */
function removeUpwards(path: string, top: string): void {
  rmSync(path, { force: true });
  for (let folder = dirname(path); folder !== top && folder.startsWith(top); folder = dirname(folder)) {
    if (!existsSync(folder)) continue;
    if (readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

/** The digests that repositories name as layers or manifests. */
function namedIn(folder: string): Set<string> {
  const names = new Set<string>();
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const below = join(path, entry.name);
      if (/\/_(layers|manifests\/revisions)\/sha256$/.test(path)) names.add(`sha256:${entry.name}`);
      else if (!path.endsWith("/_manifests") || entry.name === "revisions") visit(below);
    }
  };
  if (existsSync(folder)) visit(folder);
  return names;
}
