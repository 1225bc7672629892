// Writes lines to a file or to stderr, many at a time. No request ever waits for the disk: lines that cannot be written soon are
// dropped, and the operator is warned of it.
import { closeSync, constants, openSync, write, writeSync } from "node:fs";
import { diskError, errorCode } from "../../files/disk.ts";

/** How long a line waits for others before it is written. Milliseconds. */
const flushInterval = 100;
/** With more than this, lines are written at once. Characters. */
const batchSize = 1 << 16;
/** With more than this, the disk is too slow, and lines are dropped. Characters. */
const maxPending = 8 << 20;
const stderr = 2;

/** Appends lines to a file, or to stderr. */
export class LogWriter {
  readonly #path: string | undefined;
  readonly #warn: (text: string) => void;
  #file: number;
  #pending = "";
  #dropped = 0;
  #isWriting = false;
  #hasFailed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Appends to the file at the path, or to stderr where there is none.
   * @throws KsoError `usage` when the file cannot be opened.
   */
  constructor(path: string | undefined, warn: (text: string) => void) {
    this.#path = path;
    this.#warn = warn;
    this.#file = path === undefined ? stderr : openLog(path);
  }

  /** Takes a line, without its end. */
  add(line: string): void {
    if (this.#pending.length > maxPending) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      this.#warn(`the access log is behind: ${this.#dropped} lines were dropped`);
      this.#dropped = 0;
    }
    this.#pending += `${line}\n`;
    if (this.#pending.length > batchSize) this.#flush();
    else this.#schedule();
  }

  /** Opens the path again, after a log rotation moved the file away. */
  reopen(): void {
    if (this.#path === undefined) return;
    const previous = this.#file;
    try {
      this.#file = openLog(this.#path);
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    // Bytes on their way still go to the previous one.
    setTimeout(() => closeSync(previous), 10 * flushInterval);
  }

  /** Writes what is left. */
  close(): void {
    clearTimeout(this.#timer);
    try {
      if (this.#pending !== "") writeSync(this.#file, this.#pending);
      this.#pending = "";
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, flushInterval);
  }

  #flush(): void {
    if (this.#isWriting || this.#pending === "") return;
    this.#isWriting = true;
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    this.#write(bytes, 0);
  }

  #write(bytes: Buffer, from: number): void {
    write(this.#file, bytes, from, bytes.length - from, null, (cause, written) => {
      if (cause && errorCode(cause) === "EAGAIN") {
        // A pipe is full until its reader goes on.
        setTimeout(() => this.#write(bytes, from), flushInterval);
        return;
      }
      if (cause) this.#fail(cause);
      else {
        this.#hasFailed = false;
        if (from + written < bytes.length) {
          this.#write(bytes, from + written);
          return;
        }
      }
      this.#isWriting = false;
      if (this.#pending !== "") this.#schedule();
    });
  }

  /** Warns of the first failure; after a success, of the next one. */
  #fail(cause: unknown): void {
    if (!this.#hasFailed) this.#warn(diskError("Cannot write the access log", cause).message);
    this.#hasFailed = true;
  }
}

function openLog(path: string): number {
  try {
    // Without O_NONBLOCK a pipe that nobody reads would hold the start for ever.
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o640);
  } catch (cause) {
    throw diskError(`Cannot write to ${path}`, cause, "name another file with --access-log-file");
  }
}
