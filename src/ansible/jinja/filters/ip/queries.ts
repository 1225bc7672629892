// The queries of `ipaddr`. Source: ansible.utils 2.10, plugin_utils/base/ipaddr_utils.py, over netaddr 0.8.
import { invalid } from "../../failure.ts";
import type { PythonValue } from "../../values.ts";
import { reverseName } from "./address.ts";
import { addressOfNumber, IpNetwork, isHostmask, isNetmask } from "./network.ts";

/** What a query is asked of. */
export interface IpQuery {
  readonly network: IpNetwork;
  /** Whether the text has a prefix. */
  readonly hasPrefix: boolean;
  /** The text itself. */
  readonly text: string;
}

type Answer = (query: IpQuery) => PythonValue;

const networks = (...texts: readonly string[]): readonly IpNetwork[] =>
  texts.flatMap((text) => IpNetwork.parse(text) ?? []);
const within = (ranges: readonly IpNetwork[], network: IpNetwork): boolean =>
  ranges.some((range) => range.contains(network));

const linkLocal = networks("169.254.0.0/16", "fe80::/10");
const loopback = networks("127.0.0.0/8", "::1");
const multicast = networks("224.0.0.0/4", "ff00::/8");
const sixToFour = networks("2002::/16");
const privateNetworks = [
  ...networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15"),
  ...networks("239.0.0.0/8", "fc00::/7", "fec0::/10"),
  ...linkLocal,
];

/** The address alone. */
function hostOf({ version, value }: IpNetwork): IpNetwork {
  return IpNetwork.of(version, value) ?? invalid("it is no address");
}

function isPublic(network: IpNetwork): boolean {
  const host = hostOf(network);
  if (isNetmask(host.value, host.version) || isHostmask(host.value)) return false;
  return !within([...multicast, ...privateNetworks, ...loopback], host);
}

/** The first and the last address that hosts may have. */
export function usableRange({ first, last, size }: IpNetwork): readonly [bigint, bigint] {
  return size === 2n ? [first, last] : [first + 1n, last - 1n];
}

/** The address at a distance from the network's own, where hosts may have it. @throws TemplateFailure beyond all addresses. */
export function usableNeighbour(network: IpNetwork, offset: bigint): string | null {
  if (network.size === 1n) return null;
  const [first, last] = usableRange(network);
  const neighbour = network.value + offset;
  const text = addressOfNumber(neighbour);
  return neighbour >= first && neighbour <= last ? text : null;
}

/** A query that only a network has an answer to. */
const ofNetwork =
  (answer: (network: IpNetwork) => PythonValue): Answer =>
  ({ network, hasPrefix }) =>
    hasPrefix ? answer(network) : invalid("Not a network address");
const ofUsable = (answer: (range: readonly [bigint, bigint]) => PythonValue): Answer =>
  ofNetwork((network) => (network.size > 1n ? answer(usableRange(network)) : null));
/** A query that is answered with the text itself where it is true. */
const whether =
  (isSo: (network: IpNetwork) => boolean): Answer =>
  ({ network, text }) =>
    isSo(network) ? text : null;
const of =
  (answer: (network: IpNetwork) => PythonValue): Answer =>
  ({ network }) =>
    answer(network);

const addressPrefix = of((network) => {
  const isHost = network.size <= 2n || !(network.isNetwork || network.value === network.last);
  return isHost ? String(network) : false;
});
/** Of an address that is the network's own, something only where the network has two addresses. */
const ofHost = (answer: (network: IpNetwork) => string): Answer =>
  of((network) => (network.size === 2n || (network.size > 1n && !network.isNetwork) ? answer(network) : null));
const ip = of((network) => {
  const isHost = network.size === 1n || !network.isNetwork || network.broadcast === undefined;
  return isHost || network.version === 6 ? network.ip : null;
});

function peer(network: IpNetwork): string {
  if (network.size === 2n) return addressOfNumber(network.value ^ 1n);
  if (network.size !== 4n) return invalid("Not a point-to-point network");
  if (network.isNetwork) return invalid("Network address of /30 has no peer");
  return network.value === network.last
    ? invalid("Broadcast address of /30 has no peer")
    : addressOfNumber(network.value ^ 3n);
}

/** The 6to4 network of a public or private IPv4 address; an address of 6to4 as it is. */
function asSixToFour({ network, hasPrefix, text }: IpQuery): PythonValue {
  if (network.version === 6) {
    const isOne = within(sixToFour, hasPrefix ? hostOf(network) : network) && !(hasPrefix && network.isNetwork);
    return isOne ? text : false;
  }
  if (network.size > 1n && network.isNetwork) return false;
  const host = hostOf(network);
  if (!(isPublic(host) || within(privateNetworks, host))) return false;
  const digits = host.value.toString(16).padStart(8, "0");
  return `2002:${digits.slice(0, 4)}:${digits.slice(4)}::1/48`;
}

const mapped = 0xffff_0000_0000n;

/** The IPv4 address that an IPv6 address holds. */
function asIpv4({ network: { version, value, prefix }, text }: IpQuery): PythonValue {
  if (version === 4) return text;
  const address = value < mapped ? value : value - mapped;
  return IpNetwork.of(4, address, prefix - 96n)?.toString() ?? false;
}

function asIpv6({ network: { version, value, prefix }, text }: IpQuery): PythonValue {
  return version === 6 ? text : String(IpNetwork.of(6, mapped + value, prefix + 96n));
}

function wrapped({ network, hasPrefix, text }: IpQuery): PythonValue {
  if (network.version === 4) return text;
  return hasPrefix ? `[${network.ip}]/${network.prefix}` : `[${network.ip}]`;
}

const isHostOf = (network: IpNetwork): boolean => !network.isNetwork || network.broadcast === undefined;

/** The queries by name. */
export const ipQueries: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ["", ({ network, hasPrefix }) => (hasPrefix ? String(network) : network.ip)],
  ["6to4", asSixToFour],
  ...["address", "ip"].map((name) => [name, ip] as const),
  ...["address/prefix", "gateway", "gw", "host/prefix", "hostnet", "router"].map(
    (name) => [name, addressPrefix] as const,
  ),
  ["bool", () => true],
  ["broadcast", of((network) => (network.size > 2n ? (network.broadcast ?? null) : null))],
  ["cidr", of(String)],
  ["first_usable", ofUsable(([first]) => addressOfNumber(first))],
  ["host", of((network) => (network.size === 1n || isHostOf(network) ? String(network) : null))],
  ...["hostmask", "wildcard"].map((name) => [name, of(({ hostmask }) => hostmask)] as const),
  ["int", ({ network, hasPrefix }) => (hasPrefix ? `${network.value}/${network.prefix}` : network.value)],
  ["ip/prefix", ofHost(String)],
  ["ip_netmask", ofHost((network) => `${network.ip} ${network.netmask}`)],
  ["ipv4", asIpv4],
  ["ipv6", asIpv6],
  ["last_usable", ofUsable(([, last]) => addressOfNumber(last))],
  ["link-local", whether((network) => within(linkLocal, hostOf(network)))],
  ...["lo", "loopback"].map((name) => [name, whether((network) => within(loopback, hostOf(network)))] as const),
  ["multicast", whether((network) => within(multicast, network))],
  ["net", of((network) => (network.size > 1n && network.isNetwork ? network.cidr : null))],
  ["next_usable", ofNetwork((network) => usableNeighbour(network, 1n))],
  ["netmask", of(({ netmask }) => netmask)],
  ...["network", "network_id"].map((name) => [name, of(({ network }) => network)] as const),
  ...["network/prefix", "subnet"].map((name) => [name, of(({ cidr }) => cidr)] as const),
  ["network_netmask", of(({ network, netmask }) => `${network} ${netmask}`)],
  ["network_wildcard", of(({ network, hostmask }) => `${network} ${hostmask}`)],
  ["peer", ofNetwork(peer)],
  ["prefix", of(({ prefix }) => prefix)],
  ["previous_usable", ofNetwork((network) => usableNeighbour(network, -1n))],
  ["private", whether((network) => within(privateNetworks, network))],
  ["public", whether(isPublic)],
  ["range_usable", ofUsable(([first, last]) => `${addressOfNumber(first)}-${addressOfNumber(last)}`)],
  ["revdns", of(({ value, version }) => reverseName(value, version))],
  ["size", of(({ size }) => size)],
  ["size_usable", of(({ size }) => (size === 1n ? 0n : size === 2n ? 2n : size - 2n))],
  ["type", of((network) => (network.size === 1n || !network.isNetwork ? "address" : "network"))],
  ["unicast", whether((network) => !within(multicast, network))],
  ["version", of(({ version }) => BigInt(version))],
  ["wrap", wrapped],
]);
