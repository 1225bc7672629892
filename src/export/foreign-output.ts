// What lies where an export is written, and whether kso wrote it.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { openParts } from "../bundle/open-archive.ts";
import { isFilled, isForeign, isOwnDocument } from "../files/foreign.ts";
import { statsAt } from "../files/stats.ts";

/** How the first volume of an archive begins: with the name of the first of its sorted entries. */
const firstEntry = /^(blobs\/|files\/|index\.json|kso\/)\0/;

/** Is it an archive that kso wrote? */
function isOwnArchive(path: string): boolean {
  try {
    const { archive } = openParts(path, [{ path, size: statSync(path).size }]);
    return archive.entries.has("kso/lock.json");
  } catch {
    return false; // no tar at all
  }
}

/** Those of the archives that are there and not kso's. */
export function foreignArchives(paths: readonly string[]): string[] {
  return paths.filter((path) => isFilled(path) && !isOwnArchive(path));
}

/** The files that volumes of that name would replace or remove, where the first of them or their index is none of kso's. */
export function foreignVolumes(output: string): string[] {
  const [directory, name] = [dirname(output), basename(output)];
  if (!statsAt(directory)?.isDirectory()) return [];
  const index = `${name}.volumes.json`;
  const names = readdirSync(resolve(directory)).filter(
    (other) => other === index || (other.startsWith(`${name}.`) && /^\d{3,}$/.test(other.slice(name.length + 1))),
  );
  const isOwn = names.includes(index)
    ? isOwnDocument(join(directory, index), "volumes")
    : !isForeign(`${output}.001`, firstEntry);
  return isOwn ? [] : names.map((other) => join(directory, other)).filter(isFilled);
}
