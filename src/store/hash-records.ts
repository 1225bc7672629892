// The stamps that blobs had when they were hashed: one file, to which each process appends a line a blob, and which is read once. What it
// lacks or says wrongly costs a hashing and nothing else, so it is not flushed, and a line that a kill or another machine tore is skipped.
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { replaceFile } from "../files/atomic.ts";
import { ownText } from "../files/read.ts";
import type { Stamp } from "../files/stamp.ts";

/** A larger file is none of ours: a store of a million blobs has a smaller one. Bytes. */
const maxSize = 256 << 20;

/** So many lines that later ones replaced may stay in the file. */
const maxReplaced = 1000;

const linePattern = /^([0-9a-f]{64}) (\d+ \d+ -?\d+ -?\d+)$/;

/** The records of a store. */
export class HashRecords {
  readonly #path: string;
  #stamps: Map<string, Stamp> | undefined;
  /** Does the file end in the middle of a line? */
  #isTorn = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The stamp that the blob with these hex digits had when it was hashed. */
  stampOf(hex: string): Stamp | undefined {
    return this.#loaded().get(hex);
  }

  /** Records the stamp of a blob that was hashed. */
  add(hex: string, stamp: Stamp): void {
    const stamps = this.#loaded();
    if (stamps.get(hex) === stamp) return;
    stamps.set(hex, stamp);
    this.#write(() => {
      append(this.#path, `${this.#isTorn ? "\n" : ""}${hex} ${stamp}\n`);
      this.#isTorn = false;
    });
  }

  /** Writes the file anew, with one line for each of these blobs that has a record. */
  keep(hexes: Iterable<string>): void {
    const stamps = this.#loaded();
    this.#stamps = new Map([...hexes].flatMap((hex) => (stamps.has(hex) ? [[hex, stamps.get(hex) as Stamp]] : [])));
    this.#rewrite(this.#stamps);
  }

  #loaded(): Map<string, Stamp> {
    this.#stamps ??= this.#read();
    return this.#stamps;
  }

  #read(): Map<string, Stamp> {
    const stamps = new Map<string, Stamp>();
    const text = this.#text();
    if (text === "") return stamps;
    const lines = text.split("\n");
    this.#isTorn = lines.pop() !== "";
    for (const line of lines) {
      const [, hex, stamp] = linePattern.exec(line) ?? [];
      if (hex !== undefined) stamps.set(hex, stamp as Stamp);
    }
    if (lines.length > 2 * stamps.size + maxReplaced) this.#rewrite(stamps);
    return stamps;
  }

  #text(): string {
    return ownText(this.#path, maxSize) ?? ""; // everything is hashed again
  }

  #rewrite(stamps: ReadonlyMap<string, Stamp>): void {
    const text = [...stamps].map(([hex, stamp]) => `${hex} ${stamp}\n`).join("");
    this.#write(() => replaceFile(this.#path, text));
    this.#isTorn = false;
  }

  /** A store that cannot be written to, or has no room, is hashed again the next time. */
  #write(action: () => void): void {
    try {
      action();
    } catch {
      // What is recorded in this process counts as long as it runs.
    }
  }
}

/** Appends in one write, which two processes cannot mix up; never waits for a pipe, and follows no link. */
function append(path: string, line: string): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  const file = openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY, 0o644);
  try {
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}
