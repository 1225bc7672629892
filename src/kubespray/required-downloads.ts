// What a cluster downloads: each item with the hosts of the inventory that require it, by architecture.
import type { PlayHost } from "../ansible/host-variables.ts";
import type { Inventory, InventoryHost } from "../ansible/inventory/inventory.ts";
import type { TaskOccurrence } from "../ansible/playbook/walk.ts";
import type { VariableSource } from "../ansible/variables.ts";
import { KsoError } from "../core/errors.ts";
import { nameList } from "../core/name-list.ts";
import type { Platform } from "../core/platform.ts";
import type { Checkout } from "./checkout.ts";
import { HostEvaluations } from "./host-evaluations.ts";
import { type HostPlatform, platformOf } from "./host-platform.ts";
import type { ItemDownload } from "./item-download.ts";
import { mergeDownloads } from "./merge-downloads.ts";
import { groupsOfPlays, PlayHosts } from "./play-hosts.ts";

/** What the hosts of an inventory download. */
export interface RequiredDownloads {
  /** Every item, required or not, for every architecture that has hosts. */
  readonly downloads: readonly ItemDownload[];
  /** Hosts by architecture; a host whose architecture the inventory does not say counts for each that is assumed. */
  readonly hosts: ReadonlyMap<Platform, readonly string[]>;
  /** Hosts whose architecture the inventory does not say. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  /** The first host, for variables that do not depend on the host. */
  readonly target: PlayHost;
}

/** The hosts and architectures that downloads are evaluated for. */
export interface RequiredDownloadOptions {
  readonly inventory: Inventory;
  readonly platforms: readonly Platform[];
  /** Architectures of a host where the inventory does not say one; default: all. */
  readonly assumed?: readonly Platform[] | undefined;
  /** Variables that win over all others (`-e`). */
  readonly extraVars: VariableSource;
}

/**
 * Evaluates an inventory. Hosts that cannot differ are evaluated once.
 * @throws KsoError `unresolvable` when no host takes part, or `downloads` cannot be read.
 */
export function requiredDownloads(checkout: Checkout, options: RequiredDownloadOptions): RequiredDownloads {
  const { inventory, platforms, extraVars } = options;
  const hosts = clusterHosts(checkout, inventory).map((host) => ({
    host,
    hostPlatform: platformOf(checkout, inventory, host),
  }));
  const evaluations = new HostEvaluations(checkout, inventory);
  const machines = new Map(
    hosts.flatMap(({ host, hostPlatform }) =>
      hostPlatform.kind === "known" ? [[host.name, hostPlatform.platform.machine] as const] : [],
    ),
  );
  const machineOf = (name: string): string | undefined => machines.get(name);
  const hostsByPlatform = new Map<Platform, string[]>(platforms.map((platform) => [platform, []]));
  for (const { host, hostPlatform } of hosts)
    for (const platform of plannedPlatforms(hostPlatform, options)) {
      hostsByPlatform.get(platform)?.push(host.name);
      evaluations.add(platform, { inventory, host, machine: platform.machine, machineOf, extraVars });
    }
  const target = platforms.flatMap((platform) => evaluations.of(platform))[0]?.target;
  if (!target)
    throw new KsoError("unresolvable", "Cannot use the inventory: no host has an architecture that was asked for");
  return {
    downloads: mergeDownloads(platforms.map((platform) => [platform, evaluations.of(platform)])),
    hosts: hostsByPlatform,
    unknown: hosts.filter(({ hostPlatform }) => hostPlatform.kind === "unknown").map(({ host }) => host.name),
    notes: platformNotes(hosts, platforms),
    target,
  };
}

/** The platforms among those planned for that a host has, or may have. */
function plannedPlatforms(
  hostPlatform: HostPlatform,
  { platforms, assumed = platforms }: RequiredDownloadOptions,
): readonly Platform[] {
  if (hostPlatform.kind === "unknown") return platforms.filter((platform) => assumed.includes(platform));
  return hostPlatform.kind === "known" ? platforms.filter((platform) => platform === hostPlatform.platform) : [];
}

/** The hosts that are not planned for because of their architecture, those of one kind together. */
function platformNotes(
  hosts: readonly { readonly host: InventoryHost; readonly hostPlatform: HostPlatform }[],
  platforms: readonly Platform[],
): string[] {
  const leftOut = new Map<string, string[]>();
  for (const { host, hostPlatform } of hosts) {
    const reason = reasonLeftOut(hostPlatform, platforms);
    if (reason !== undefined) leftOut.set(reason, [...(leftOut.get(reason) ?? []), host.name]);
  }
  return [...leftOut].map(([reason, names]) => `${nameList(names)} ${names.length === 1 ? "is" : "are"} ${reason}`);
}

function reasonLeftOut(hostPlatform: HostPlatform, platforms: readonly Platform[]): string | undefined {
  if (hostPlatform.kind === "unsupported") return `left out: ${hostPlatform.reason}`;
  if (hostPlatform.kind === "unknown" || platforms.includes(hostPlatform.platform)) return undefined;
  return `${hostPlatform.platform.arch}, which was not asked for`;
}

/** The hosts that the download role runs on, or a task that fetches by itself. @throws KsoError `unresolvable` for an inventory without any. */
function clusterHosts(checkout: Checkout, inventory: Inventory): readonly InventoryHost[] {
  const { downloadRoles, fetchTasks } = checkout.playbooks();
  const playHosts = new PlayHosts(checkout, inventory);
  const takesPart = ({ name }: InventoryHost, occurrences: readonly TaskOccurrence[]): boolean =>
    occurrences.some((occurrence) => playHosts.has(occurrence, name));
  if (!inventory.hosts.some((host) => takesPart(host, downloadRoles)))
    throw new KsoError(
      "unresolvable",
      `Cannot use the inventory: no host${inventory.limit ? " of --limit" : ""} is in ${groupsOfPlays(downloadRoles)}`,
    );
  return inventory.hosts.filter((host) => takesPart(host, [...downloadRoles, ...fetchTasks]));
}
