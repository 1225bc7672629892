// Signs a program for macOS as its own linker would, by the digest of each page and nobody's name. Bun does so for arm64; on x86-64 it
// leaves the signature that its runtime had before kso was put into it, with which macOS ends the program.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const commands = { segment: 0x19, signature: 0x1d };
const magic = { signature: 0xfade0cc0, directory: 0xfade0c02 };
/** Bytes of a page that has a digest, as a power of two; of a digest; of the directory's numbers; of what is in front of it. */
const [pageBits, digestSize, directorySize, headSize] = [12, 32, 88, 20];
/** Ad hoc, and made by a linker: whoever signs it properly may replace it. */
const adHoc = 0x2_0002;
const name = "kso\0";

interface LoadCommands {
  /** Where the numbers of a segment or a signature stand. */
  readonly text: number;
  readonly linkedit: number;
  readonly signature: number;
}

/** Replaces the signature of a 64-bit program, which is at its end. @throws Error for one that has none there. */
export function signProgram(path: string): void {
  const before = readFileSync(path);
  const { text, linkedit, signature } = loadCommands(before);
  const limit = before.readUInt32LE(signature + 8);
  if (limit + before.readUInt32LE(signature + 12) !== before.length)
    throw new Error(`${path}: its signature is not at its end`);
  const pages = Math.ceil(limit / 2 ** pageBits);
  const hashes = directorySize + name.length;
  const directory = hashes + pages * digestSize;
  const bytes = Buffer.alloc(limit + headSize + directory);
  before.copy(bytes, 0, 0, limit);
  // What the program says of its own size is signed too.
  const inLinkedit = BigInt(bytes.length) - before.readBigUInt64LE(linkedit + 40);
  bytes.writeBigUInt64LE(((inLinkedit + 0x3fffn) / 0x4000n) * 0x4000n, linkedit + 32);
  bytes.writeBigUInt64LE(inLinkedit, linkedit + 48);
  bytes.writeUInt32LE(headSize + directory, signature + 12);
  numbers(bytes, limit, [magic.signature, headSize + directory, 1, 0, headSize]);
  const at = limit + headSize;
  numbers(bytes, at, [magic.directory, directory, 0x2_0400, adHoc, hashes, directorySize, 0, pages, limit]);
  // The size of a digest, its kind (SHA-256), no platform, the size of a page.
  bytes.set([digestSize, 2, 0, pageBits], at + 36);
  bytes.writeBigUInt64BE(before.readBigUInt64LE(text + 48), at + 72);
  bytes.writeBigUInt64BE(1n, at + 80);
  bytes.write(name, at + directorySize, "latin1");
  for (let page = 0; page < pages; page++) {
    const content = bytes.subarray(page * 2 ** pageBits, Math.min((page + 1) * 2 ** pageBits, limit));
    createHash("sha256")
      .update(content)
      .digest()
      .copy(bytes, at + hashes + page * digestSize);
  }
  writeFileSync(path, bytes);
}

function numbers(bytes: Buffer, at: number, values: readonly number[]): void {
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, at + index * 4);
}

function loadCommands(bytes: Buffer): LoadCommands {
  const found: { text?: number; linkedit?: number; signature?: number } = {};
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at);
    const segment = command === commands.segment ? bytes.toString("latin1", at + 8, at + 24).replace(/\0.*/s, "") : "";
    if (segment === "__TEXT") found.text = at;
    if (segment === "__LINKEDIT") found.linkedit = at;
    if (command === commands.signature) found.signature = at;
    at += bytes.readUInt32LE(at + 4);
  }
  const { text, linkedit, signature } = found;
  if (text === undefined || linkedit === undefined || signature === undefined) throw new Error("it is not signed");
  return { text, linkedit, signature };
}
