// `--limit`: the hosts that a run is limited to.
import { KsoError } from "../../core/errors.ts";
import { nameList } from "../../core/name-list.ts";
import { readNamed } from "../folder.ts";
import type { InventoryGraph } from "./graph.ts";
import { hostsOfParts, partsOf } from "./host-pattern.ts";
import { groupHosts } from "./hosts.ts";

/** Names that a message lists. */
const maxNames = 10;

/** The hosts of a limit, and what of its pattern meant nothing. */
export interface Limit {
  readonly hosts: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/**
 * The hosts that a pattern limits a run to; undefined without one. `@FILE` has a pattern a line.
 * @throws KsoError `usage` for a pattern that no host matches, and for a file that is not there.
 */
export function limitedHosts(pattern: string | undefined, graph: InventoryGraph): Limit | undefined {
  if (pattern === undefined) return undefined;
  const inventory = { hosts: [...graph.hosts.keys()].map((name) => ({ name })), groups: groupHosts(graph) };
  const parts = partsOf(pattern).flatMap((part) => (part.startsWith("@") ? linesOf(part.slice(1)) : [part]));
  const hosts = new Set(parts.length > 0 ? hostsOfParts(parts, inventory) : []);
  if (hosts.size === 0)
    throw new KsoError(
      "usage",
      `--limit ${pattern} matches no host; there are the groups ${names(inventory.groups.keys())} and the hosts ${names(graph.hosts.keys())}`,
    );
  const strange = parts.filter((part) => hostsOfParts([part.replace(/^[&!]/, "")], inventory).length === 0);
  return { hosts, notes: strange.length === 0 ? [] : [`--limit names ${names(strange)}, which no host matches`] };
}

function linesOf(path: string): readonly string[] {
  return readNamed(path, "--limit")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function names(all: Iterable<string>): string {
  return nameList([...all], maxNames);
}
