// Ansible's host patterns, as plays and --limit use them: `k8s_cluster:etcd`, `kube_control_plane[0]`, `all:!bastion`, `web*`,
// `~web\d+`. Source: ansible-core 2.14, inventory/manager.py.
import { KsoError, messageOf } from "../../core/errors.ts";
import { EvaluationBudget } from "../jinja/budget.ts";
import { compilePattern } from "../jinja/regex.ts";
import { isHostAddress, withoutPort } from "./address.ts";
import type { Inventory, InventoryHost } from "./inventory.ts";

/** Parts that a pattern may have. */
const maxParts = 10_000;

/** Steps that an expression may take for all hosts and groups: fifty for each of twenty thousand, and a margin. */
const patternSteps = 1_200_000;

/** What a pattern is matched with. */
interface Hosts extends Pick<Inventory, "groups"> {
  readonly hosts: readonly Pick<InventoryHost, "name">[];
}

/** The names of the hosts that a pattern stands for, in Ansible's order. A name that is neither a group nor a host stands for none. */
export function matchingHosts(pattern: string, inventory: Hosts): readonly string[] {
  return hostsOfParts(partsOf(pattern), inventory);
}

/** The names of the hosts that the parts of a pattern stand for together. @throws KsoError `unresolvable` for too many parts. */
export function hostsOfParts(parts: readonly string[], inventory: Hosts): readonly string[] {
  if (parts.length > maxParts)
    throw new KsoError("unresolvable", `Cannot use a pattern of more than ${maxParts} hosts and groups`);
  const names = new Set(inventory.hosts.map(({ name }) => name));
  const hostsOf = (part: string): readonly string[] => (names.has(part) ? [part] : hostsOfPart(part, inventory));
  const isKind = (kind: string) => (part: string) => part.startsWith(kind);
  const plain = parts.filter((part) => !/^[&!]/.test(part));
  // What is excluded is excluded from all hosts where nothing else is named.
  const included = plain.length > 0 ? plain : ["all"];
  let hosts = new Set(included.flatMap(hostsOf));
  for (const part of parts.filter(isKind("&"))) hosts = hosts.intersection(new Set(hostsOf(part.slice(1))));
  for (const part of parts.filter(isKind("!"))) hosts = hosts.difference(new Set(hostsOf(part.slice(1))));
  return [...hosts];
}

/** The groups and hosts that a pattern names, without its signs and subscripts. */
export function namesInPattern(pattern: string): readonly string[] {
  return partsOf(pattern).map((part) => subscripted(part.replace(/^[&!]/, "")).name);
}

/** Splits at commas; where there are none, at colons outside of brackets, unless it is one host's address. */
export function partsOf(pattern: string): readonly string[] {
  const isList = !(pattern.includes(",") || isHostAddress(withoutPort(pattern)));
  const parts = isList ? (pattern.match(/(?:[^\s:[\]]|\[[^\]]{0,200}\])+/g) ?? []) : pattern.split(",");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

interface Subscripted {
  readonly name: string;
  /** The first and the last position. */
  readonly range?: readonly [first: number, last: number];
}

/** `web[0]`, `web[1:3]` (both ends count), `web[1:]`, `web[-1]`. */
function subscripted(part: string): Subscripted {
  const [, name, index, first, last] = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(part) ?? [];
  if (part.startsWith("~") || name === undefined) return { name: part };
  if (index !== undefined) return { name, range: [Number(index), Number(index)] };
  return { name, range: [Number(first), last ? Number(last) : -1] };
}

function hostsOfPart(part: string, inventory: Hosts): readonly string[] {
  const { name, range } = subscripted(part);
  const hosts = namedHosts(name, inventory);
  if (!range) return hosts;
  const [first, last] = range.map((position) => (position < 0 ? hosts.length + position : position)) as [
    number,
    number,
  ];
  return hosts.slice(first, last + 1);
}

/** The hosts of all groups that match, and the hosts that match where no group does or the pattern has signs. */
function namedHosts(pattern: string, { hosts, groups }: Hosts): readonly string[] {
  const matches = matcherOf(pattern);
  const named = [...groups].filter(([group]) => matches(group)).flatMap(([, members]) => members);
  if (named.length > 0 && !/^~|[.?*[]/.test(pattern)) return [...new Set(named)];
  return [...new Set([...named, ...hosts.map((host) => host.name).filter(matches)])];
}

/** Whether a name is one that the pattern stands for. One budget is for all names. */
function matcherOf(pattern: string): (name: string) => boolean {
  if (!pattern.startsWith("~")) return (name) => matchesGlob(pattern, name);
  const budget = new EvaluationBudget(patternSteps);
  return (name) => {
    try {
      return compilePattern(pattern.slice(1)).isAtStart(name, budget);
    } catch (cause) {
      throw new KsoError("unresolvable", `Cannot use the host pattern "${pattern}": ${messageOf(cause)}`, cause);
    }
  };
}

/** Python's fnmatch: `*`, `?`, `[a-z]`, `[!a]`. Each star is tried from the last one on, so the time is that of both lengths. */
function matchesGlob(pattern: string, name: string): boolean {
  const signs = pattern.match(/\[!?\]?[^\]]{0,200}\]|[\s\S]/g) ?? [];
  let [sign, at, star, starAt] = [0, 0, -1, 0];
  while (at < name.length) {
    if (signs[sign] === "*") [star, starAt, sign] = [sign, at, sign + 1];
    else if (sign < signs.length && matchesSign(signs[sign] ?? "", name.charAt(at))) [sign, at] = [sign + 1, at + 1];
    else if (star >= 0) [sign, starAt, at] = [star + 1, starAt + 1, starAt + 1];
    else return false;
  }
  return signs.slice(sign).every((rest) => rest === "*");
}

function matchesSign(sign: string, character: string): boolean {
  if (sign === "?") return true;
  const [, negated, set] = /^\[(!?)(\]?[^\]]*)\]$/.exec(sign) ?? [];
  if (set === undefined) return sign === character;
  const inSet = [...set.matchAll(/([\s\S])-([\s\S])|([\s\S])/g)].some(([, from, to, one]) =>
    one !== undefined ? one === character : (from ?? "") <= character && character <= (to ?? ""),
  );
  return inSet !== (negated === "!");
}
