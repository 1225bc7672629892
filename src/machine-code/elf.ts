// The first 20 bytes of a program travel in, the machine it was built for travels out.

/** ELF's e_machine numbers, as the generic ABI registers them, in the words that `file` and readelf use. */
const machines: Readonly<Record<number, string>> = {
  2: "SPARC",
  3: "i386",
  8: "MIPS",
  20: "ppc",
  21: "ppc64",
  22: "s390",
  40: "ARM",
  42: "SuperH",
  43: "SPARC64",
  50: "IA-64",
  62: "x86-64",
  183: "AArch64",
  243: "RISC-V",
  247: "BPF",
  258: "LoongArch",
};

/** OCI's (and Go's) word for an architecture → the machine. */
const byArch: Readonly<Record<string, string>> = {
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

/** How many bytes of a file {@link machineOf} and {@link isProgram} need. */
export const headSize = 20;

/**
 * The machine an ELF header names: "x86-64", "AArch64", "ARM", "i386", "RISC-V 64", "ppc64le", "s390x", …, and
 * "machine 0x…" where the number is not known here; undefined when the bytes are no ELF header.
 */
export function machineOf(head: Uint8Array): string | undefined {
  const [wide, little] = [head[4] === 2, head[5] === 1];
  const elf = head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  if (!elf || head.length < headSize || !(wide || head[4] === 1) || !(little || head[5] === 2)) return undefined;
  const number = half(head, 18);
  const name = machines[number] ?? `machine 0x${number.toString(16)}`;
  if (name === "x86-64") return wide ? name : "x32";
  if (name === "AArch64" || name === "ARM" || name === "MIPS") return little ? name : `${name} big-endian`;
  if (name === "ppc64") return little ? "ppc64le" : name;
  if (name === "s390") return wide ? "s390x" : name;
  if (name === "RISC-V" || name === "LoongArch") return `${name} ${wide ? 64 : 32}`;
  return name;
}

/** True for what a processor runs: an executable or a shared library, neither an object to link nor eBPF for the kernel. */
export function isProgram(head: Uint8Array): boolean {
  const machine = machineOf(head);
  const type = half(head, 16);
  return machine !== undefined && machine !== "BPF" && (type === 2 || type === 3);
}

/** The machine's word for an OCI architecture: amd64 → "x86-64"; undefined where it is not known here. */
export function machineFor(arch: string): string | undefined {
  return Object.hasOwn(byArch, arch) ? byArch[arch] : undefined;
}

function half(head: Uint8Array, at: number): number {
  const [first, second] = [head[at] ?? 0, head[at + 1] ?? 0];
  return head[5] === 1 ? first | (second << 8) : (first << 8) | second;
}
