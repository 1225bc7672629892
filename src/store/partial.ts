// Who owns a partial download: `partial/<key>.<owner>`, with a note of the server's version beside it. A process that dies leaves
// both, and the next one goes on where it stopped. Only its owner writes to a partial file, so claiming one is a rename.
import { copyFileSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { diskError, errorCode } from "../files/disk.ts";
import { isAlive } from "../files/owner.ts";
import { noteOf, PartialDownload, type PartialOptions, removePartial, staleAfter } from "./partial-download.ts";

/** Which partial file is claimed, and for whom. */
export interface PartialClaim {
  readonly folder: string;
  readonly key: string;
  /** The claimant's owner tag. */
  readonly owner: string;
}

/**
 * Claims the partial file of a key: a new one, or what a dead process left.
 * @returns undefined while another process is at work on it.
 * @throws KsoError `usage` where the folder cannot be written.
 */
export function claimPartial(
  { folder, key, owner }: PartialClaim,
  options: PartialOptions,
): PartialDownload | undefined {
  const path = join(folder, `${key}.${owner}`);
  const others = (): string[] => ownersOf(folder, key).filter((other) => other !== owner);
  if (others().some((other) => isOwned(folder, key, other))) return undefined;
  for (const other of others()) inherit(join(folder, `${key}.${other}`), path, isAlive(other) === false);
  const partial = open(folder, path, options);
  // Two that began in the same moment see one another now; the first by name goes on.
  if (others().some((other) => other < owner && isOwned(folder, key, other))) {
    partial.discard();
    return undefined;
  }
  return partial;
}

function open(folder: string, path: string, options: PartialOptions): PartialDownload {
  try {
    return new PartialDownload(path, options);
  } catch (cause) {
    throw diskError(`Cannot write to the store ${folder}`, cause, "name another one with --store");
  }
}

function ownersOf(folder: string, key: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${key}.`) && !name.endsWith(".json"))
    .map((name) => name.slice(key.length + 1));
}

/** Is its owner at work: alive, or not known to be dead and not silent for long? */
function isOwned(folder: string, key: string, owner: string): boolean {
  const alive = isAlive(owner);
  if (alive !== undefined) return alive;
  try {
    return Date.now() - statSync(join(folder, `${key}.${owner}`)).mtimeMs < staleAfter;
  } catch {
    return false;
  }
}

/** Takes over what another owner left. One that cannot be seen may still hold the file open: it keeps its own copy. */
function inherit(from: string, to: string, dead: boolean): void {
  const take = dead ? renameSync : copyFileSync;
  try {
    take(noteOf(from), noteOf(to));
    take(from, to);
  } catch (cause) {
    // Bytes without a note are of an unknown version, and are removed; or another process has taken both.
    if (errorCode(cause) !== "ENOENT") throw cause;
  }
  removePartial(from);
}
