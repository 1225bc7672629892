// A tar archive travels in as a stream, its entries travel out one by one: ustar, GNU and PAX, names and sizes of any length.
import { Reader } from "./reader.ts";

/** What an entry is; everything that has no content of its own and is no link is "other". */
export type MemberType = "file" | "directory" | "symlink" | "hardlink" | "other";

export interface TarMember {
  /** As the archive writes it. */
  readonly name: string;
  readonly type: MemberType;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** The permission bits. */
  readonly mode: number;
  /** Where a link points to. */
  readonly link: string;
  /** The content. What is not read of it is passed over. */
  readonly body: Reader;
}

/** The largest PAX or GNU header that is read, in bytes: names are far shorter, and headers are kept in memory. */
const longest = 1024 * 1024;
const block = 512;
const types: Readonly<Record<string, MemberType>> = {
  ...{ "0": "file", "\0": "file", "7": "file", S: "file" },
  ...{ "1": "hardlink", "2": "symlink", "5": "directory" },
};
const decoder = new TextDecoder();

/** True when the 512 bytes are a tar header: its checksum says so, which also knows archives older than ustar. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < block) return false;
  let unsigned = 8 * 32;
  let signed = unsigned;
  for (let at = 0; at < block; at++) {
    if (at >= 148 && at < 156) continue;
    const byte = header[at] as number;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const said = octal(header.subarray(148, 156));
  // A block of zeros ends an archive and starts none: its sum would be 256.
  return said !== undefined && (said === unsigned || said === signed);
}

/**
 * The entries, up to the block of zeros or the end of the stream. Each is done with when the next is asked for.
 * @throws Error saying what is broken.
 */
export async function* tarMembers(reader: Reader): AsyncGenerator<TarMember> {
  let long: { path?: string; linkpath?: string; size?: number } = {};
  for (;;) {
    if ((await reader.peek(block)).length === 0) return;
    const header = await reader.read(block);
    if (header.every((byte) => byte === 0)) return;
    if (!isTarHeader(header)) throw new Error("a header's checksum is wrong");
    const flag = String.fromCharCode(header[156] as number);
    const said = number(header.subarray(124, 136));
    if (flag === "x" || flag === "L" || flag === "K" || flag === "g") {
      if (said > longest) throw new Error(`a header of ${said} bytes`);
      const content = await reader.read(said);
      await reader.skip(padding(said));
      if (flag === "x") long = { ...long, ...records(content) };
      else if (flag !== "g") long = { ...long, [flag === "L" ? "path" : "linkpath"]: text(content) };
      continue;
    }
    const type = types[flag] ?? "other";
    // Links and devices have no content whatever the field says; what is not known has as much as it says.
    const size = "123456".includes(flag) ? 0 : (long.size ?? said);
    if (flag === "S") await skipSparseMap(reader, header);
    const end = reader.position + size;
    const name = long.path ?? ustarName(header);
    const link = long.linkpath ?? text(header.subarray(157, 257));
    const mode = (octal(header.subarray(100, 108)) ?? 0) & 0o7777;
    long = {};
    const body = new Reader(reader.chunks(size));
    yield { name, type, size: type === "file" ? size : 0, mode, link, body };
    await body.close();
    await reader.skip(end - reader.position + padding(size));
  }
}

/** An old GNU sparse file: further blocks of its map follow as long as each says so. */
async function skipSparseMap(reader: Reader, header: Uint8Array): Promise<void> {
  for (let more = header[482]; more; ) more = (await reader.read(block))[504];
}

function ustarName(header: Uint8Array): string {
  const name = text(header.subarray(0, 100));
  // GNU's old format has "ustar " there and times where POSIX has the prefix.
  const posix = text(header.subarray(257, 263)) === "ustar";
  const prefix = posix ? text(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** PAX: lines of "LENGTH KEYWORD=VALUE\n", the length counting itself. */
function records(content: Uint8Array): { path?: string; linkpath?: string; size?: number } {
  const found: { path?: string; linkpath?: string; size?: number } = {};
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(decoder.decode(content.subarray(at, Math.max(at, Math.min(space, at + 10)))));
    const end = at + length;
    if (!(Number.isSafeInteger(length) && end > space && end <= content.length && content[end - 1] === 0x0a)) {
      throw new Error("a PAX header is malformed");
    }
    const equals = content.indexOf(0x3d, space);
    const keyword = decoder.decode(content.subarray(space + 1, Math.min(Math.max(equals, space + 1), space + 65)));
    const value = (): string => decoder.decode(content.subarray(equals + 1, end - 1));
    if (keyword === "path" || keyword === "linkpath") found[keyword] = value();
    if (keyword === "size") found.size = whole(Number(value()));
    at = end;
  }
  return found;
}

/** A number field: octal digits, or GNU's base-256 for what they cannot hold. */
function number(field: Uint8Array): number {
  const first = field[0] as number;
  if (first < 0x80) return whole(octal(field) ?? Number.NaN);
  let value = first & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return whole(value);
}

function octal(field: Uint8Array): number | undefined {
  const digits = text(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(`0${digits}`, 8) : undefined;
}

function whole(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error("a size that no file can have");
}

/** Up to the first NUL. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}
