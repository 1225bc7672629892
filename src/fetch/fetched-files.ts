// The files that a fetch writes: the lock, or beside it failures.json. What kso did not write is not replaced unasked, and what a lock said
// before is kept where the new one says less.
import { Buffer } from "node:buffer";
import { rmSync } from "node:fs";
import { lockMark } from "../bundle/lock.ts";
import { checkedLock } from "../bundle/read-back.ts";
import { formatCounts } from "../core/counts.ts";
import { formatLock, type Lock } from "../core/lock.ts";
import { failuresBeside } from "../files/apart.ts";
import { writeAtomic } from "../files/atomic.ts";
import { assertReplaceable, isFilled, isForeign, keeping, keptAs, keptSentence } from "../files/foreign.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { FetchFailure } from "./options.ts";

/** How a failures.json of kso's begins. */
const failuresMark = /^\[\s*\{\s*"kind": "(file|image)",\s*"artifact":/;

/** A lock, and what could not be fetched for it. */
export class FetchedFiles {
  readonly #lockPath: string;
  readonly #failuresPath: string;
  /** Files that kso did not write and the user lets go. */
  readonly #foreign: readonly string[];

  /** @throws KsoError `usage` for a file in the way that kso did not write, unless `force` lets it go. */
  constructor(lockPath: string, force: boolean) {
    this.#lockPath = lockPath;
    this.#failuresPath = failuresBeside(lockPath);
    this.#foreign = [
      ...(isForeign(lockPath, lockMark) ? [lockPath] : []),
      ...(isForeign(this.#failuresPath, failuresMark) ? [this.#failuresPath] : []),
    ];
    assertReplaceable(this.#foreign, force);
  }

  /** Writes failures.json; returns its path. */
  async writeFailures(failures: readonly FetchFailure[]): Promise<string> {
    await this.#write(this.#failuresPath, `${JSON.stringify(failures, null, 2)}\n`);
    return this.#failuresPath;
  }

  /** Writes the lock, and removes the failures of an earlier run. @returns what there is to say about files that were there. */
  async writeLock(lock: Lock, replaced: Lock | undefined): Promise<string[]> {
    const path = this.#lockPath;
    const dropped = replaced && droppedFrom(replaced, lock);
    const copy = dropped === undefined ? undefined : await keepLock(path, formatLock(replaced as Lock));
    const kept = await this.#write(path, checkedLock(lock, path));
    if (isFilled(this.#failuresPath) && !this.#foreign.includes(this.#failuresPath)) rmSync(this.#failuresPath);
    if (dropped === undefined) return kept;
    const what = `${path} no longer has ${dropped} that it had: as it was, it is ${copy}`;
    return [...kept, `${what}; name a lock for each bundle with --lock`];
  }

  async #write(path: string, text: string): Promise<string[]> {
    const foreign = this.#foreign.filter((other) => other === path);
    await keeping(foreign, () => writeAtomic(path, text));
    return foreign.map(keptSentence);
  }
}

/** Keeps a lock beside its place, under the first name that nothing else has: `NAME.bak`, `NAME.bak.1`. @returns the name. */
async function keepLock(path: string, text: string): Promise<string> {
  const size = Buffer.byteLength(text);
  for (let number = 0; ; number++) {
    const copy = number === 0 ? keptAs(path) : `${keptAs(path)}.${number}`;
    const there = statsAt(copy);
    if (!there) await writeAtomic(copy, text);
    const isSame = there?.isFile() && there.size === size && readText(copy, "--lock", size) === text;
    if (!there || isSame) return copy;
  }
}

/** What a lock has that another one lacks, in words; undefined for nothing. */
function droppedFrom(replaced: Lock, lock: Lock): string | undefined {
  const names = new Set([...lock.files.map(({ path }) => path), ...lock.images.map(({ image }) => image)]);
  const counts = {
    files: replaced.files.filter(({ path }) => !names.has(path)).length,
    images: replaced.images.filter(({ image }) => !names.has(image)).length,
  };
  return counts.files + counts.images === 0 ? undefined : formatCounts(counts);
}
