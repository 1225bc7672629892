// `ipaddr`: whether a value is an IP address or a network, and what of it. Source: ansible.utils 2.10, ipaddr_utils.py.
import type { EvaluationBudget } from "../../budget.ts";
import { invalid } from "../../failure.ts";
import { isTruthy, type PythonValue, sequence, unwrap, usable } from "../../values.ts";
import type { IpVersion } from "./address.ts";
import { IpNetwork, pythonInteger } from "./network.ts";
import { type IpQuery, ipQueries } from "./queries.ts";

/** Steps that reading one address takes. */
const stepsOfAddress = 50;
/** Levels of lists in lists. */
const maxDepth = 60;

/** What `ipaddr` is asked with. */
export interface IpRequest {
  readonly query: string;
  readonly version?: IpVersion | undefined;
  readonly budget: EvaluationBudget;
}

/**
 * The answer to a query; False for what is no address. Of a list, the answers that are true.
 * @throws TemplateFailure for an unknown query, or one that the address has no answer to.
 */
export function ipaddr(value: PythonValue, request: IpRequest, depth = 0): PythonValue {
  const operand = unwrap(usable(value));
  request.budget.spend(stepsOfAddress);
  const elements = sequence(operand);
  if (elements) {
    if (depth > maxDepth) return invalid("it is nested too deep");
    return elements.map((element) => ipaddr(element, request, depth + 1)).filter(isTruthy);
  }
  const asked = read(operand, request.version);
  return asked ? answer(asked, request) : false;
}

/** The address in a value: text, a number, or a number with a prefix. */
function read(value: PythonValue, version: IpVersion | undefined): IpQuery | undefined {
  if (typeof value === "bigint") return value > 0n ? readNumber(value, version) : undefined;
  if (typeof value !== "string" || value === "" || value.length > 200) return undefined;
  if (/^\d+$/.test(value)) return readNumber(BigInt(value), version);
  const network = IpNetwork.parse(value);
  return network ? { network, hasPrefix: value.includes("/"), text: value } : readNumberedNetwork(value);
}

function readNumber(value: bigint, version: IpVersion | undefined): IpQuery | undefined {
  const network = (version === 6 ? undefined : IpNetwork.of(4, value)) ?? IpNetwork.of(6, value);
  return network && { network, hasPrefix: false, text: String(network) };
}

/** `167772160/8`. */
function readNumberedNetwork(text: string): IpQuery | undefined {
  const [address, prefix, ...rest] = text.split("/").map(pythonInteger);
  if (address === undefined || prefix === undefined || rest.length > 0) return undefined;
  const network = IpNetwork.of(4, address, prefix) ?? IpNetwork.of(6, address, prefix);
  return network && { network, hasPrefix: true, text: String(network) };
}

function answer(asked: IpQuery, { query, version, budget }: IpRequest): PythonValue {
  const { network, hasPrefix, text } = asked;
  const known = ipQueries.get(query);
  const range =
    known || /^\d+$/.test(query) || !ipaddr(query, { query: "network", budget }) ? undefined : IpNetwork.parse(query);
  if (version !== undefined && network.version !== version) return false;
  if (known) return known(asked);
  if (range) return range.contains(network) ? text : null;
  if (!/^\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(query))
    return invalid(`unknown filter type: ${query}`);
  if (network.size === 1n) return hasPrefix ? String(network) : network.ip;
  const index = pythonInteger(query);
  const address = index === undefined ? undefined : network.at(index);
  return address === undefined ? false : `${address}/${network.prefix}`;
}
