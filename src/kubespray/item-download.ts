// An item of `downloads` and the hosts that require it.
import type { Templar } from "../ansible/jinja/templar.ts";
import type { Platform } from "../core/platform.ts";
import type { DownloadItem } from "./items.ts";
import type { Place } from "./location.ts";

/** An item for one architecture, and the hosts that require it. */
export interface ItemDownload {
  readonly item: DownloadItem;
  readonly platform: Platform;
  /** Names of the hosts that fetch it; none for an item that is not required. */
  readonly hosts: readonly string[];
  /** The inventory's own addresses. `item` has those of the origin, where they are a mirror's. */
  readonly requested: Pick<DownloadItem, "url" | "repo">;
  /** Whose addresses those are. */
  readonly place: Place;
  /** The role that fetches it though its item is not enabled, or not of that kind: `container-engine/cri-o`. */
  readonly role?: string | undefined;
  /** The condition of that role which only a run can tell: the item counts as fetched. */
  readonly uncertain?: string | undefined;
  /** No host of this architecture fetches the image in advance, but its pods may be started on one. */
  readonly anywhere?: boolean | undefined;
  /** The variables that it was evaluated with. */
  readonly templar: Templar;
}

/** Whether the cluster requires it. */
export function isRequired({ hosts, anywhere }: ItemDownload): boolean {
  return hosts.length > 0 || anywhere === true;
}
