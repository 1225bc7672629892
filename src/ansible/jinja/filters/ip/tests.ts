// Tests of addresses (`x is ansible.utils.ipv4`). Source: ansible.utils 2.10, plugins/test.
import { IpNetwork, parseStrictAddress } from "./network.ts";

type AddressTest = (text: string, other: string) => boolean;

function isWithin(inner: string, outer: string): boolean {
  const [network, around] = [IpNetwork.parseStrict(inner), IpNetwork.parseStrict(outer)];
  return network !== undefined && around?.contains(network) === true;
}

/** The tests by name. What is no text is no address. */
export const addressTests: ReadonlyMap<string, AddressTest> = new Map<string, AddressTest>([
  ["ip", (text) => IpNetwork.parseStrict(text) !== undefined],
  ["ipv4", (text) => IpNetwork.parseStrict(text)?.version === 4],
  ["ipv6", (text) => IpNetwork.parseStrict(text)?.version === 6],
  ["ip_address", (text) => parseStrictAddress(text) !== undefined],
  ["ipv4_address", (text) => parseStrictAddress(text) === 4],
  ["ipv6_address", (text) => parseStrictAddress(text) === 6],
  ["in_network", isWithin],
  ["subnet_of", isWithin],
  ["supernet_of", (outer, inner) => isWithin(inner, outer)],
  [
    "mac",
    (text) =>
      /^(?:(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12})\n?$/i.test(text),
  ],
]);
