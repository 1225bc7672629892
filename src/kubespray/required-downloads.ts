// What a cluster downloads: every host of the inventory evaluated for its architecture, and each item with the hosts that require it.
import type { PlayHost } from "../ansible/host-variables.ts";
import type { Inventory, InventoryHost } from "../ansible/inventory/inventory.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import type { VariableSource } from "../ansible/variables.ts";
import { KsoError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Checkout } from "./checkout.ts";
import { HostEvaluations } from "./host-evaluations.ts";
import { platformOf } from "./host-platform.ts";
import type { DownloadItem } from "./items.ts";
import { mergeDownloads } from "./merge-downloads.ts";

/** One item, for one architecture, and the hosts that require it. */
export interface ItemDownload {
  readonly item: DownloadItem;
  readonly platform: Platform;
  /** Names of the hosts that fetch it; none for an item that is not required. */
  readonly hosts: readonly string[];
  /** The inventory's own addresses. `item` has those of the origin, where they are a mirror's. */
  readonly requested: Pick<DownloadItem, "url" | "repo">;
  /** The role that fetches it though its item is not enabled, or not of that kind: `container-engine/cri-o`. */
  readonly role?: string | undefined;
  /** No host of this architecture fetches it in advance, and its pods may be started on one all the same. */
  readonly anywhere?: boolean | undefined;
  /** The variables that it was evaluated with. */
  readonly templar: Templar;
}

/** Does the cluster require it? */
export function isRequired({ hosts, anywhere }: ItemDownload): boolean {
  return hosts.length > 0 || anywhere === true;
}

/** What the hosts of an inventory download. */
export interface RequiredDownloads {
  /** Required or not: every item is among them for every architecture that has hosts. */
  readonly downloads: readonly ItemDownload[];
  /** Hosts by architecture; a host whose architecture the inventory does not say counts for each that is assumed. */
  readonly hosts: ReadonlyMap<Platform, readonly string[]>;
  /** Hosts whose architecture the inventory does not say. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  /** Some host, for variables that do not depend on the host. */
  readonly target: PlayHost;
}

/** For which hosts and architectures downloads are evaluated. */
export interface DownloadOptions {
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
export function requiredDownloads(checkout: Checkout, options: DownloadOptions): RequiredDownloads {
  const { inventory, platforms, assumed = platforms, extraVars } = options;
  const evaluations = new HostEvaluations(checkout);
  const hosts = new Map<Platform, string[]>(platforms.map((platform) => [platform, []]));
  const unknown: string[] = [];
  const notes: string[] = [];
  for (const host of clusterHosts(inventory)) {
    const hostPlatform = platformOf(checkout, inventory, host);
    if (hostPlatform.kind === "unknown") unknown.push(host.name);
    if (hostPlatform.kind === "unsupported") notes.push(`${host.name} is left out: ${hostPlatform.reason}`);
    const own = hostPlatform.kind === "known" ? hostPlatform.platform : undefined;
    if (own && !platforms.includes(own)) notes.push(`${host.name} is ${own.arch}, which was not asked for`);
    const candidates = hostPlatform.kind === "unknown" ? assumed : own ? [own] : [];
    for (const platform of platforms.filter((candidate) => candidates.includes(candidate))) {
      hosts.get(platform)?.push(host.name);
      evaluations.add(platform, { inventory, host, machine: platform.machine, extraVars });
    }
  }
  const target = platforms.flatMap((platform) => evaluations.of(platform))[0]?.target;
  if (!target)
    throw new KsoError("unresolvable", "Cannot use the inventory: no host has an architecture that was asked for");
  const downloads = mergeDownloads(platforms.map((platform) => [platform, evaluations.of(platform)]));
  return { downloads, hosts, unknown, notes, target };
}

/** The hosts that fetch anything. */
function clusterHosts({ hosts }: Inventory): readonly InventoryHost[] {
  const cluster = hosts.filter(({ groups }) => groups.includes("k8s_cluster") || groups.includes("etcd"));
  if (cluster.length === 0)
    throw new KsoError("unresolvable", "Cannot use the inventory: no host is in k8s_cluster or etcd");
  return cluster;
}
