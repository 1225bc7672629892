// The data of the pages about the bundles. Computed once, at the first request for a page.
import { type ComponentShare, componentShares, distinctBytes } from "../../bundle/contents.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { KsoError } from "../../core/errors.ts";
import { availablePlatforms, blobsOf, type Lock, type LockedFile, type LockedImage } from "../../core/lock.ts";
import { type UnavailableItem, type Unresolved, unavailableItems } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { walkImage } from "../../oci/walk.ts";

/** One file or image. */
export interface ItemRow {
  readonly kind: "file" | "image";
  /** `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`. */
  readonly name: string;
  readonly component: string;
  readonly version: string;
  /** `amd64`, `arm64`. */
  readonly architectures: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly digest: string;
  /** No digest is published for it. */
  readonly pinned: boolean;
  /** Everything that a search looks at, in lower case. */
  readonly text: string;
}

/** What is in the bundles, for the pages. */
export interface PageModel {
  /** What is served, the newest first. */
  readonly locks: readonly Lock[];
  readonly platforms: readonly string[];
  readonly rows: readonly ItemRow[];
  readonly shares: readonly ComponentShare[];
  readonly unavailable: readonly UnavailableItem[];
  /** On record: what could not be evaluated, and is not in the bundles. */
  readonly unresolved: readonly Unresolved[];
  /** Bytes of all blobs, each once. */
  readonly bytes: number;
}

/** Merges locks for the pages; the first one wins. `read` returns the bytes of a manifest, undefined where they are not here. */
export function pageModel(locks: readonly Lock[], read: (blob: Descriptor) => Uint8Array | undefined): PageModel {
  const [first] = locks;
  if (!first) throw new KsoError("unexpected", "There is nothing to show");
  const files = new Map(locks.toReversed().flatMap(({ files }) => files.map((file) => [file.path, file])));
  const images = new Map(locks.toReversed().flatMap(({ images }) => images.map((image) => [image.image, image])));
  const platforms = [...new Set(locks.flatMap((lock) => lock.platforms))];
  const merged: Lock = { ...first, platforms, files: [...files.values()], images: [...images.values()] };
  const rows = [
    ...merged.files.map((file) =>
      rowOf(file, { kind: "file", name: file.path, size: file.size, digest: file.digest, pinned: !file.published }),
    ),
    ...merged.images.map((image) =>
      rowOf(
        { ...image, platforms: availablePlatforms(image, merged) },
        {
          kind: "image",
          name: image.image,
          size: distinctBytes(image.blobs),
          digest: image.root.digest,
          pinned: false,
        },
      ),
    ),
  ].sort(compareRows);
  return {
    locks,
    platforms,
    rows,
    shares: componentShares(merged, (root, platform) => {
      try {
        return walkImage(root, [platform], read).blobs;
      } catch {
        // A broken image counts with all its blobs; `kso verify` says what is wrong with it.
        return undefined;
      }
    }),
    unavailable: unavailableItems(first.unavailable.filter(({ included }) => !included)),
    unresolved: first.unresolved ?? [],
    bytes: distinctBytes(blobsOf(merged)),
  };
}

/** By component, then by name. */
function compareRows(a: ItemRow, b: ItemRow): number {
  if (a.component !== b.component) return a.component < b.component ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function rowOf(
  { component, version, platforms }: Pick<LockedFile | LockedImage, "component" | "version" | "platforms">,
  item: Pick<ItemRow, "kind" | "name" | "size" | "digest" | "pinned">,
): ItemRow {
  const architectures = platforms.map(architectureName);
  const text = [item.name, component, version, ...architectures, item.digest, item.kind].join(" ").toLowerCase();
  return { ...item, component, version, architectures, text };
}

/** Returns the rows that have every word of the query. */
export function searchRows(rows: readonly ItemRow[], query: string): readonly ItemRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ text }) => words.every((word) => text.includes(word)));
}
