// Filters on IP and hardware addresses, as the collection ansible.utils has them.
import { bindArguments } from "../arguments.ts";
import type { EvaluationBudget } from "../budget.ts";
import { invalid } from "../failure.ts";
import { str } from "../text.ts";
import { isList, isNumber, isTruthy, type PythonValue, typeName, UnsafeText, unwrap, usable } from "../values.ts";
import type { FilterFunction, FilterTable } from "./filter.ts";
import { type IpVersion, parseAddress, widthOf } from "./ip/address.ts";
import { formatHardwareAddress } from "./ip/hardware.ts";
import { ipaddr } from "./ip/ipaddr.ts";
import { mergeNetworks, spanningNetwork } from "./ip/merge.ts";
import { addressOfNumber, IpNetwork, pythonInteger } from "./ip/network.ts";
import { usableNeighbour } from "./ip/queries.ts";

/** A parameter that takes any value as text; None is none. */
function textOf(value: PythonValue | undefined, fallback: string, budget: EvaluationBudget): string {
  return value === undefined || value === null ? fallback : str(value, budget);
}

function integerOf(value: PythonValue | undefined, name: string): bigint {
  const number = unwrap(usable(value === undefined ? invalid(`the argument "${name}" is missing`) : value));
  const integer = typeof number === "string" ? pythonInteger(number) : number;
  return typeof integer === "bigint" ? integer : invalid(`"${name}" must be an integer, and is ${typeName(number)}`);
}

/** The elements of a list, or of a text with commas. */
function listOf(value: PythonValue): readonly PythonValue[] {
  const operand = unwrap(usable(value));
  if (typeof operand === "string") return operand.split(",");
  if (isNumber(operand)) return [str(operand)];
  return isList(operand) ? operand : invalid(`it takes a list, not ${typeName(operand)}`);
}

function versionOf(value: PythonValue | undefined): IpVersion | undefined {
  if (value === undefined || value === null || !isTruthy(value)) return undefined;
  const version = integerOf(value, "version");
  if (version === 4n) return 4;
  return version === 6n ? 6 : invalid(`there is no IP version ${version}`);
}

/** ipaddr, ipv4, ipv6. */
const addresses =
  (version?: IpVersion): FilterFunction =>
  (value, args, { budget }) => {
    const bound = bindArguments(args, version === undefined ? ["query", "version", "alias"] : ["query"]);
    const operand = usable(value);
    const isTaken = ["string", "bigint", "boolean"].includes(typeof operand) || operand instanceof UnsafeText;
    if (!(isTaken || isList(operand))) return invalid(`it takes text, a number or a list, not ${typeName(operand)}`);
    const query = textOf(bound.get("query"), "", budget);
    return ipaddr(operand, { query, version: version ?? versionOf(bound.get("version")), budget });
  };

/** An IPv6 address in brackets, as URLs want it; anything else as it is. */
const ipwrap: FilterFunction = (value, args, { budget }) => {
  // The collection drops a query that has no name.
  const query = textOf(bindArguments({ positional: [], named: args.named }, ["query"]).get("query"), "", budget);
  const operand = unwrap(usable(value));
  if (isList(operand))
    return operand.map((element) =>
      isTruthy(ipaddr(element, { query, budget })) ? ipaddr(element, { query: "wrap", budget }) : element,
    );
  if (typeof operand !== "string" && typeof operand !== "boolean")
    return invalid(`it takes text or a list, not ${typeName(operand)}`);
  const address = ipaddr(operand, { query, budget });
  return isTruthy(address) ? ipaddr(address, { query: "wrap", budget }) : operand;
};

/** An answer that is true, or undefined. */
function ask(value: PythonValue, query: string, budget: EvaluationBudget): PythonValue | undefined {
  const result = ipaddr(value, { query, budget });
  return isTruthy(result) ? result : undefined;
}

/** The address in its network, or the network without a host; undefined for what is neither. */
function networkOf(value: PythonValue, budget: EvaluationBudget): IpNetwork | undefined {
  const text = ask(str(value, budget), "cidr", budget);
  return text === undefined ? undefined : IpNetwork.parse(str(text));
}

const nthhost: FilterFunction = (value, args, { budget }) => {
  const query = textOf(bindArguments(args, ["query"]).get("query"), "", budget);
  const network = networkOf(value, budget);
  const index = pythonInteger(query);
  if (!network || index === undefined || index >= network.size) return false;
  return network.at(index) ?? invalid(`the network has no address ${index}`);
};

const neighbour =
  (sign: bigint): FilterFunction =>
  (value, args, { budget }) => {
    const network = networkOf(value, budget);
    const offset = integerOf(bindArguments(args, ["offset"]).get("offset"), "offset");
    return network ? usableNeighbour(network, sign * offset) : false;
  };

type Range = readonly [first: bigint, last: bigint];

/** The addresses of a network by number, or those that hosts may have. What is no network counts as 0. */
function rangeOf(value: PythonValue, budget: EvaluationBudget, usableOnly = false): Range {
  const subnet = ask(value, "subnet", budget) ?? false;
  const number = (query: string): bigint => {
    const address = ask(subnet, query, budget) ?? ask(subnet, "address", budget) ?? false;
    const result = ipaddr(address, { query: "int", budget });
    return typeof result === "bigint" ? result : 0n;
  };
  return usableOnly ? [number("first_usable"), number("last_usable")] : [number("network"), number("broadcast")];
}

const inRange = ([first, last]: Range, [from, to]: Range): boolean =>
  first <= from && from <= last && first <= to && to <= last;

const containing =
  (usableOnly: boolean): FilterFunction =>
  (value, args, { budget }) => {
    const test = bindArguments(args, ["test"]).get("test");
    if (test === undefined) return invalid('the argument "test" is missing');
    return inRange(rangeOf(str(value, budget), budget, usableOnly), rangeOf(textOf(test, "", budget), budget));
  };

const reduceOnNetwork: FilterFunction = (value, args, { budget }) => {
  const network = bindArguments(args, ["network"]).get("network");
  if (network === undefined) return invalid('the argument "network" is missing');
  const range = rangeOf(textOf(network, "", budget), budget);
  return listOf(value).filter((address) => inRange(range, rangeOf(address, budget)));
};

const cidrMerge: FilterFunction = (value, args, { budget }) => {
  const action = textOf(bindArguments(args, ["action"]).get("action"), "merge", budget);
  const elements = listOf(value);
  budget.allocate(elements.length * 100);
  const networks = (): readonly IpNetwork[] => elements.map(networkText);
  if (action === "merge") return mergeNetworks(networks());
  if (action !== "span") return invalid(`invalid action '${action}'`);
  if (elements.length < 2) return networks().map(String)[0] ?? null;
  return spanningNetwork(networks());
};

function networkText(value: PythonValue): IpNetwork {
  const text = unwrap(usable(value));
  const network = typeof text === "string" ? IpNetwork.parse(text) : undefined;
  return network ?? invalid(`${str(value)} is no network`);
}

const ipSubnet: FilterFunction = (value, args, { budget }) => {
  const bound = bindArguments(args, ["query", "index"]);
  const query = textOf(bound.get("query"), "", budget);
  const network = networkOf(value, budget);
  if (!network) return false;
  if (query === "") return network.cidr;
  if (!/^\d+$/.test(query)) return positionOf(network, query, budget);
  const prefix = BigInt(query.slice(0, 40));
  if (prefix > widthOf(network.version)) return false;
  const index = bound.optional("index");
  return subnetAt(network, prefix, index === undefined ? undefined : integerOf(index, "index"));
};

/** The subnet of that size at a position, or how many there are; of an address, the networks around it. */
function subnetAt(network: IpNetwork, prefix: bigint, index: bigint | undefined): PythonValue {
  const { first } = network;
  const width = widthOf(network.version);
  if (network.size === 1n) return supernetAt(network, prefix, index);
  if (prefix < network.prefix) {
    if (index === undefined) return invalid(`Requested subnet size of ${prefix} is invalid`);
    return index === 0n ? numberedNetwork(first, prefix) : false;
  }
  const count = 1n << (prefix - network.prefix);
  if (index === undefined) return String(count);
  const position = index < 0n ? index + count : index;
  if (position < 0n || position >= count) return false;
  return numberedNetwork(first + (position << (width - prefix)), prefix);
}

/** The collection knows only the number of such a network: one of the lowest of IPv6 becomes IPv4. */
function numberedNetwork(first: bigint, prefix: bigint): string {
  const text = `${addressOfNumber(first)}/${prefix}`;
  return String(IpNetwork.parse(text) ?? invalid(`invalid IPNetwork ${text}`));
}

function supernetAt({ version, value }: IpNetwork, prefix: bigint, index: bigint | undefined): PythonValue {
  const width = widthOf(version);
  const at = index ?? 0n;
  if (index !== undefined && (index > width + 1n - index || index < prefix - width)) return false;
  const length = at < 0n ? width + at : prefix + at;
  const supernet = length < prefix || length >= width ? undefined : IpNetwork.of(version, value, length);
  return supernet?.cidr ?? invalid(`there is no network ${at} from /${prefix} on`);
}

/** At which place, counted from 1, a network lies in another. */
function positionOf(network: IpNetwork, query: string, budget: EvaluationBudget): string {
  const outer = networkOf(query, budget) ?? invalid(`You must pass a valid subnet or IP address; ${query} is invalid`);
  const width = widthOf(network.version);
  const shift = width - outer.prefix;
  if (shift < 0n || network.first >> shift !== outer.value >> shift)
    return invalid(`${network.cidr} is not in the subnet ${outer.cidr}`);
  const size = width - network.prefix;
  const bits = network.prefix - outer.prefix;
  if (bits < 0n) return invalid(`${network.cidr} is not in the subnet ${outer.cidr}`);
  return String(((network.first >> size) & ((1n << bits) - 1n)) + 1n);
}

const ipMath: FilterFunction = (value, args, { budget }) => {
  const amount = integerOf(bindArguments(args, ["amount"]).get("amount"), "amount");
  const text = str(value, budget);
  const address = text.includes("/") ? IpNetwork.parse(text) : addressOf(text);
  if (!address) return invalid(`You must pass a valid IP address; ${text} is invalid`);
  return IpNetwork.of(address.version, address.value + amount)?.ip ?? addressOfNumber(-1n);
};

/** An address as the C library reads it: `10.1` is `10.0.0.1`. */
function addressOf(text: string): IpNetwork | undefined {
  const ipv6 = parseAddress(text, 6);
  const parts = text
    .trimEnd()
    .split(".", 5)
    .map((part) => (/^(?:0x[0-9a-f]{1,8}|\d{1,11})$/i.test(part) ? part : ""));
  if (ipv6 !== undefined || parts.length > 4 || parts.includes("")) return IpNetwork.of(6, ipv6 ?? -1n);
  const numbers = parts.map((part) => BigInt(/^0\d/.test(part) ? (/^[0-7]+$/.test(part) ? `0o${part}` : -1) : part));
  const last = numbers.pop() ?? -1n;
  const rest = 8n * BigInt(4 - numbers.length);
  if (numbers.some((number) => number < 0n || number > 255n) || last < 0n || last >= 1n << rest) return undefined;
  return IpNetwork.of(4, (numbers.reduce((sum, number) => (sum << 8n) + number, 0n) << rest) + last);
}

const ip4Hex: FilterFunction = (value, args, { budget }) => {
  const delimiter = textOf(bindArguments(args, ["delimiter"]).get("delimiter"), "", budget);
  const numbers = str(value, budget).split(".", 1000).map(pythonInteger);
  if (numbers.length < 4 || numbers.includes(undefined)) return invalid(`${str(value, budget)} is no IPv4 address`);
  return numbers
    .slice(0, 4)
    .map((number = 0n) => number.toString(16).padStart(2, "0"))
    .join(delimiter);
};

const hardwareAddress: FilterFunction = (value, args, { budget }) =>
  formatHardwareAddress(str(value, budget), textOf(bindArguments(args, ["query", "alias"]).get("query"), "", budget));

/** Filters on addresses, by name. */
export const networkFilters: FilterTable = {
  ipaddr: addresses(),
  ipv4: addresses(4),
  ipv6: addresses(6),
  ipwrap,
  ipsubnet: ipSubnet,
  ipmath: ipMath,
  nthhost,
  next_nth_usable: neighbour(1n),
  previous_nth_usable: neighbour(-1n),
  network_in_network: containing(false),
  network_in_usable: containing(true),
  reduce_on_network: reduceOnNetwork,
  cidr_merge: cidrMerge,
  ip4_hex: ip4Hex,
  hwaddr: hardwareAddress,
  macaddr: hardwareAddress,
};
