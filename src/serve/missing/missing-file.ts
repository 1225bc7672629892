// The list of what is missing, in a file from one run to the next.
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

/** The file of `--missing`. */
export class MissingFile {
  /** What an earlier run wrote. */
  readonly earlier: MissingList | undefined;
  readonly #path: string;
  readonly #warn: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #list: (() => MissingList) | undefined;

  /**
   * Opens the file at the path.
   * @throws KsoError `usage` when there is a file that is no such list, or when nothing can be written there.
   */
  constructor(path: string, warn: (text: string) => void) {
    try {
      accessSync(dirname(resolve(path)), constants.W_OK);
    } catch (cause) {
      // Not at the first request, when nobody looks.
      throw new KsoError("usage", `Cannot write to ${path} (--missing): ${messageOf(cause)}`, cause);
    }
    this.earlier = existsSync(path) ? parseMissingList(readText(path, "--missing", maxFileSize), path) : undefined;
    this.#path = path;
    this.#warn = warn;
  }

  /** Something changed: what `list` returns is written soon. */
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
