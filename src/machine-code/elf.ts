// Reads the ELF header: the first 20 bytes of a program say for which machine it was built.

interface ElfHeader {
  /** 64-bit, not 32-bit. */
  readonly wide: boolean;
  readonly littleEndian: boolean;
  /** e_type: 2 is an executable, 3 a shared library. */
  readonly type: number;
  /** e_machine. */
  readonly machine: number;
}

type MachineName = string | ((header: ElfHeader) => string);

const unlessBigEndian =
  (name: string): MachineName =>
  ({ littleEndian }) =>
    littleEndian ? name : `${name} big-endian`;
const withWidth =
  (name: string): MachineName =>
  ({ wide }) =>
    `${name} ${wide ? 64 : 32}`;

/** ELF's e_machine numbers, as the generic ABI registers them, in the words that `file` and readelf use. */
const machines: Readonly<Record<number, MachineName>> = {
  2: "SPARC",
  3: "i386",
  8: unlessBigEndian("MIPS"),
  20: "ppc",
  21: ({ littleEndian }) => (littleEndian ? "ppc64le" : "ppc64"),
  22: ({ wide }) => (wide ? "s390x" : "s390"),
  40: unlessBigEndian("ARM"),
  42: "SuperH",
  43: "SPARC64",
  50: "IA-64",
  62: ({ wide }) => (wide ? "x86-64" : "x32"),
  183: unlessBigEndian("AArch64"),
  243: withWidth("RISC-V"),
  247: "BPF",
  258: withWidth("LoongArch"),
};

/** OCI's (and Go's) word for an architecture → the machine. */
const machinesByArch: Readonly<Record<string, string>> = {
  amd64: "x86-64",
  arm64: "AArch64",
  arm: "ARM",
  "386": "i386",
  ppc64le: "ppc64le",
  ppc64: "ppc64",
  s390x: "s390x",
  riscv64: "RISC-V 64",
  loong64: "LoongArch 64",
};

/** p_type of the segment that names the program which loads a program. */
const interpreterSegment = 3;

/** How many bytes of a file {@link machineOf} and {@link isProgram} need. */
export const headerSize = 20;

/**
 * The machine an ELF header names: "x86-64", "AArch64", "ARM", "i386", "RISC-V 64", "ppc64le", "s390x", …, and
 * "machine 0x…" where the number is not known here; undefined when the bytes are no ELF header.
 */
export function machineOf(bytes: Uint8Array): string | undefined {
  const header = parseHeader(bytes);
  if (!header) return undefined;
  const name = machines[header.machine] ?? `machine 0x${header.machine.toString(16)}`;
  return typeof name === "string" ? name : name(header);
}

/** True for an executable or a shared library; false for an object file and for eBPF, which the kernel runs. */
export function isProgram(bytes: Uint8Array): boolean {
  const header = parseHeader(bytes);
  return header !== undefined && machines[header.machine] !== "BPF" && (header.type === 2 || header.type === 3);
}

/** The machine of an OCI architecture: amd64 → "x86-64"; undefined where it is not known here. */
export function machineFor(arch: string): string | undefined {
  return Object.hasOwn(machinesByArch, arch) ? machinesByArch[arch] : undefined;
}

/** The program that starts a 64-bit little-endian program: `/lib/ld-musl-x86_64.so.1`; undefined where it names none in these bytes. */
export function interpreterOf(bytes: Uint8Array): string | undefined {
  const header = parseHeader(bytes);
  if (!header?.wide || !header.littleEndian || bytes.length < 64) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  for (let at = first; at < first + count * size && at + 56 <= bytes.length; at += size) {
    if (view.getUint32(at, true) !== interpreterSegment) continue;
    const [offset, length] = [Number(view.getBigUint64(at + 8, true)), Number(view.getBigUint64(at + 32, true))];
    const text = new TextDecoder().decode(bytes.subarray(offset, offset + length));
    return text.replace(/\0.*$/s, "") || undefined;
  }
  return undefined;
}

function parseHeader(bytes: Uint8Array): ElfHeader | undefined {
  if (bytes.length < headerSize || !hasMagic(bytes)) return undefined;
  const [fileClass, encoding] = [bytes[4], bytes[5]];
  if ((fileClass !== 1 && fileClass !== 2) || (encoding !== 1 && encoding !== 2)) return undefined;
  const littleEndian = encoding === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    wide: fileClass === 2,
    littleEndian,
    type: view.getUint16(16, littleEndian),
    machine: view.getUint16(18, littleEndian),
  };
}

function hasMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}
