// Reads a tar archive as a stream, member by member: ustar, GNU and PAX, names and sizes of any length.
import { Reader } from "./reader.ts";
import { extensionOf, isExtension, type TarExtension } from "./tar-extension.ts";
import { isTarHeader, octalField, sizeField, tarBlockSize, textField } from "./tar-header.ts";

/** What a member is; everything that has no content of its own and is no link is "other". */
export type MemberType = "file" | "directory" | "symlink" | "hardlink" | "other";

/** A member of a tar archive. */
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

const types: Readonly<Record<string, MemberType>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  S: "file",
  "1": "hardlink",
  "2": "symlink",
  "5": "directory",
};

/**
 * The members, up to the block of zeros or the end of the stream. The body of one ends when the next is requested.
 * @throws Error saying what is broken.
 */
export async function* tarMembers(reader: Reader): AsyncGenerator<TarMember> {
  let extension: TarExtension = {};
  for (let header = await nextHeader(reader); header; header = await nextHeader(reader)) {
    const flag = String.fromCharCode(header[156] as number);
    const headerSize = sizeField(header.subarray(124, 136));
    if (isExtension(flag)) {
      extension = { ...extension, ...(await readExtension(reader, flag, headerSize)) };
      continue;
    }
    // Links and devices have no content, whatever the field says; members of unknown types have as much as it says.
    const bodySize = "123456".includes(flag) ? 0 : (extension.size ?? headerSize);
    if (flag === "S") await skipSparseMap(reader, header);
    const end = reader.position + bodySize + padding(bodySize);
    const body = new Reader(reader.chunks(bodySize));
    const type = types[flag] ?? "other";
    yield {
      name: extension.path ?? ustarName(header),
      type,
      size: type === "file" ? bodySize : 0,
      mode: (octalField(header.subarray(100, 108)) ?? 0) & 0o7777,
      link: extension.linkpath ?? textField(header.subarray(157, 257)),
      body,
    };
    extension = {};
    await body.close();
    await reader.skip(end - reader.position);
  }
}

/** The next header; undefined at the end of the archive. @throws Error when the block is no header. */
async function nextHeader(reader: Reader): Promise<Uint8Array | undefined> {
  if ((await reader.peek(tarBlockSize)).length === 0) return undefined;
  const header = await reader.read(tarBlockSize);
  if (header.every((byte) => byte === 0)) return undefined;
  if (!isTarHeader(header)) throw new Error("a header's checksum is wrong");
  return header;
}

/** The largest extension that is read, in bytes: names are far shorter, and extensions are kept in memory. */
const maxExtensionSize = 1024 * 1024;

async function readExtension(reader: Reader, flag: string, length: number): Promise<TarExtension> {
  if (length > maxExtensionSize) throw new Error(`a header of ${length} bytes`);
  const content = await reader.read(length);
  await reader.skip(padding(length));
  return extensionOf(flag, content);
}

/** Skips the further blocks of an old GNU sparse file's map: each block says whether another follows. */
async function skipSparseMap(reader: Reader, header: Uint8Array): Promise<void> {
  for (let continues = header[482]; continues; ) continues = (await reader.read(tarBlockSize))[504];
}

function ustarName(header: Uint8Array): string {
  const name = textField(header.subarray(0, 100));
  // GNU's old format has "ustar " there and times where POSIX has the prefix.
  const posix = textField(header.subarray(257, 263)) === "ustar";
  const prefix = posix ? textField(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function padding(length: number): number {
  return (tarBlockSize - (length % tarBlockSize)) % tarBlockSize;
}
