// Lines to a file or to stderr, many at a time, without ever making a request wait: what cannot be written soon is dropped, and
// that is told.
import { closeSync, openSync, write, writeSync } from "node:fs";
import { diskError, errorCode } from "../../files/disk.ts";

export interface LogWriter {
  add(line: string): void;
  /** Opens the file of that name anew: somebody moved it away. */
  reopen(): void;
  /** Writes what is left. */
  close(): void;
}

/** How long lines may wait for each other. Milliseconds. */
const pause = 100;
/** Lines that wait longer than the disk is slow. Characters. */
const most = 8 << 20;

/**
 * Appends to the file at the path, or writes to stderr where there is none.
 * @throws KsoError `unexpected` when the file cannot be opened.
 */
export function openLogWriter(path: string | undefined, warn: (text: string) => void): LogWriter {
  const open = (): number => {
    if (path === undefined) return 2;
    try {
      return openSync(path, "a", 0o640);
    } catch (cause) {
      throw diskError(`Cannot write to ${path}`, cause, "name another file with --access-log-file");
    }
  };
  let file = open();
  let waiting = "";
  let dropped = 0;
  let busy = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failed = false;

  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, pause);
  };
  const complain = (cause: unknown): void => {
    // Once, until it works again.
    if (!failed) warn(diskError("Cannot write the access log", cause).message);
    failed = true;
  };
  const flush = (): void => {
    if (busy || waiting === "") return;
    busy = true;
    const bytes = Buffer.from(waiting);
    waiting = "";
    put(bytes, 0);
  };
  const put = (bytes: Buffer, from: number): void =>
    write(file, bytes, from, bytes.length - from, null, (cause, written) => {
      if (!cause) failed = false;
      // A pipe that nobody reads is full for a while.
      else if (errorCode(cause) === "EAGAIN") return void setTimeout(() => put(bytes, from), pause);
      else complain(cause);
      if (!cause && from + written < bytes.length) return put(bytes, from + written);
      busy = false;
      if (waiting !== "") later();
    });
  return {
    add(line) {
      if (waiting.length > most) {
        dropped++;
        return;
      }
      if (dropped > 0) {
        warn(`the access log is behind: ${dropped} lines were dropped`);
        dropped = 0;
      }
      waiting += `${line}\n`;
      if (waiting.length > 1 << 16) flush();
      else later();
    },
    reopen() {
      if (path === undefined) return;
      const old = file;
      try {
        file = open();
      } catch (cause) {
        return complain(cause);
      }
      // Bytes on their way still go to the old one.
      setTimeout(() => closeSync(old), 10 * pause);
    },
    close() {
      clearTimeout(timer);
      try {
        if (waiting !== "") writeSync(file, waiting);
        waiting = "";
      } catch (cause) {
        complain(cause);
      }
    },
  };
}
