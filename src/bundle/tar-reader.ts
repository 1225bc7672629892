// Reads the entries of a tar archive, strictly: anything that another reader could understand otherwise is refused.

import { nameFault } from "../core/entry-name.ts";
import { KsoError } from "../core/errors.ts";
import { quotedName } from "../core/quote.ts";
import { EntryTree } from "./entry-tree.ts";
import { parsePaxRecords } from "./pax.ts";
import { blockSize, type HeaderFields, headerSum, maxOctalSize, paddingOf, type TarEntry, trailerSize } from "./tar.ts";

/** Limits of what is read: entries, bytes of one entry's PAX records, zero bytes behind the end. */
const limits = { entries: 100_000, records: 1 << 16, tail: 1 << 20 };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads bytes of the archive: as many as requested, or fewer where the archive ends. */
type Read = (offset: number, length: number) => Uint8Array;
type Records = ReadonlyMap<string, string>;

/**
 * Yields the entries of an archive of `size` bytes, in order; content is skipped, and `offset` is where an entry's starts. At most
 * `maxEntries` are read.
 * @throws KsoError `verify` naming the offset and the entry, on anything that another reader could understand otherwise.
 */
export function* readEntries(
  read: Read,
  size: number,
  maxEntries: number = limits.entries,
): Generator<TarEntry & { readonly offset: number }> {
  const tree = new EntryTree();
  const walk = new HeaderWalk(read, size);
  let count = 0;
  for (let header = walk.next(); header; header = walk.next()) {
    const { at, fields, records, start } = header;
    if (++count > maxEntries) throw archiveError(at, undefined, `the archive has more than ${maxEntries} entries`);
    const entry = entryOf(fields, records, at);
    if (entry.size > size - start)
      throw archiveError(at, entry.name, `its ${entry.size} bytes do not fit into the archive`);
    const fault = tree.add(entry);
    if (fault) throw archiveError(at, entry.name, fault);
    yield { ...entry, offset: start };
    walk.skip(entry.size);
  }
}

/** An entry's header, with the PAX records in front of it. */
interface EntryHeader {
  /** Where the header starts. */
  readonly at: number;
  readonly fields: HeaderFields;
  readonly records: Records | undefined;
  /** Where the content starts. */
  readonly start: number;
}

/** Goes from header to header. */
class HeaderWalk {
  readonly #read: Read;
  readonly #size: number;
  #at = 0;
  /** Bytes between the last content and the next header: they are read along with it. */
  #padding = 0;

  constructor(read: Read, size: number) {
    this.#read = read;
    this.#size = size;
  }

  /** The next entry's header; undefined at the archive's end, which is checked. */
  next(): EntryHeader | undefined {
    let records: Records | undefined;
    for (;;) {
      const head = this.#nextBlock();
      const at = this.#at;
      if (head[0] === 0 && isZero(head, 0, blockSize)) {
        if (records) throw archiveError(at, undefined, "the archive ends after a PAX record");
        checkEnd(this.#read, at, this.#size);
        return undefined;
      }
      const fields = parseHeader(head, at);
      this.#at += blockSize;
      this.#padding = 0;
      if (fields.type !== "x") return { at, fields, records, start: this.#at };
      if (records) throw archiveError(at, fields.name, "two PAX records follow each other");
      records = this.#readRecords(fields, at);
      this.skip(fields.size);
    }
  }

  /** Leaves out a content of that size. */
  skip(size: number): void {
    this.#at += size;
    this.#padding = paddingOf(size);
  }

  #nextBlock(): Uint8Array {
    const length = this.#padding + blockSize;
    if (this.#at + length > this.#size)
      throw archiveError(
        this.#at,
        undefined,
        this.#at > 0 ? "the archive is cut off: its end is missing" : "it is not a tar archive",
      );
    const bytes = this.#read(this.#at, length);
    if (bytes.length !== length) throw archiveError(this.#at, undefined, "the archive is cut off while it is read");
    if (!isZero(bytes, 0, this.#padding))
      throw archiveError(this.#at, undefined, "there are bytes between two entries");
    this.#at += this.#padding;
    return bytes.subarray(this.#padding);
  }

  #readRecords({ name, size }: HeaderFields, at: number): Records {
    if (size > limits.records) throw archiveError(at, name, `a PAX record of ${size} bytes`);
    if (size > this.#size - this.#at) throw archiveError(at, name, "the archive is cut off: its end is missing");
    const body = this.#read(this.#at, size);
    if (body.length !== size) throw archiveError(at, name, "the archive is cut off while it is read");
    const records = parsePaxRecords(body);
    if (typeof records === "string") throw archiveError(at, name, records);
    return records;
  }
}

function archiveError(at: number, name: string | undefined, reason: string): KsoError {
  return new KsoError(
    "verify",
    `Cannot read the archive: at byte ${at}${name === undefined ? "" : `, ${quotedName(name)}`}: ${reason}`,
  );
}

/** All that follows the first zero block must be zero, one block at least and no more than a tape's record. */
function checkEnd(read: Read, at: number, size: number): void {
  if (size - at < trailerSize) throw archiveError(at, undefined, "the archive is cut off: its end is missing");
  if (size - at > limits.tail) throw archiveError(at, undefined, `${size - at} bytes follow the end of the archive`);
  const end = read(at, size - at);
  if (end.length !== size - at) throw archiveError(at, undefined, "the archive is cut off while it is read");
  if (!isZero(end, 0, end.length)) throw archiveError(at, undefined, "something follows the end of the archive");
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The fields of a header whose sum is right. */
function parseHeader(head: Uint8Array, at: number): HeaderFields {
  if (numberField(head, 148, 8) !== headerSum(head)) {
    throw archiveError(at, undefined, at === 0 ? "it is not a tar archive" : "a header's checksum is wrong");
  }
  const magic = latin1Field(head, 257, 6);
  if (magic !== "ustar" && magic !== "ustar ")
    throw archiveError(at, undefined, "a header is neither ustar nor GNU tar's");
  // GNU tar keeps times where POSIX has the prefix.
  const prefix = magic === "ustar" ? utf8Field(head, 345, 155, at) : "";
  const name = utf8Field(head, 0, 100, at);
  const size = numberField(head, 124, 12);
  const mode = numberField(head, 100, 8);
  if (size === undefined) throw archiveError(at, name, "its size is not a number");
  if (mode === undefined || mode > 0o7777) throw archiveError(at, name, "its mode is not a number");
  return { name, prefix, type: latin1Field(head, 156, 1) || "0", target: utf8Field(head, 157, 100, at), size, mode };
}

/** A Latin-1 field up to its first zero byte. */
function latin1Field(head: Uint8Array, at: number, length: number): string {
  let result = "";
  for (let i = at; i < at + length && head[i] !== 0; i++) result += String.fromCharCode(head[i] as number);
  return result;
}

/** A UTF-8 field up to its first zero byte; `headerAt` is where the header starts, for the message. */
function utf8Field(head: Uint8Array, at: number, length: number, headerAt: number): string {
  const zero = head.subarray(at, at + length).indexOf(0);
  try {
    return zero === 0 ? "" : decoder.decode(head.subarray(at, zero < 0 ? at + length : at + zero));
  } catch {
    throw archiveError(headerAt, undefined, "a name is not UTF-8");
  }
}

/** A number in octal digits, or in base 256; undefined when it is neither, negative, or too large to be exact. */
function numberField(head: Uint8Array, at: number, length: number): number | undefined {
  const end = at + length;
  if (head[at] === 0x80) {
    let value = 0;
    for (let i = at + 1; i < end; i++) value = value * 256 + (head[i] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  // Blanks in front, digits, then zero bytes or blanks.
  const match = /^ *([0-7]+)[\0 ]*$/.exec(String.fromCharCode(...head.subarray(at, end)));
  return match ? Number.parseInt(match[1] as string, 8) : undefined;
}

/** The entry that header and records describe. @throws KsoError `verify` where the two contradict each other. */
function entryOf(fields: HeaderFields, records: Records | undefined, at: number): TarEntry {
  const path = fields.prefix === "" ? fields.name : `${fields.prefix}/${fields.name}`;
  const name = records?.get("path") ?? path;
  const refuse = (reason: string): never => {
    throw archiveError(at, name, reason);
  };
  const { mode } = fields;
  const target = records?.get("linkpath") ?? fields.target;
  const size = sizeOf(fields.size, records?.get("size"), refuse);
  const type = ({ "0": "file", "1": "link", "5": "directory" } as const)[fields.type];
  if (!type) return refuse(`it is of the unknown type ${quotedName(fields.type)}`);
  const directory = name.endsWith("/") ? name : `${name}/`;
  const fault = nameFault(type === "directory" ? directory.slice(0, -1) : name);
  if (fault) refuse(fault);
  if (type !== "file" && size !== 0) refuse(`it is a ${type} and has content`);
  if (type === "link") {
    checkTarget(name, target, refuse);
    return { name, type, size, mode, target };
  }
  if (target !== "") refuse(`it is a ${type} and leads elsewhere`);
  return { name: type === "directory" ? directory : name, type, size, mode };
}

function checkTarget(name: string, target: string, refuse: (reason: string) => never): void {
  const fault = nameFault(target);
  if (fault) refuse(`it leads to ${quotedName(target)}: ${fault}`);
  if (target === name) refuse("it leads to itself");
}

/** The size of a content, by the header and by the PAX record where there is one. */
function sizeOf(inHeader: number, inRecord: string | undefined, refuse: (reason: string) => never): number {
  if (inRecord === undefined) return inHeader;
  if (!/^\d{1,16}$/.test(inRecord)) refuse("its size is not a number");
  const size = Number(inRecord);
  // Only where the header cannot hold it: elsewhere a reader without PAX would take content for headers.
  if (inHeader !== size && !(inHeader === 0 && size > maxOctalSize)) refuse("it has two sizes");
  if (!Number.isSafeInteger(size)) refuse("its size is not a number");
  return size;
}
