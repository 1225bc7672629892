// Where things are asked for, and where they come from. An inventory that is ready for the isolated side points at a mirror; what a
// bundle must hold is then what stands behind it, and only the inventory's own choices of place tell the two apart.

import type { VariableSource } from "../ansible/variables.ts";
import type { Checkout } from "./checkout.ts";

/** Variables that say where something lies: kubespray's own, and those of its sample offline.yml. */
export function isLocation(name: string): boolean {
  return /(?:_url|_image_repo|_files_repo)$|^(?:files_repo|registry_host)$/.test(name);
}

/** An inventory's layers without its choices of place, as far as the checkout has a place of its own. */
export function withoutLocations(layers: readonly VariableSource[], checkout: Checkout): readonly VariableSource[] {
  const known = new Set(checkout.defaults.flatMap((layer) => [...layer.keys()]).filter(isLocation));
  return layers.map((layer) =>
    [...layer.keys()].some((name) => known.has(name))
      ? new Map([...layer].filter(([name]) => !known.has(name)))
      : layer,
  );
}

/** `https://dl.k8s.io/release/…` behind `http://mirror/k8s/dl.k8s.io/release/…`: the same path at its end. */
export function isMirrorOf(asked: string, origin: string): boolean {
  if (asked === origin) return true;
  if (/^https?:/.test(origin) && !/^https?:\/\/[^/]/.test(asked)) return false;
  const path = origin.replace(/^https?:\/\/[^/]+/, "").replace(/^[^/]+(?=\/)/, "");
  return path.length > 1 && asked.endsWith(path);
}
