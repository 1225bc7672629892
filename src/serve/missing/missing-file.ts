// The file of `--missing`, which keeps the list of what is missing from one run to the next.
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { KsoError, messageOf } from "../../core/errors.ts";
import { type MissingList, parseMissingList } from "../../core/extra-artifacts.ts";
import { replaceFile } from "../../files/atomic.ts";
import { diskError } from "../../files/disk.ts";
import { readText } from "../../files/read.ts";

/** How long requests are gathered before the list is written. Milliseconds. */
const writeInterval = 1000;
/** A list is never longer. Bytes. */
const maxFileSize = 64 << 20;

/** Reads the list of an earlier run, and writes the list soon after each change. */
export class MissingFile {
  /** The list of an earlier run. */
  readonly earlier: MissingList | undefined;
  readonly #path: string;
  readonly #warn: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #list: (() => MissingList) | undefined;

  /**
   * Opens the file at the path.
   * @throws KsoError `usage` for a file that is no such list, and for a directory that cannot be written to.
   */
  constructor(path: string, warn: (text: string) => void) {
    try {
      accessSync(dirname(resolve(path)), constants.W_OK);
    } catch (cause) {
      // Fails at the start, where the operator sees it, and not at the first missing name.
      throw new KsoError("usage", `Cannot write to ${path} (--missing): ${messageOf(cause)}`, cause);
    }
    this.earlier = existsSync(path) ? parseMissingList(readText(path, "--missing", maxFileSize), path) : undefined;
    this.#path = path;
    this.#warn = warn;
  }

  /** Writes what `list` returns, within a second. */
  scheduleWrite(list: () => MissingList): void {
    this.#list = list;
    this.#timer ??= setTimeout(() => this.#write(), writeInterval);
  }

  /** Writes what is not written yet. */
  close(): void {
    if (this.#timer !== undefined) this.#write();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      if (this.#list) replaceFile(this.#path, `${JSON.stringify(this.#list(), null, 2)}\n`);
    } catch (cause) {
      this.#warn(diskError(`Cannot write ${this.#path}`, cause, "name another file with --missing").message);
    }
  }
}
