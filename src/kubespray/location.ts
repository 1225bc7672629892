// Where hosts fetch from, and the origin of what they fetch. An inventory that is ready for the isolated side points at a mirror;
// a bundle must hold what the mirror mirrors, and only the inventory's own choices of location tell the two apart.
import type { VariableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";
import type { DownloadItem } from "./items.ts";

/** Variables that say where something lies: kubespray's own, and those of its sample offline.yml. */
const locationVariable = /(?:_url|_image_repo|_files_repo)$|^(?:files_repo|registry_host)$/;

/** An inventory's sources without its choices of location, as far as the checkout has a location of its own. */
export function withoutLocations(sources: readonly VariableSource[], checkout: Checkout): readonly VariableSource[] {
  const names = checkout.defaults.flatMap((source) => [...source.keys()]);
  const locations = new Set(names.filter((name) => locationVariable.test(name)));
  return sources.map((source) =>
    [...source.keys()].some((name) => locations.has(name))
      ? new Map([...source].filter(([name]) => !locations.has(name)))
      : source,
  );
}

/** The item with the addresses of its origin, where the inventory's are those of a mirror of it. */
export function atOrigin(item: DownloadItem, origin: Pick<DownloadItem, "url" | "repo"> | undefined): DownloadItem {
  if (!origin) return item;
  return { ...item, url: originOf(item.url, origin.url), repo: originOf(item.repo, origin.repo) };
}

function originOf(address: string | undefined, origin: string | undefined): string | undefined {
  return address !== undefined && origin !== undefined && isMirrorOf(address, origin) ? origin : address;
}

/** `https://dl.k8s.io/release/…` behind `http://mirror/k8s/dl.k8s.io/release/…`: the same path at its end. */
function isMirrorOf(address: string, origin: string): boolean {
  if (address === origin) return true;
  if (/^https?:/.test(origin) && !/^https?:\/\/[^/]/.test(address)) return false;
  const path = origin.replace(/^https?:\/\/[^/]+/, "").replace(/^[^/]+(?=\/)/, "");
  return path.length > 1 && address.endsWith(path);
}
