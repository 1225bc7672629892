// Tar headers: ustar, with a PAX record in front where something does not fit. In travel names and sizes, out travel
// header bytes, and back. Content never passes through here: whoever reads or writes it knows where it lies.
// Every entry has mode and size only: owner 0:0 without names, and one time for all, so that the same tree gives the same bytes.
import { KsoError } from "../core/errors.ts";
import { faultOf, quoted } from "./name.ts";
import { parseRecords, record } from "./pax.ts";
import { startTree } from "./tree.ts";

/** One entry. */
export interface TarEntry {
  /** Relative, with forward slashes; a directory's ends with one. */
  readonly name: string;
  readonly type: "file" | "link" | "directory";
  /** Bytes of content; 0 for links and directories. */
  readonly size: number;
  readonly mode: number;
  /** For a hard link: the name it leads to. */
  readonly target?: string;
}

/** Bytes of a header, and what everything is padded to. */
const block = 512;

/** Bytes at the end of an archive: two zero blocks. POSIX asks for no more, and GNU tar, bsdtar and busybox read it without a word. */
export const trailer: number = 2 * block;

/** 1 January 1980, 00:00 UTC, in seconds: the first moment that zip and FAT can hold; tools warn of 0 as implausibly old. */
const time = 315_532_800;

/** The largest size that 11 octal digits hold. */
const largest = 0o77777777777;

/** Limits of what is read: entries, bytes of one PAX record, zero bytes behind the end. */
const limits = { entries: 100_000, records: 1 << 16, tail: 1 << 20 };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Zero bytes that follow a content of that size. */
export function paddingOf(size: number): number {
  return (block - (size % block)) % block;
}

/** The entry's header: one block, or three and more with a PAX record in front. The entry's name is taken as it is. */
export function encodeEntry(entry: TarEntry): Uint8Array {
  const { name, size, mode, target = "" } = entry;
  const place = placeOf(name);
  const records = [
    place ? "" : record("path", name),
    fits(target, 100) ? "" : record("linkpath", target),
    size > largest ? record("size", String(size)) : "",
  ].join("");
  const main = header({
    ...(place ?? { name: plain(name), prefix: "" }),
    type: { file: "0", link: "1", directory: "5" }[entry.type],
    target: fits(target, 100) ? target : plain(target),
    size,
    mode,
  });
  if (records === "") return main;
  const body = encoder.encode(records);
  const extended = { name: "PaxHeaders/entry", prefix: "", type: "x", target: "", size: body.length, mode: 0o644 };
  const bytes = new Uint8Array(block + body.length + paddingOf(body.length) + block);
  bytes.set(header(extended));
  bytes.set(body, block);
  bytes.set(main, bytes.length - block);
  return bytes;
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly type: string;
  readonly target: string;
  readonly size: number;
  readonly mode: number;
}

function header({ name, prefix, type, target, size, mode }: Fields): Uint8Array {
  const bytes = new Uint8Array(block);
  const put = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  if (size <= largest) put(124, octal(size, 11));
  // Base 256 beside the PAX record: readers that know only one of the two still get it right.
  else for (let at = 135, rest = size; at > 124; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  if (size > largest) bytes[124] = 0x80;
  put(136, octal(time, 11));
  put(156, type);
  put(157, target);
  put(257, "ustar\x0000");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  put(345, prefix);
  put(148, `${octal(sumOf(bytes, 0), 6)} `);
  return bytes;
}

/** The header's sum, its own field counted as blanks. */
function sumOf(bytes: Uint8Array, at: number): number {
  let sum = 8 * 32;
  for (let i = 0; i < 148; i++) sum += bytes[at + i] as number;
  for (let i = 156; i < block; i++) sum += bytes[at + i] as number;
  return sum;
}

/** Name and prefix in the header, or undefined when the name needs a PAX record. */
function placeOf(name: string): { name: string; prefix: string } | undefined {
  if (fits(name, 100)) return { name, prefix: "" };
  const slash = name.indexOf("/", Math.max(1, name.length - 101));
  if (!fits(name, 256) || slash < 0 || slash > 155 || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function fits(text: string, limit: number): boolean {
  return text.length <= limit && /^[\x20-\x7e]*$/.test(text);
}

/** What stands in the header where the PAX record has the truth. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "_").slice(0, 100);
}

/**
 * The entries of an archive of `size` bytes, in order; `read` gives exactly the bytes asked for, and content is skipped.
 * `offset` is where an entry's content starts. At most `most` entries are read.
 * @throws KsoError `verify` naming the offset and the entry, on anything that another reader could understand otherwise.
 */
export function* readEntries(
  read: (offset: number, length: number) => Uint8Array,
  size: number,
  most: number = limits.entries,
): Generator<TarEntry & { readonly offset: number }> {
  const tree = startTree();
  let records: ReadonlyMap<string, string> | undefined;
  let entries = 0;
  // Bytes between the last content and the next header: they are read along with it.
  let padding = 0;
  for (let at = 0; ; ) {
    if (at + padding + block > size) throw refusal(at, undefined, "the archive is cut off: its end is missing");
    const bytes = read(at, padding + block);
    if (bytes.length !== padding + block) throw refusal(at, undefined, "the archive is cut off while it is read");
    if (!isZero(bytes, 0, padding)) throw refusal(at, undefined, "there are bytes between two entries");
    at += padding;
    const head = bytes.subarray(padding);
    if (head[0] === 0 && isZero(head, 0, block)) {
      if (records) throw refusal(at, undefined, "the archive ends after a PAX record");
      return checkEnd(read, at, size);
    }
    const fields = parse(head, at);
    const start = at + block;
    if (fields.type === "x") {
      if (records) throw refusal(at, fields.name, "two PAX records follow each other");
      if (fields.size > limits.records) throw refusal(at, fields.name, `a PAX record of ${fields.size} bytes`);
      if (fields.size > size - start) throw refusal(at, fields.name, "the archive is cut off: its end is missing");
      const body = read(start, fields.size);
      if (body.length !== fields.size) throw refusal(at, fields.name, "the archive is cut off while it is read");
      const parsed = parseRecords(body);
      if (typeof parsed === "string") throw refusal(at, fields.name, parsed);
      records = parsed;
      at = start + fields.size;
      padding = paddingOf(fields.size);
      continue;
    }
    if (++entries > most) throw refusal(at, undefined, `the archive has more than ${most} entries`);
    const entry = entryOf(fields, records, at);
    records = undefined;
    if (entry.size > size - start) {
      throw refusal(at, entry.name, `its ${entry.size} bytes do not fit into the archive`);
    }
    const fault = tree.add(entry);
    if (fault) throw refusal(at, entry.name, fault);
    yield { ...entry, offset: start };
    at = start + entry.size;
    padding = paddingOf(entry.size);
  }
}

function refusal(at: number, name: string | undefined, reason: string): KsoError {
  return new KsoError(
    "verify",
    `Cannot read the archive: at byte ${at}${name === undefined ? "" : `, ${quoted(name)}`}: ${reason}`,
  );
}

/** All that follows the first zero block must be zero, one block at least and no more than a tape's record. */
function checkEnd(read: (offset: number, length: number) => Uint8Array, at: number, size: number): void {
  if (size - at < trailer) throw refusal(at, undefined, "the archive is cut off: its end is missing");
  if (size - at > limits.tail) throw refusal(at, undefined, `${size - at} bytes follow the end of the archive`);
  const rest = read(at, size - at);
  if (rest.length !== size - at) throw refusal(at, undefined, "the archive is cut off while it is read");
  if (!isZero(rest, 0, rest.length)) throw refusal(at, undefined, "something follows the end of the archive");
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The fields of a header whose sum is right. */
function parse(head: Uint8Array, at: number): Fields {
  if (numberOf(head, 148, 8) !== sumOf(head, 0)) {
    throw refusal(at, undefined, at === 0 ? "it is not a tar archive" : "a header's checksum is wrong");
  }
  const magic = latin(head, 257, 6);
  if (magic !== "ustar" && magic !== "ustar ") throw refusal(at, undefined, "a header is neither ustar nor GNU tar's");
  // GNU tar keeps times where POSIX has the prefix.
  const prefix = magic === "ustar" ? text(head, 345, 155, at) : "";
  const name = text(head, 0, 100, at);
  const size = numberOf(head, 124, 12);
  const mode = numberOf(head, 100, 8);
  if (size === undefined) throw refusal(at, name, "its size is not a number");
  if (mode === undefined || mode > 0o7777) throw refusal(at, name, "its mode is not a number");
  return { name, prefix, type: latin(head, 156, 1) || "0", target: text(head, 157, 100, at), size, mode };
}

/** A field up to its first zero byte. */
function latin(head: Uint8Array, at: number, length: number): string {
  let result = "";
  for (let i = at; i < at + length && head[i] !== 0; i++) result += String.fromCharCode(head[i] as number);
  return result;
}

function text(head: Uint8Array, at: number, length: number, offset: number): string {
  const zero = head.subarray(at, at + length).indexOf(0);
  try {
    return zero === 0 ? "" : decoder.decode(head.subarray(at, zero < 0 ? at + length : at + zero));
  } catch {
    throw refusal(offset, undefined, "a name is not UTF-8");
  }
}

/** A number in octal digits, or in base 256; undefined when it is neither, negative, or too large to be exact. */
function numberOf(head: Uint8Array, at: number, length: number): number | undefined {
  let value = 0;
  if (head[at] === 0x80) {
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (head[i] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  let i = at;
  const end = at + length;
  while (i < end && head[i] === 0x20) i++;
  const first = i;
  for (; i < end && (head[i] as number) >= 0x30 && (head[i] as number) <= 0x37; i++)
    value = value * 8 + (head[i] as number) - 0x30;
  if (i === first) return undefined;
  for (; i < end; i++) if (head[i] !== 0 && head[i] !== 0x20) return undefined;
  return value;
}

function entryOf(fields: Fields, records: ReadonlyMap<string, string> | undefined, at: number): TarEntry {
  const name = records?.get("path") ?? (fields.prefix === "" ? fields.name : `${fields.prefix}/${fields.name}`);
  const refuse = (reason: string): KsoError => refusal(at, name, reason);
  const { mode } = fields;
  const target = records?.get("linkpath") ?? fields.target;
  let { size } = fields;
  const said = records?.get("size");
  if (said !== undefined) {
    if (!/^\d{1,16}$/.test(said)) throw refuse("its size is not a number");
    // Only where the header cannot hold it: elsewhere a reader without PAX would take content for headers.
    if (size !== Number(said) && !(size === 0 && Number(said) > largest)) throw refuse("it has two sizes");
    size = Number(said);
    if (!Number.isSafeInteger(size)) throw refuse("its size is not a number");
  }
  const type = ({ "0": "file", "1": "link", "5": "directory" } as const)[fields.type];
  if (!type) throw refuse(`it is of the unknown type ${quoted(fields.type)}`);
  const fault = faultOf(type === "directory" && name.endsWith("/") ? name.slice(0, -1) : name);
  if (fault) throw refuse(fault);
  if (type === "file") {
    if (target !== "") throw refuse("it is a file and leads elsewhere");
    return { name, type, size, mode };
  }
  if (size !== 0) throw refuse(`it is a ${type} and has content`);
  if (type === "directory") {
    if (target !== "") throw refuse("it is a directory and leads elsewhere");
    return { name: name.endsWith("/") ? name : `${name}/`, type, size, mode };
  }
  const wrong = faultOf(target);
  if (wrong) throw refuse(`it leads to ${quoted(target)}: ${wrong}`);
  if (target === name) throw refuse("it leads to itself");
  return { name, type, size, mode, target };
}
