// Turns kubespray's items into contributions: the same that plugins would make of them.
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, type PythonValue } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import type { Platform } from "../core/platform.ts";
import type { Contribution } from "../core/plugin.ts";
import { formatReference, normalizeReference, referenceFault } from "../core/reference.ts";
import { withoutV } from "../core/version.ts";
import { type DownloadItem, listedName } from "./items.ts";
import { pinOf } from "./pins.ts";

/** kubespray's name of an item → the component that owns it. */
export type ComponentOwners = (kind: "file" | "image", name: string) => string;

/** The owners of the items that plugins describe; what no plugin describes becomes a component of its own name. */
export function componentOwners(described: readonly Contributed[]): ComponentOwners {
  const owners = new Map<string, string>();
  for (const { kind, name, component } of described) {
    owners.set(`${kind} ${name}`, component);
    if (!owners.has(name)) owners.set(name, component);
  }
  return (kind, name) => owners.get(`${kind} ${name}`) ?? owners.get(name) ?? name.toLowerCase().replaceAll("_", "-");
}

/** Takes version and pin from the plugin, where one describes the very same file or image. */
export function pluginVersions(
  described: readonly Contributed[],
): (contribution: Contribution, platform: Platform) => Contribution {
  const keyOf = (contribution: Contribution, { arch }: Platform): string => {
    const locator = contribution.kind === "file" ? contribution.url : contribution.image;
    return `${locator} ${contribution.name} ${arch}`;
  };
  const byKey = new Map(described.map((item) => [keyOf(item, item.platform), item]));
  return (contribution, platform) => {
    const { version, pin } = byKey.get(keyOf(contribution, platform)) ?? contribution;
    return { ...contribution, version, ...(pin !== undefined && { pin }) };
  };
}

/** What one item contributes: its file, its image, or both; nothing where what it would need is broken. */
export function itemContributions(
  item: DownloadItem,
  templar: Templar,
  kinds: readonly DownloadItem["kind"][],
): Contribution[] {
  const downloads = templar.rawOf("downloads");
  const raw = downloads instanceof Dict ? downloads.get(item.name) : undefined;
  const written = raw instanceof Dict ? raw : new Dict();
  return [
    ...(kinds.includes("file") ? fileContribution(item, written.get("url"), templar) : []),
    ...(kinds.includes("image") ? imageContribution(item, written.get("tag"), templar) : []),
  ];
}

/** `expression` is the URL as it is written. */
function fileContribution(
  item: DownloadItem,
  expression: PythonValue | undefined,
  templar: Templar,
): readonly Contribution[] {
  const { url, version, digest } = item;
  if (url === undefined) return [];
  const pin = pinOf(expression, templar);
  return [
    {
      kind: "file",
      name: listedName(item),
      version: version === undefined ? (pin?.version ?? "unknown") : withoutV(version),
      url,
      ...(pin && { pin: pin.name }),
      ...(digest && { digest }),
    },
  ];
}

/** `expression` is the tag as it is written. */
function imageContribution(
  item: DownloadItem,
  expression: PythonValue | undefined,
  templar: Templar,
): readonly Contribution[] {
  const { repo, tag } = item;
  // An item that is a file for this cluster has the file's digest.
  const digest = item.kind === "image" ? item.digest : undefined;
  const version = tag ?? digest;
  if (repo === undefined || version === undefined) return [];
  const name = listedName(item);
  const image = imageName(repo, tag, digest);
  if (item.name === name) {
    const pin = pinOf(expression, templar);
    return [{ kind: "image", name, version, image, ...(pin && { pin: pin.name }) }];
  }
  // kubeadm's etcd has a version of its own.
  if (!name.startsWith("kube-")) return [{ kind: "image", name, version, image }];
  return [{ kind: "image", name, version: withoutV(version), image, pin: "kube_version" }];
}

/** The full name, completed as Docker and containerd do; as it is written where it is none. */
function imageName(repo: string, tag: string | undefined, digest: string | undefined): string {
  const written = `${repo}${tag === undefined ? "" : `:${tag}`}${digest ? `@${digest}` : ""}`;
  return referenceFault(written) === undefined ? formatReference(normalizeReference(written)) : written;
}
