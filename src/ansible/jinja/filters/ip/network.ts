// An address with the length of its prefix, as netaddr's IPNetwork has it: `10.0.0.5/24` keeps its host.
import { invalid } from "../../failure.ts";
import { addressText, highestOf, type IpVersion, parseAddress, widthOf } from "./address.ts";

/** An address in its network. */
export class IpNetwork {
  readonly version: IpVersion;
  readonly value: bigint;
  readonly prefix: bigint;
  private constructor(version: IpVersion, value: bigint, prefix: bigint) {
    this.version = version;
    this.value = value;
    this.prefix = prefix;
  }

  /** The network, or undefined where address or prefix are out of range. */
  static of(version: IpVersion, value: bigint, prefix: bigint = widthOf(version)): IpNetwork | undefined {
    const isInRange = value >= 0n && value <= highestOf(version) && prefix >= 0n && prefix <= widthOf(version);
    return isInRange ? new IpNetwork(version, value, prefix) : undefined;
  }

  /** `10.0.0.5`, `10.0.0.5/24`, `10.0.0.5/255.255.255.0`, `10/8`, `fd00::1/64`; undefined for what is none. */
  static parse(text: string): IpNetwork | undefined {
    const slash = text.indexOf("/");
    const address = slash < 0 ? text : text.slice(0, slash);
    const prefix = slash < 0 ? undefined : text.slice(slash + 1);
    return parsed(4, address, prefix) ?? parsed(6, address, prefix);
  }

  /** As Python's ipaddress reads it: no short forms, and no host in a network. */
  static parseStrict(text: string): IpNetwork | undefined {
    const [address = "", prefix, ...rest] = text.split("/", 3);
    const isPrefix = prefix === undefined || /^(?:\d+|[\d.]+)$/.test(prefix);
    if (rest.length > 0 || !isPrefix || parseStrictAddress(address) === undefined) return undefined;
    if (address.includes(":") && prefix?.includes(".")) return undefined;
    const network = IpNetwork.parse(text.replace(scope, "$1"));
    return network?.isNetwork ? network : undefined;
  }

  get #hostmask(): bigint {
    return (1n << (widthOf(this.version) - this.prefix)) - 1n;
  }

  get first(): bigint {
    return this.value & ~this.#hostmask;
  }

  get last(): bigint {
    return this.value | this.#hostmask;
  }

  get size(): bigint {
    return this.#hostmask + 1n;
  }

  /** Whether the address is that of the network itself. */
  get isNetwork(): boolean {
    return this.value === this.first;
  }

  /** A network of two IPv4 addresses has no broadcast address. */
  get broadcast(): string | undefined {
    return this.version === 4 && this.prefix >= 31n ? undefined : this.#text(this.last);
  }

  get ip(): string {
    return this.#text(this.value);
  }

  get network(): string {
    return this.#text(this.first);
  }

  get netmask(): string {
    return this.#text(highestOf(this.version) - this.#hostmask);
  }

  get hostmask(): string {
    return this.#text(this.#hostmask);
  }

  get cidr(): string {
    return `${this.network}/${this.prefix}`;
  }

  toString(): string {
    return `${this.ip}/${this.prefix}`;
  }

  contains(other: IpNetwork): boolean {
    return this.version === other.version && other.first >= this.first && other.last <= this.last;
  }

  /** The address at a position; negative ones count from the end. */
  at(index: bigint): string | undefined {
    if (index >= this.size || index < -this.size) return undefined;
    return this.#text(index < 0n ? this.last + index + 1n : this.first + index);
  }

  #text(value: bigint): string {
    return addressText(value, this.version);
  }
}

/** An integer as Python's int() reads it, within 40 digits. */
export function pythonInteger(text: string): bigint | undefined {
  const [, digits] = /^\s*([-+]?\d+(?:_\d+)*)\s*$/.exec(text.slice(0, 100)) ?? [];
  return digits === undefined || text.length > 40 ? undefined : BigInt(digits.replace(/^\+/, "").replaceAll("_", ""));
}

/** The address that a number is: IPv4 where it fits. @throws TemplateFailure for a number beyond IPv6. */
export function addressOfNumber(value: bigint): string {
  const network = IpNetwork.of(4, value) ?? IpNetwork.of(6, value);
  return network?.ip ?? invalid(`${value} is no IP address`);
}

/** `%eth0` behind an IPv6 address. */
const scope = /(:[^/%:]*)%[^/%]+/;

/** The version of an address as Python's ipaddress reads it, or undefined for what is none. */
export function parseStrictAddress(text: string): IpVersion | undefined {
  if (parseAddress(text, 4) !== undefined) return 4;
  return parseAddress(text.replace(scope, "$1"), 6) === undefined ? undefined : 6;
}

function parsed(version: IpVersion, address: string, prefix: string | undefined): IpNetwork | undefined {
  const value = parseAddress(address, version) ?? (version === 4 ? partialIpv4(address) : undefined);
  if (value === undefined) return undefined;
  const length = prefix === undefined ? widthOf(version) : prefixLength(prefix, version);
  return length === undefined ? undefined : IpNetwork.of(version, value, length);
}

/** `10` and `10.1`: zeros are added at the end. Leading zeros of a part do not count. */
function partialIpv4(text: string): bigint | undefined {
  const parts = text.split(".", 5).map(pythonInteger);
  if (parts.length > 4 || parts.includes(undefined)) return undefined;
  return parseAddress([...parts, 0, 0, 0].slice(0, 4).join("."), 4);
}

/** A number of bits, a netmask or a hostmask. */
function prefixLength(text: string, version: IpVersion): bigint | undefined {
  const bits = pythonInteger(text);
  if (bits !== undefined) return bits;
  const mask = parseAddress(text, version);
  if (mask === undefined) return undefined;
  const host = isNetmask(mask, version) ? highestOf(version) - mask : mask;
  return isHostmask(host) ? widthOf(version) - BigInt(host === 0n ? 0 : host.toString(2).length) : undefined;
}

/** Whether all bits of an address that are set come first. */
export function isNetmask(value: bigint, version: IpVersion): boolean {
  return isHostmask(highestOf(version) - value);
}

/** Whether all bits of an address that are set come last. */
export function isHostmask(value: bigint): boolean {
  return (value & (value + 1n)) === 0n;
}
