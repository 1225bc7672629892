// From kubespray's items to contributions: what plugins would say, said by the checkout itself.

import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import type { Platform } from "../core/platform.ts";
import { withoutV } from "../core/version.ts";
import type { DownloadItem } from "./items.ts";
import { pinOf } from "./pins.ts";

/** An item for one platform, with the reason it is in. */
export interface ChosenItem {
  readonly item: DownloadItem;
  readonly platform: Platform;
  readonly reason?: string | undefined;
  /** Both its file and its image, whichever the cluster would take: for a plan of all that a release lists. */
  readonly both: boolean;
  /** The cluster asks for it. */
  readonly needed: boolean;
}

/** kubespray's name of an item → the component that owns it. */
export type ComponentOwners = (kind: "file" | "image", name: string) => string;

/** The names that plugins have for items; what no plugin knows becomes a component of its own name. */
export function componentOwners(described: readonly Contributed[]): ComponentOwners {
  const known = new Map<string, string>();
  for (const { kind, name, component } of described) {
    known.set(`${kind} ${name}`, component);
    if (!known.has(name)) known.set(name, component);
  }
  return (kind, name) => known.get(`${kind} ${name}`) ?? known.get(name) ?? name.toLowerCase().replaceAll("_", "-");
}

/** In a plugin's words, where one describes the very same thing: the same version, and the variable it calls the pin. */
export function inWordsOf(described: readonly Contributed[]): (item: Contributed) => Contributed {
  const placeOf = (item: Contributed): string =>
    `${item.kind === "file" ? item.url : item.image} ${item.name} ${item.platform.arch}`;
  const same = new Map(described.map((item) => [placeOf(item), item]));
  return (item) => {
    const { version, pin } = same.get(placeOf(item)) ?? item;
    return { ...item, version, ...(pin !== undefined && { pin }) };
  };
}

/** What one item contributes: nothing where what it would need is broken. */
export function itemContributions(
  chosen: ChosenItem,
  owners: ComponentOwners,
  host: Templar,
  writer: string,
): Contributed[] {
  const { item, platform, reason, both, needed } = chosen;
  const downloads = host.rawOf("downloads");
  const raw = downloads instanceof Dict ? downloads.get(item.name) : undefined;
  const written = raw instanceof Dict ? raw : new Dict();
  // What kubeadm names has its own name in every list.
  const name = item.name.replace(/^kubeadm_/, "");
  const found: Contributed[] = [];
  const common = { name, platform, writer, ...(reason !== undefined && { reason }), ...(needed && { needed }) };
  if (item.url !== undefined && (both || item.kind === "file")) {
    const pin = pinOf(written.get("url"), host);
    found.push({
      ...{ ...common, kind: "file", component: owners("file", name), url: item.url },
      version: item.version === undefined ? (pin?.version ?? "unknown") : withoutV(item.version),
      ...(pin && { pin: pin.name }),
      ...(item.digest && { digest: item.digest }),
    });
  }
  if (item.repo !== undefined && item.tag !== undefined && (both || item.kind === "image")) {
    const pin = item.name === name ? pinOf(written.get("tag"), host) : undefined;
    const kubeadm = item.name !== name && name.startsWith("kube-");
    found.push({
      ...{ ...common, kind: "image", component: owners("image", name), image: `${item.repo}:${item.tag}` },
      version: kubeadm ? withoutV(item.tag) : item.tag,
      ...(kubeadm ? { pin: "kube_version" } : pin && { pin: pin.name }),
    });
  }
  return found;
}
