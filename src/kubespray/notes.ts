// Notes on a plan for an inventory, for people.
import type { Inventory } from "../ansible/inventory/inventory.ts";
import type { ItemDownload } from "./item-download.ts";
import type { BrokenField } from "./items.ts";
import type { RequiredDownloads } from "./required-downloads.ts";

/** Names that a note lists before it only counts. */
const maxNames = 5;

/** The notes on a plan for an inventory, one sentence each. */
export function planNotes({ downloads, notes, unknown }: RequiredDownloads, { encrypted }: Inventory): string[] {
  const broken = itemNames(downloads.filter(({ item }) => item.broken.some(stopsAnsible)));
  const mirrored = itemNames(downloads.filter(isMirrored));
  return [
    ...notes,
    ...(unknown.length > 0
      ? [`the inventory does not say which architecture ${nameList(unknown)} has; each that was asked for is planned`]
      : []),
    ...encrypted.map(
      (file) => `${file} is encrypted with Ansible Vault and was left alone; what it sets is not known here`,
    ),
    ...(mirrored.length > 0
      ? [`the inventory asks a mirror for ${mirrored.length} items; they are planned from their origin`]
      : []),
    ...(broken.length > 0 ? [`kubespray itself stops where an item cannot be evaluated: ${nameList(broken)}`] : []),
  ];
}

/** Ansible stops at a variable that nobody sets. What a host's facts say it knows, and it has more filters than are known here. */
function stopsAnsible({ reason }: BrokenField): boolean {
  const [, name = "ansible_"] = /'(\w+)' is undefined/.exec(reason) ?? [];
  return !name.startsWith("ansible_");
}

function isMirrored({ item, requested, hosts }: ItemDownload): boolean {
  return hosts.length > 0 && (requested.url !== item.url || requested.repo !== item.repo);
}

function itemNames(downloads: readonly ItemDownload[]): string[] {
  return [...new Set(downloads.map(({ item }) => item.name))];
}

function nameList(names: readonly string[]): string {
  if (names.length <= maxNames) return names.join(", ");
  return `${names.slice(0, maxNames).join(", ")} and ${names.length - maxNames} more`;
}
