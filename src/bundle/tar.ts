// Writes tar headers: ustar, with a PAX record in front where something does not fit. Entries differ in name, type, size and mode
// only: all have owner 0:0 without names and one time, so that the same tree gives the same bytes.
import { formatPaxRecord } from "./pax.ts";

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

/** The size of a header, and the multiple to which everything is padded. Bytes. */
export const blockSize: number = 512;

/** Bytes at the end of an archive: two zero blocks. POSIX asks for no more, and GNU tar, bsdtar and busybox do not warn. */
export const trailerSize: number = 2 * blockSize;

/** 1 January 1980, 00:00 UTC, in seconds: the first moment that zip and FAT can hold; tools warn of 0 as implausibly old. */
const modificationTime = 315_532_800;

/** The largest size that 11 octal digits hold. */
export const maxOctalSize: number = 0o77777777777;

const encoder = new TextEncoder();

/** Zero bytes that follow a content of that size. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** The entry's header: one block, or three and more with a PAX record in front. The entry's name is taken as it is. */
export function encodeEntry(entry: TarEntry): Uint8Array {
  const { name, size, mode, target = "" } = entry;
  const fields = splitName(name);
  const records = [
    fields ? "" : formatPaxRecord("path", name),
    fits(target, 100) ? "" : formatPaxRecord("linkpath", target),
    size > maxOctalSize ? formatPaxRecord("size", String(size)) : "",
  ].join("");
  const main = encodeHeader({
    ...(fields ?? { name: asciiName(name), prefix: "" }),
    type: { file: "0", link: "1", directory: "5" }[entry.type],
    target: fits(target, 100) ? target : asciiName(target),
    size,
    mode,
  });
  if (records === "") return main;
  const body = encoder.encode(records);
  const extended = { name: "PaxHeaders/entry", prefix: "", type: "x", target: "", size: body.length, mode: 0o644 };
  const bytes = new Uint8Array(blockSize + body.length + paddingOf(body.length) + blockSize);
  bytes.set(encodeHeader(extended));
  bytes.set(body, blockSize);
  bytes.set(main, bytes.length - blockSize);
  return bytes;
}

/** The fields of a header block that entries differ in. */
export interface HeaderFields {
  readonly name: string;
  readonly prefix: string;
  readonly type: string;
  readonly target: string;
  readonly size: number;
  readonly mode: number;
}

function encodeHeader({ name, prefix, type, target, size, mode }: HeaderFields): Uint8Array {
  const bytes = new Uint8Array(blockSize);
  const put = (offset: number, ascii: string): void => {
    for (let i = 0; i < ascii.length; i++) bytes[offset + i] = ascii.charCodeAt(i);
  };
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  if (size <= maxOctalSize) put(124, octal(size, 11));
  // Base 256 beside the PAX record: readers that know only one of the two still get it right.
  else for (let at = 135, rest = size; at > 124; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  if (size > maxOctalSize) bytes[124] = 0x80;
  put(136, octal(modificationTime, 11));
  put(156, type);
  put(157, target);
  put(257, "ustar\x0000");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  put(345, prefix);
  put(148, `${octal(headerSum(bytes), 6)} `);
  return bytes;
}

/** The header's sum, its own field counted as blanks. */
export function headerSum(bytes: Uint8Array): number {
  let sum = 8 * 32;
  for (let i = 0; i < 148; i++) sum += bytes[i] as number;
  for (let i = 156; i < blockSize; i++) sum += bytes[i] as number;
  return sum;
}

/** Name and prefix in the header, or undefined when the name needs a PAX record. */
function splitName(name: string): { name: string; prefix: string } | undefined {
  if (fits(name, 100)) return { name, prefix: "" };
  const slash = name.indexOf("/", Math.max(1, name.length - 101));
  if (!fits(name, 256) || slash < 0 || slash > 155 || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function fits(text: string, limit: number): boolean {
  return text.length <= limit && /^[\x20-\x7e]*$/.test(text);
}

/** The name for the header where the PAX record holds the whole name. */
function asciiName(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "_").slice(0, 100);
}
