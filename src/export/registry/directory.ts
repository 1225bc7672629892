// The directory that a registry's tree goes into. A new one is made as a staging directory beside its name, and renamed when
// it is whole. One that kso wrote before is updated in place, in an order in which each tag leads to something whole at every
// moment: blobs first, tags last.
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readLock } from "../../bundle/lock.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import { abandonedIn, commitSync, removeAbandoned } from "../../files/atomic.ts";
import { outputError } from "../../files/output.ts";
import { ownerTag } from "../../files/owner.ts";
import { ownText } from "../../files/read.ts";
import { checkOutputDirectory } from "../archive/output.ts";

/** The marker file: it holds the lock of what is in the tree, and shows that kso wrote it. */
const marker = "kso.lock.json";

/** What the name of a staging directory inside the tree begins with. */
const stagingPrefix = ".kso-";

/**
 * Checks that a registry's tree can be written there.
 * @returns the lock of what kso wrote there before.
 * @throws KsoError `usage` when something else is there.
 */
export function checkRegistryOutput(output: string): Lock | undefined {
  checkOutputDirectory(output);
  const names = existsSync(output) ? readdirSync(output).filter((name) => !name.startsWith(stagingPrefix)) : [];
  if (names.length === 0) return undefined;
  if (!names.includes(marker))
    throw new KsoError(
      "usage",
      `Cannot write to ${output}: it is not empty and no registry that kso wrote; name a new directory with -o`,
    );
  return readLock(join(output, marker));
}

/** A registry's tree that is being written. */
export class RegistryDirectory {
  /** The directory in which files are written. */
  readonly root: string;
  /** A directory below the root for files that have no name yet. */
  readonly staging: string;
  /** The lock of what an earlier export wrote here. */
  readonly earlier: Lock | undefined;
  readonly #target: string;
  /** Directories that exist; each is looked up once. */
  readonly #directories = new Set<string>();

  /** Opens the tree for writing. @throws KsoError `usage` as {@link checkRegistryOutput} does, and when the disk refuses. */
  constructor(output: string) {
    const tag = ownerTag();
    this.earlier = checkRegistryOutput(output);
    this.#target = existsSync(output) ? realpathSync(output) : resolve(output);
    this.root = this.earlier ? this.#target : join(dirname(this.#target), `${this.#siblingPrefix}${tag}`);
    this.staging = join(this.root, `${stagingPrefix}${tag}`);
    this.#directories.add(this.root);
    try {
      if (!this.earlier) this.#createRoot();
      removeAbandoned(this.root, stagingPrefix);
      mkdirSync(this.staging);
    } catch (cause) {
      throw outputError(output, cause);
    }
  }

  /** Makes a directory below the root that everybody can read. */
  makeDirectory(path: string): void {
    this.#makeDirectory(join(this.root, path));
  }

  /** Gives the file at that path, below the root, the text as its content. */
  writeText(path: string, text: string): void {
    const target = join(this.root, path);
    if (ownText(target) === text) return;
    this.#makeDirectory(dirname(target));
    commitSync({ staging: join(this.staging, "text"), path: target, mode: 0o644 }, text);
  }

  /** Writes the marker, and gives a new tree its name. */
  commit(lock: string): void {
    this.writeText(marker, lock);
    rmSync(this.staging, { recursive: true });
    if (!this.earlier) renameSync(this.root, this.#target);
  }

  /** Removes what has no name yet. */
  discard(): void {
    rmSync(this.earlier ? this.staging : this.root, { recursive: true, force: true });
  }

  /** What the staging name of a new tree begins with. */
  get #siblingPrefix(): string {
    return `.${basename(this.#target)}.kso-`;
  }

  #createRoot(): void {
    mkdirSync(dirname(this.#target), { recursive: true });
    this.#adoptStale();
    mkdirSync(this.root, { recursive: true });
    chmodSync(this.root, 0o755);
  }

  /** Takes over the tree that a killed run left behind, and removes any further ones. */
  #adoptStale(): void {
    const parent = dirname(this.#target);
    for (const name of abandonedIn(parent, this.#siblingPrefix)) {
      if (existsSync(this.root)) rmSync(join(parent, name), { recursive: true });
      else renameSync(join(parent, name), this.root);
    }
  }

  #makeDirectory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#directories.add(path);
    this.#makeDirectory(dirname(path));
    if (existsSync(path)) return;
    mkdirSync(path);
    // Whatever the umask is: the registry may run as another user.
    chmodSync(path, 0o755);
  }
}
