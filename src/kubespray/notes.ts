// Notes on a plan for an inventory, for people.

import type { Inventory } from "../ansible/inventory/inventory.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { countsOf, formatCounts } from "../core/counts.ts";
import { nameList } from "../core/name-list.ts";
import type { Checkout } from "./checkout.ts";
import type { ItemDownload } from "./item-download.ts";
import { mirrorFlag } from "./location.ts";
import { idleHosts, missingParts } from "./missing-parts.ts";
import { ownNetworkNotes } from "./own-network.ts";
import { kubernetesNotes } from "./release.ts";
import type { RequiredDownloads } from "./required-downloads.ts";

/** A cluster, and what is planned for it. */
export interface ClusterContext {
  readonly checkout: Checkout;
  readonly inventory: Inventory;
  readonly required: RequiredDownloads;
  /** Sees the variables of all roles. */
  readonly templar: Templar;
}

/** The notes on a plan for an inventory, one sentence each. */
export function clusterNotes({ checkout, inventory, required, templar }: ClusterContext): string[] {
  const { found } = checkout.playbooks();
  const assumed =
    "the checkout has no playbook cluster.yml: the plays are assumed that kubespray's releases have in common";
  return [
    ...(found ? [] : [assumed]),
    ...kubernetesNotes(templar),
    ...ownNetworkNotes(templar),
    ...idleHosts(checkout, inventory),
    ...(inventory.limit
      ? [
          `--limit leaves ${inventory.limit.size} of ${inventory.hosts.length} hosts; what only the others want is not planned`,
        ]
      : missingParts(required.downloads, templar)),
    ...planNotes(required, inventory),
  ];
}

function planNotes({ downloads, notes, unknown }: RequiredDownloads, inventory: Inventory): string[] {
  const { notes: inventoryNotes = [] } = inventory;
  const requested = downloads.filter(({ hosts }) => hosts.length > 0);
  const mirrored = requested.filter(({ place }) => place === "mirror");
  return [
    ...inventoryNotes,
    ...notes,
    ...(unknown.length > 0
      ? [`the inventory does not say which architecture ${nameList(unknown)} has; each that was asked for is planned`]
      : []),
    ...mirrorNotes(mirrored),
    ...ownNotes(requested.filter(({ place }) => place === "own")),
  ];
}

/** What is planned from its origin and not from where the inventory has it; a public mirror could be asked for it. */
function mirrorNotes(mirrored: readonly ItemDownload[]): string[] {
  if (mirrored.length === 0) return [];
  const mirrors = [...new Set(mirrored.flatMap(({ item, requested: at }) => mirrorFlag(item, at) ?? []))].sort();
  const advice = mirrors.length > 0 ? `; to fetch from the public mirrors that it names: ${mirrors.join(" ")}` : "";
  const items = new Map(mirrored.map(({ item: { kind = "file", name } }) => [`${kind} ${name}`, { kind }]));
  const counts = formatCounts(countsOf(items.values()));
  return [`the inventory asks a mirror for ${counts}; they are planned from their origin${advice}`];
}

/** What the inventory takes from elsewhere than the release: the bundle has it from there. */
function ownNotes(own: readonly ItemDownload[]): string[] {
  if (own.length === 0) return [];
  const addresses = own.map(({ item }) =>
    item.kind === "image" ? `${item.name} (${item.repo}:${item.tag})` : `${item.name} (${item.url})`,
  );
  const items = [...new Set(addresses)];
  return [
    `planned from the inventory's own address, since it does not show that the release's origin has the same: ${items.join(", ")}`,
  ];
}
