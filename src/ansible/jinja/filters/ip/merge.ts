// Networks joined to as few as possible, and the smallest network around several: netaddr's cidr_merge and spanning_cidr.
import { invalid } from "../../failure.ts";
import { widthOf } from "./address.ts";
import { IpNetwork } from "./network.ts";

interface Range {
  readonly network: IpNetwork;
  readonly first: bigint;
  readonly last: bigint;
  /** Whether it is several networks in one. */
  readonly isMerged: boolean;
}

/** The fewest networks that hold the same addresses; one that touches no other stays as it is. */
export function mergeNetworks(networks: readonly IpNetwork[]): readonly string[] {
  const ranges = networks.map((network): Range => {
    const { first, last } = network;
    return { network, first, last, isMerged: false };
  });
  ranges.sort((a, b) => a.network.version - b.network.version || compare(a.last, b.last) || compare(a.first, b.first));
  const merged: Range[] = [];
  for (const range of ranges.reverse()) {
    const above = merged.at(-1);
    if (above && above.network.version === range.network.version && above.first - 1n <= range.last)
      merged[merged.length - 1] = {
        ...above,
        first: compare(above.first, range.first) < 0 ? above.first : range.first,
        isMerged: true,
      };
    else merged.push(range);
  }
  return merged.reverse().flatMap(networksOf);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function networksOf({ network: { version }, network, first, last, isMerged }: Range): readonly string[] {
  if (!isMerged) return [String(network)];
  const width = widthOf(version);
  const networks: string[] = [];
  for (let from = first; from <= last; ) {
    let bits = 0n;
    while (bits < width && from % (2n << bits) === 0n && from + (2n << bits) - 1n <= last) bits++;
    networks.push(String(IpNetwork.of(version, from, width - bits)));
    from += 1n << bits;
  }
  return networks;
}

/** The smallest network around several. @throws TemplateFailure for IPv4 and IPv6 together. */
export function spanningNetwork(networks: readonly IpNetwork[]): string {
  const sorted = [...networks].sort(
    (a, b) =>
      a.version - b.version || compare(a.first, b.first) || compare(a.prefix, b.prefix) || compare(a.value, b.value),
  );
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (!lowest || !highest) return invalid("there is no network");
  if (lowest.version !== highest.version) return invalid("IP sequence cannot contain both IPv4 and IPv6!");
  let [address, prefix] = [highest.last, highest.prefix];
  while (prefix > 0n && address > lowest.first) {
    prefix--;
    address = (address >> (widthOf(highest.version) - prefix)) << (widthOf(highest.version) - prefix);
  }
  return String(IpNetwork.of(lowest.version, address, prefix));
}
