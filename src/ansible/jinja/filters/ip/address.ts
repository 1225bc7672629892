// IP addresses as text and as numbers, as the C library's inet_pton and inet_ntop have them.

/** The version of an address. */
export type IpVersion = 4 | 6;

/** Bits of an address. */
export function widthOf(version: IpVersion): bigint {
  return version === 4 ? 32n : 128n;
}

/** The highest address. */
export function highestOf(version: IpVersion): bigint {
  return (1n << widthOf(version)) - 1n;
}

/** The number of an address, or undefined for what is none. */
export function parseAddress(text: string, version: IpVersion): bigint | undefined {
  return version === 4 ? parseIpv4(text) : parseIpv6(text);
}

function parseIpv4(text: string): bigint | undefined {
  const octet = "(0|[1-9]\\d{0,2})";
  const octets = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`).exec(text)?.slice(1).map(Number);
  if (!octets?.every((number) => number <= 255)) return undefined;
  return octets.reduce((sum, number) => sum * 256n + BigInt(number), 0n);
}

/** Characters of the longest IPv6 address. */
const longestIpv6 = 45;

function parseIpv6(text: string): bigint | undefined {
  if (text.length > longestIpv6) return undefined;
  const [head = "", tail, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const [before, after] = [wordsOf(head, tail === undefined), tail === undefined ? [] : wordsOf(tail, true)];
  const zeros = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  if (!before || !after || (tail === undefined ? zeros !== 0 : zeros < 1)) return undefined;
  const words = [...before, ...Array.from({ length: zeros }, () => 0n), ...after];
  return words.reduce((sum, word) => (sum << 16n) + word, 0n);
}

/** The words of one side of `::`; the last may be an IPv4 address where that side is the end. */
function wordsOf(text: string, isEnd: boolean): readonly bigint[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const ipv4 = isEnd && last.includes(".") ? parseIpv4(last) : undefined;
  const words = ipv4 === undefined ? parts : parts.slice(0, -1);
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  const numbers = words.map((word) => BigInt(`0x${word}`));
  return ipv4 === undefined ? numbers : [...numbers, ipv4 >> 16n, ipv4 & 0xffffn];
}

/** An address as text: `10.0.0.1`, `fd00::1`, `::ffff:10.0.0.1`. */
export function addressText(value: bigint, version: IpVersion): string {
  if (version === 4) return partsOf(value, 4, 8n).join(".");
  const words = partsOf(value, 8, 16n);
  const { start, length } = longestZeros(words);
  const ipv4 = addressText(value & highestOf(4), 4);
  if (start === 0 && length === 6) return `::${ipv4}`;
  if (start === 0 && length === 5 && words[5] === 0xffffn) return `::ffff:${ipv4}`;
  const texts = words.map((word) => word.toString(16));
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

/** The first of the longest runs of zero words. */
function longestZeros(words: readonly bigint[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, word] of words.entries()) {
    length = word === 0n ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}

/** The parts of a number, the highest first. */
function partsOf(value: bigint, count: number, bits: bigint): readonly bigint[] {
  return Array.from(
    { length: count },
    (_, index) => (value >> (bits * BigInt(count - 1 - index))) & ((1n << bits) - 1n),
  );
}

/** The name under which the reverse zone has an address. */
export function reverseName(value: bigint, version: IpVersion): string {
  if (version === 4) return `${[...partsOf(value, 4, 8n)].reverse().join(".")}.in-addr.arpa.`;
  const digits = value.toString(16).padStart(32, "0");
  return `${[...digits].reverse().join(".")}.ip6.arpa.`;
}
