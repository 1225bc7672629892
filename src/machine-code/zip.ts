// Reads a zip archive as a stream, member by member. The directory at its end is not needed: each member has a header in front, and
// where that leaves out the size, the end of the compressed data is found by inflating.
import { createInflateRaw } from "node:zlib";
import { lenient, throughTransform } from "./format.ts";
import { Reader } from "./reader.ts";

/** A member of a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** The content, inflated. What is not read of it is passed over. */
  readonly body: Reader;
}

/** The header in front of a member, as APPNOTE.TXT has it (4.3.7). */
interface LocalHeader {
  readonly name: string;
  /** Of the packed data. Bytes. */
  readonly size: number;
  readonly deflated: boolean;
  /** Neither encrypted nor packed in another way than deflate. */
  readonly readable: boolean;
  /** The sizes follow the data; they may be in the header all the same. */
  readonly descriptor: boolean;
}

const headerSignature = 0x04034b50;
const descriptorSignature = 0x08074b50;
/** What may follow the last member: the directory, its end, or (encrypted archives) an extra record. */
const endSignatures: readonly number[] = [0x02014b50, 0x06054b50, 0x06064b50, 0x08064b50];
/** Small enough that no slice inflates to more than a few MiB (deflate's limit is a thousandfold). */
const sliceSize = 4096;

/**
 * The members, up to the directory. Encrypted ones, and those packed in another way than deflate, have an empty body.
 * @throws Error saying what is broken.
 */
export async function* zipMembers(reader: Reader): AsyncGenerator<ZipMember> {
  if ((await peekSignature(reader)) === descriptorSignature) await reader.skip(4);
  for (let header = await nextHeader(reader); header; header = await nextHeader(reader)) {
    if (!header.descriptor || header.size > 0) yield* memberOfSize(reader, header);
    else yield* memberOfUnknownSize(reader, header);
    if (header.descriptor) await skipDescriptor(reader);
  }
}

/** The next member's header; undefined where the members end. @throws Error where there is no header and one must be. */
async function nextHeader(reader: Reader): Promise<LocalHeader | undefined> {
  const signature = await peekSignature(reader);
  if (endSignatures.includes(signature)) return undefined;
  if (signature !== headerSignature) throw new Error("no member's header where one must be");
  const header = view(await reader.read(30));
  const field = (at: number): number => header.getUint16(at, true);
  const [flags, method] = [field(6), field(8)];
  const name = new TextDecoder().decode(await reader.read(field(26)));
  const extra = await reader.read(field(28));
  return {
    name,
    size: zip64Size(extra, header.getUint32(18, true), header.getUint32(22, true)),
    deflated: method === 8,
    readable: (flags & 1) === 0 && (method === 0 || method === 8),
    descriptor: (flags & 8) !== 0,
  };
}

async function* memberOfSize(
  reader: Reader,
  { name, size, deflated, readable }: LocalHeader,
): AsyncGenerator<ZipMember> {
  const end = reader.position + size;
  const data = reader.chunks(readable ? size : 0);
  const body = new Reader(deflated && readable ? throughTransform(data, createInflateRaw(lenient)) : data);
  yield { name, body };
  await body.close();
  await reader.skip(end - reader.position);
}

async function* memberOfUnknownSize(
  reader: Reader,
  { name, deflated, readable }: LocalHeader,
): AsyncGenerator<ZipMember> {
  if (!readable) throw new Error(`the end of "${name.slice(0, 100)}" cannot be found`);
  const body = new Reader(deflated ? inflated(reader) : stored(reader));
  yield { name, body };
  for await (const _ of body.chunks());
}

/** Deflated data of unknown size: what the decoder did not take goes back to the reader. */
async function* inflated(reader: Reader): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw(lenient);
  const start = reader.position;
  let last: Uint8Array = new Uint8Array(0);
  async function* slices(): AsyncGenerator<Uint8Array> {
    // The data has ended when the decoder leaves bytes of a slice unused.
    while (inflate.bytesWritten === reader.position - start) {
      last = await reader.peek(sliceSize);
      if (last.length === 0) return;
      yield await reader.read(last.length);
    }
  }
  yield* throughTransform(slices(), inflate);
  const surplus = reader.position - start - inflate.bytesWritten;
  if (surplus > 0) reader.unread(last.subarray(last.length - surplus));
}

/** Stored data of unknown size ends where a descriptor follows that says this very size. */
async function* stored(reader: Reader): AsyncGenerator<Uint8Array> {
  for (let size = 0; ; ) {
    const bytes = await reader.peek(sliceSize);
    if (bytes.length < descriptorSize) throw new Error("it ends too early");
    const end = findDescriptor(bytes, size);
    const length = end ?? bytes.length - descriptorSize + 1;
    size += length;
    if (length > 0) yield await reader.read(length);
    if (end !== undefined) return;
  }
}

/** A descriptor with its signature. Bytes. */
const descriptorSize = 16;

/** Where in the bytes a descriptor says the size of all that lies before it; `before`: bytes before these. */
function findDescriptor(bytes: Uint8Array, before: number): number | undefined {
  for (let at = 0; at <= bytes.length - descriptorSize; at++) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
    const candidate = view(bytes.subarray(at));
    if (candidate.getUint32(0, true) !== descriptorSignature) continue;
    if (candidate.getUint32(8, true) === (before + at) % 2 ** 32) return at;
  }
  return undefined;
}

/** Skips the descriptor behind the data: an optional signature, CRC and both sizes, which have 8 bytes each with zip64. */
async function skipDescriptor(reader: Reader): Promise<void> {
  const marked = (await peekSignature(reader)) === descriptorSignature ? 4 : 0;
  const next = [headerSignature, ...endSignatures];
  for (const size of [marked + 12, marked + 20]) {
    const bytes = await reader.peek(size + 4);
    if (bytes.length === size + 4 && next.includes(view(bytes).getUint32(size, true))) return await reader.skip(size);
  }
  throw new Error("no member's header where one must be");
}

/** The compressed size: in the extra field where 32 bits cannot hold it, behind the other size if that is there too. */
function zip64Size(extra: Uint8Array, compressed: number, plain: number): number {
  if (compressed !== 0xffffffff) return compressed;
  const fields = view(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + fields.getUint16(at + 2, true)) {
    const value = at + 4 + (plain === 0xffffffff ? 8 : 0);
    if (fields.getUint16(at, true) === 1 && value + 8 <= extra.length) return Number(fields.getBigUint64(value, true));
  }
  throw new Error("a size is missing");
}

async function peekSignature(reader: Reader): Promise<number> {
  return view(await reader.peek(4)).getUint32(0, true);
}

function view(bytes: Uint8Array): DataView {
  // Short input reads as zeros: no signature is zero, so what follows says that something is missing.
  if (bytes.length >= 4) return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new DataView(new ArrayBuffer(4));
}
