// The directory that a registry's tree goes into. A new one is made beside its name and renamed when it is whole. One that
// kso wrote before is brought up to date in place, in an order in which each tag leads to something whole at every moment:
// blobs first, tags last.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseLock } from "../../bundle/lock.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import { abandonedIn, commitSync, removeAbandoned } from "../../files/atomic.ts";
import { outputError } from "../../files/output.ts";
import { ownerTag } from "../../files/owner.ts";
import { checkOutputDirectory } from "../archive/output.ts";

/** Says what is in the tree, and that it is kso's. */
const mark = "kso.lock.json";

export interface Place {
  /** Where files are written. */
  readonly root: string;
  /** A folder below the root for what has no name yet. */
  readonly bench: string;
  /** What is there from before. */
  readonly earlier: Lock | undefined;
  /** A folder below the root, readable for everybody. */
  folder(path: string): void;
  /** Makes the file at `path` that text. */
  text(path: string, text: string): void;
  /** All is there: gives it its name. */
  finish(lock: string): void;
  /** Takes away what has no name yet. */
  discard(): void;
}

/**
 * Can a tree be written there?
 * @returns the lock of what kso wrote there before.
 * @throws KsoError `usage` when something else is there.
 */
export function checkPlace(output: string): Lock | undefined {
  checkOutputDirectory(output);
  const names = existsSync(output) ? readdirSync(output).filter((name) => !isBench(name)) : [];
  if (names.length === 0) return undefined;
  if (!names.includes(mark))
    throw new KsoError(
      "usage",
      `Cannot write to ${output}: it is not empty and no registry that kso wrote; name a new directory with -o`,
    );
  return parseLock(readFileSync(join(output, mark), "utf8"), join(output, mark));
}

/** @throws KsoError `usage` as {@link checkPlace} does, `unexpected` when the disk refuses. */
export function openPlace(output: string): Place {
  const earlier = checkPlace(output);
  const target = existsSync(output) ? realpathSync(output) : resolve(output);
  const tag = ownerTag();
  const root = earlier ? target : join(dirname(target), `.${basename(target)}.kso-${tag}`);
  const bench = join(root, `.kso-${tag}`);
  const known = new Set<string>([root]);
  const make = (path: string): void => {
    if (known.has(path)) return;
    known.add(path);
    make(dirname(path));
    if (existsSync(path)) return;
    mkdirSync(path);
    // Whatever the umask says: the registry may be another user.
    chmodSync(path, 0o755);
  };
  const text = (path: string, content: string): void => {
    const full = join(root, path);
    if (existsSync(full) && readFileSync(full, "utf8") === content) return;
    make(dirname(full));
    commitSync({ staging: join(bench, "text"), path: full, mode: 0o644 }, content);
  };
  try {
    if (!earlier) {
      mkdirSync(dirname(target), { recursive: true });
      adopt(dirname(target), root, `.${basename(target)}.kso-`);
      mkdirSync(root, { recursive: true });
      chmodSync(root, 0o755);
    }
    removeAbandoned(root, ".kso-");
    mkdirSync(bench);
  } catch (cause) {
    throw outputError(output, cause);
  }
  return {
    ...{ root, bench, earlier, text },
    folder: (path) => make(join(root, path)),
    finish(lock) {
      text(mark, lock);
      rmSync(bench, { recursive: true });
      if (!earlier) renameSync(root, target);
    },
    discard: () => rmSync(earlier ? bench : root, { recursive: true, force: true }),
  };
}

function isBench(name: string): boolean {
  return name.startsWith(".kso-");
}

/** Goes on with the tree of a run that died. */
function adopt(folder: string, root: string, prefix: string): void {
  for (const name of abandonedIn(folder, prefix)) {
    if (existsSync(root)) rmSync(join(folder, name), { recursive: true });
    else renameSync(join(folder, name), root);
  }
}
