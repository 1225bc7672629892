// A zip archive travels in as a stream, its members travel out one by one. The directory at its end is not needed: each
// member has a header in front, and where that leaves out the size, the end of the compressed data is found by inflating.
import { createInflateRaw } from "node:zlib";
import { lenient, transformed } from "./format.ts";
import { Reader } from "./reader.ts";

export interface ZipMember {
  readonly name: string;
  /** The content, inflated. What is not read of it is passed over. */
  readonly body: Reader;
}

const localHeader = 0x04034b50;
const descriptor = 0x08074b50;
/** What may follow the last member: the directory, its end, or (encrypted archives) an extra record. */
const endings: readonly number[] = [0x02014b50, 0x06054b50, 0x06064b50, 0x08064b50];
/** Small enough that no slice inflates to more than a few MiB (deflate's limit is a thousandfold). */
const slice = 4096;

/**
 * The members, up to the directory. Encrypted ones, and those packed in another way than deflate, have an empty body.
 * @throws Error saying what is broken.
 */
export async function* zipMembers(reader: Reader): AsyncGenerator<ZipMember> {
  if (view(await reader.peek(4)).getUint32(0, true) === descriptor) await reader.skip(4);
  for (;;) {
    const signature = view(await reader.peek(4)).getUint32(0, true);
    if (endings.includes(signature)) return;
    if (signature !== localHeader) throw new Error("no member's header where one must be");
    const header = view(await reader.read(30));
    const field = (at: number): number => header.getUint16(at, true);
    const [flags, method] = [field(6), field(8)];
    const name = new TextDecoder().decode(await reader.read(field(26)));
    const size = zip64Size(await reader.read(field(28)), header.getUint32(18, true), header.getUint32(22, true));
    const readable = (flags & 1) === 0 && (method === 0 || method === 8);
    // With bit 3 the sizes follow the data, unless the writer knew them after all.
    if ((flags & 8) === 0 || size > 0) {
      const end = reader.position + size;
      const data = reader.chunks(readable ? size : 0);
      const body = new Reader(method === 8 && readable ? transformed(data, createInflateRaw(lenient)) : data);
      yield { name, body };
      await body.close();
      await reader.skip(end - reader.position);
      if (flags & 8) await skipDescriptor(reader);
    } else {
      if (!readable) throw new Error(`the end of "${name.slice(0, 100)}" cannot be found`);
      const body = new Reader(method === 8 ? inflated(reader) : stored(reader));
      yield { name, body };
      for await (const _ of body.chunks());
      await skipDescriptor(reader);
    }
  }
}

/** Deflated data of unknown size: what the decoder did not take goes back to the reader. */
async function* inflated(reader: Reader): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw(lenient);
  const start = reader.position;
  let last: Uint8Array = new Uint8Array(0);
  async function* slices(): AsyncGenerator<Uint8Array> {
    // It has come to its end when it leaves bytes of a slice untouched.
    while (inflate.bytesWritten === reader.position - start) {
      last = await reader.peek(slice);
      if (last.length === 0) return;
      yield await reader.read(last.length);
    }
  }
  yield* transformed(slices(), inflate);
  const surplus = reader.position - start - inflate.bytesWritten;
  if (surplus > 0) reader.unread(last.subarray(last.length - surplus));
}

/** Stored data of unknown size ends where a descriptor follows that says this very size. */
async function* stored(reader: Reader): AsyncGenerator<Uint8Array> {
  for (let size = 0; ; ) {
    const bytes = await reader.peek(slice);
    if (bytes.length < 16) throw new Error("it ends too early");
    let at = 0;
    for (; at <= bytes.length - 16; at++) {
      if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
      const here = view(bytes.subarray(at));
      const low = here.getUint32(8, true) === (size + at) % 2 ** 32;
      if (here.getUint32(0, true) === descriptor && low) break;
    }
    size += at;
    if (at > 0) yield await reader.read(at);
    if (at <= bytes.length - 16) return;
  }
}

/** After the data: CRC and both sizes, the mark in front is optional, and with zip64 the sizes have 8 bytes each. */
async function skipDescriptor(reader: Reader): Promise<void> {
  const marked = view(await reader.peek(4)).getUint32(0, true) === descriptor ? 4 : 0;
  const known = [localHeader, ...endings];
  for (const size of [marked + 12, marked + 20]) {
    const bytes = await reader.peek(size + 4);
    if (bytes.length === size + 4 && known.includes(view(bytes).getUint32(size, true))) return await reader.skip(size);
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

function view(bytes: Uint8Array): DataView {
  // Short input reads as zeros: no signature is zero, so what follows says that something is missing.
  if (bytes.length >= 4) return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new DataView(new ArrayBuffer(4));
}
