// Programs of a few bytes and archives around them, made in memory: no tool is needed to run a test.
import { crc32, deflateRawSync } from "node:zlib";

export const machines = { amd64: 62, arm64: 183, "386": 3, arm: 40, s390x: 22, bpf: 247 } as const;

/** An ELF header, 64 bits and little-endian unless said otherwise, and `size` bytes of something behind it. */
export function elf(
  machine: keyof typeof machines | number,
  { type = 2, bits = 64, big = false, size = 64 }: { type?: number; bits?: number; big?: boolean; size?: number } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size).map((_, at) => (at * 7) & 0xff);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, big ? 2 : 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, type, !big);
  view.setUint16(18, typeof machine === "number" ? machine : machines[machine], !big);
  return bytes;
}

export interface Member {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** ustar's type flag: "0" a file, "1" a hard link, "2" a symbolic link, "5" a directory, "x" and "L" headers. */
  readonly flag?: string;
  readonly link?: string;
  readonly mode?: number;
  /** What the size field says, where that is not the truth. */
  readonly size?: number;
}

export const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** One header of a tar archive. */
export function tarHeader(member: Member): Uint8Array {
  const { name, content = "", flag = "0", link = "", mode = 0o755 } = member;
  const header = new Uint8Array(512);
  const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at);
  const size = member.size ?? bytesOf(content).length;
  put(0, name);
  put(100, `${mode.toString(8).padStart(7, "0")}\0`);
  put(108, "0000000\x000000000\0");
  if (size < 8 ** 11) put(124, `${size.toString(8).padStart(11, "0")}\0`);
  else {
    header[124] = 0x80;
    new DataView(header.buffer).setBigUint64(128, BigInt(size));
  }
  put(136, "00000000000\0        ");
  put(156, flag);
  put(157, link);
  put(257, "ustar\x0000");
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
  );
  return header;
}

/** A tar archive. */
export function tar(members: readonly Member[], { end = true }: { end?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const blocks = members.flatMap((member) => {
    const content = bytesOf(member.content ?? "");
    return [tarHeader(member), content, new Uint8Array((512 - (content.length % 512)) % 512)];
  });
  return concat([...blocks, new Uint8Array(end ? 1024 : 0)]);
}

/** A PAX header with these records. */
export function pax(values: Readonly<Record<string, string>>): Member {
  const line = (key: string, value: string): string => {
    const rest = ` ${key}=${value}\n`;
    let length = bytesOf(rest).length;
    while (bytesOf(`${length}${rest}`).length !== length) length++;
    return `${length}${rest}`;
  };
  const content = Object.entries(values).map(([key, value]) => line(key, value));
  return { name: "PaxHeader", flag: "x", content: content.join("") };
}

/** A zip archive; with `descriptors` the sizes stand behind the data, as writers to a pipe do it. */
export function zip(
  members: readonly Member[],
  { descriptors = false, store = false }: { descriptors?: boolean; store?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  for (const { name, content = "" } of members) {
    const plain = bytesOf(content);
    const data = store ? plain : deflateRawSync(plain);
    const sums = numbers([crc32(plain), 4], [data.length, 4], [plain.length, 4]);
    const common = [
      numbers([20, 2], [descriptors ? 8 : 0, 2], [store ? 0 : 8, 2], [0, 4]),
      descriptors ? new Uint8Array(12) : sums,
      numbers([bytesOf(name).length, 2], [0, 2]),
    ];
    parts.push(numbers([0x04034b50, 4]), ...common, bytesOf(name), data);
    if (descriptors) parts.push(numbers([0x08074b50, 4]), sums);
    directory.push(numbers([0x02014b50, 4], [20, 2]), ...common, new Uint8Array(14), bytesOf(name));
  }
  return concat([...parts, ...directory, numbers([0x06054b50, 4]), new Uint8Array(18)]);
}

/** Bytes end to end. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function numbers(...fields: readonly (readonly [value: number, bytes: number])[]): Uint8Array {
  return concat(
    fields.map(([value, bytes]) => new Uint8Array(bytes).map((_, at) => Math.floor(value / 256 ** at) & 0xff)),
  );
}

/** Opens bytes in chunks of so many, counting what was taken and whether the reader let go. */
export function source(
  bytes: Uint8Array,
  chunk: number = 64 * 1024,
): { open: () => AsyncGenerator<Uint8Array>; pulled: number; closed: number } {
  const counter = { pulled: 0, closed: 0, open };
  async function* open(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < bytes.length; at += chunk) {
        const piece = bytes.subarray(at, at + chunk);
        counter.pulled += piece.length;
        yield piece;
      }
    } finally {
      counter.closed++;
    }
  }
  return counter;
}
