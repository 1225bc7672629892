// What the headers of programs say: ELF's alignments, which machine a Mach-O or PE file is for, and whether a Mach-O file is as it was
// signed (https://developer.apple.com/documentation/technotes/tn3126-inside-code-signing-hashes).
import { createHash } from "node:crypto";

export interface ExecutableHeaders {
  /** `ELF`, `Mach-O arm64`, `PE x86-64`. */
  readonly format: string;
  /** Of each part of an ELF file that is loaded. Bytes. */
  readonly alignments: readonly number[];
  /** Pages that a Mach-O file has a digest of; undefined for what is not signed. */
  readonly signedPages?: number;
  /** Those whose bytes are others than the signed ones. */
  readonly damagedPages?: number;
}

const [machineArm, machineIntel] = [0x0100000c, 0x01000007];
const commands = { signature: 0x1d };
const loadSegment = 1;
const codeDirectory = 0xfade0c02;

export function headersOf(bytes: Uint8Array): ExecutableHeaders {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === 0x7f454c46) return { format: "ELF", alignments: alignmentsOf(view) };
  if (view.getUint32(0, true) === 0xfeedfacf) return machO(bytes, view);
  const at = view.getUint32(0x3c, true);
  if (view.getUint16(0) !== 0x4d5a || view.getUint32(at) !== 0x50450000) throw new Error("it is no program");
  return { format: `PE ${view.getUint16(at + 4, true) === 0x8664 ? "x86-64" : "?"}`, alignments: [] };
}

function alignmentsOf(view: DataView): number[] {
  const [first, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  return Array.from({ length: count }, (_, index) => first + index * size)
    .filter((at) => view.getUint32(at, true) === loadSegment)
    .map((at) => Number(view.getBigUint64(at + 48, true)));
}

function machO(bytes: Uint8Array, view: DataView): ExecutableHeaders {
  const machine = view.getUint32(4, true);
  const name = machine === machineArm ? "arm64" : machine === machineIntel ? "x86-64" : "?";
  const format = `Mach-O ${name}`;
  let at = 32;
  for (let left = view.getUint32(16, true); left > 0; left--) {
    if (view.getUint32(at, true) === commands.signature)
      return { format, alignments: [], ...signature(bytes, view, view.getUint32(at + 8, true)) };
    at += view.getUint32(at + 4, true);
  }
  return { format, alignments: [] };
}

/** Compares every page with its digest. `at`: where the signature begins, whose numbers are big-endian. */
function signature(bytes: Uint8Array, view: DataView, at: number): { signedPages: number; damagedPages: number } {
  const blobs = Array.from({ length: view.getUint32(at + 8) }, (_, index) => at + view.getUint32(at + 16 + index * 8));
  const directory = blobs.find((blob) => view.getUint32(blob) === codeDirectory);
  if (directory === undefined) throw new Error("its signature has no code directory");
  const [hashes, count, limit] = [16, 28, 32].map((field) => view.getUint32(directory + field)) as [
    number,
    number,
    number,
  ];
  const [hashSize, pageSize] = [view.getUint8(directory + 36), 2 ** view.getUint8(directory + 39)];
  let damagedPages = 0;
  for (let page = 0; page < count; page++) {
    const content = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const expected = bytes.subarray(directory + hashes + page * hashSize, directory + hashes + (page + 1) * hashSize);
    const actual = createHash("sha256").update(content).digest().subarray(0, hashSize);
    if (!actual.equals(expected)) damagedPages++;
  }
  return { signedPages: count, damagedPages };
}
