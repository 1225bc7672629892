// The data of the pages about the bundles: each release by itself. Computed once, at the first request for a page.
import { type ComponentShare, componentShares, distinctBytes } from "../../bundle/contents.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { KsoError } from "../../core/errors.ts";
import { availablePlatforms, blobsOf, type Lock, type LockedFile, type LockedImage } from "../../core/lock.ts";
import { unavailableItems } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { unresolvedReason } from "../../core/unresolved.ts";
import { compare, isVersion } from "../../core/version.ts";
import { walkImage } from "../../oci/walk.ts";
import type { ServedLock } from "../content/content-index.ts";

/** One file or image: in the bundles, or wanted by a component and not in them. */
export interface ItemRow {
  readonly kind: "file" | "image" | "variables";
  /** `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`; kubespray's name of what is not here. */
  readonly name: string;
  readonly component: string;
  readonly version: string;
  /** `amd64`, `arm64`: those that it is here for; of what is not here, those that it is not here for. */
  readonly architectures: readonly string[];
  /** Why it is not here; undefined for what is. */
  readonly absence?: { readonly kind: "unavailable" | "unresolved"; readonly reason: string };
  /** Bytes. */
  readonly size: number;
  readonly digest: string;
  /** No digest is published for it. */
  readonly pinned: boolean;
  /** Everything that a search looks at, in lower case. */
  readonly text: string;
}

/** One release in the bundles. */
export interface PageRelease {
  /** What `?release=` names: `2.31.0`. */
  readonly id: string;
  /** The newest lock of this release. */
  readonly lock: Lock;
  readonly lockDigest: string;
  /** The bundle is for several releases. */
  readonly isPart: boolean;
  /** The names of the bundle's files, as `kso config` takes them. */
  readonly bundle: readonly string[];
  readonly platforms: readonly string[];
  /** By component, then by name. */
  readonly rows: readonly ItemRow[];
  readonly shares: readonly ComponentShare[];
  readonly files: number;
  readonly images: number;
  /** Bytes of all blobs, each once. */
  readonly bytes: number;
}

/** What is in the bundles, for the pages. */
export interface PageModel {
  /** At least one, the newest first. */
  readonly releases: readonly [PageRelease, ...PageRelease[]];
  /** Hosts that images come from, all releases. */
  readonly images: readonly { readonly image: string }[];
}

/** The release that `?release=` names; the newest where it names none, undefined where there is no such release. */
export function releaseById({ releases }: PageModel, id: string | null): PageRelease | undefined {
  return id === null ? releases[0] : releases.find((release) => release.id === id);
}

type ReadBlob = (blob: Descriptor) => Uint8Array | undefined;

/** Makes the data of the pages. Of two locks of one release the first wins. `read` returns the bytes of a manifest, undefined where they are not here. */
export function pageModel(locks: readonly ServedLock[], read: ReadBlob): PageModel {
  const groups = Map.groupBy(locks, ({ lock }) => JSON.stringify([lock.release.name, lock.kubernetes]));
  const versions = [...groups.values()].map(([first]) => first?.lock.release.version);
  const [newest, ...others] = [...groups.values()]
    .map((group) => pageRelease(group, versions, read))
    .sort(({ lock: a }, { lock: b }) => compareReleases(b, a));
  if (!newest) throw new KsoError("unexpected", "There is nothing to show");
  return { releases: [newest, ...others], images: locks.flatMap(({ lock }) => lock.images) };
}

function pageRelease(group: readonly ServedLock[], versions: readonly unknown[], read: ReadBlob): PageRelease {
  const [{ lock, lockDigest, isPart, bundle }] = group as readonly [ServedLock];
  const locks = group.map((each) => each.lock);
  const files = new Map(locks.toReversed().flatMap((each) => each.files.map((file) => [file.path, file])));
  const images = new Map(locks.toReversed().flatMap((each) => each.images.map((image) => [image.image, image])));
  const platforms = [...new Set(locks.flatMap((each) => each.platforms))];
  const merged: Lock = { ...lock, platforms, files: [...files.values()], images: [...images.values()] };
  const { version } = lock.release;
  const id = version.toWellFormed();
  const isAlone = versions.filter((other) => other === version).length === 1;
  return {
    id: isAlone ? id : `${id}-kubernetes-${lock.kubernetes}`,
    lock,
    lockDigest,
    isPart,
    bundle,
    platforms,
    rows: [
      ...merged.files.map(fileRow),
      ...merged.images.map((image) => imageRow(image, merged)),
      ...absentRows(lock),
    ].sort(compareRows),
    shares: componentShares(merged, (root, platform) => {
      try {
        return walkImage(root, [platform], read).blobs;
      } catch {
        // A broken image counts with all its blobs; `kso verify` says what is wrong with it.
        return undefined;
      }
    }),
    files: files.size,
    images: images.size,
    bytes: distinctBytes(blobsOf(merged)),
  };
}

/** The older one first; names that are no versions by their letters. */
function compareReleases(a: Lock, b: Lock): number {
  const [left, right] = [a.release.version, b.release.version];
  if (left === right)
    return isVersion(a.kubernetes) && isVersion(b.kubernetes) ? compare(a.kubernetes, b.kubernetes) : 0;
  if (isVersion(left) && isVersion(right)) return compare(left, right);
  return left < right ? -1 : 1;
}

/** By component, then what is not here last, then by name. */
function compareRows(a: ItemRow, b: ItemRow): number {
  if (a.component !== b.component) return a.component < b.component ? -1 : 1;
  if (!a.absence !== !b.absence) return a.absence ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}

function fileRow(file: LockedFile): ItemRow {
  const { path, size, digest, published } = file;
  return rowOf(file, { kind: "file", name: path, size, digest, pinned: !published });
}

function imageRow(image: LockedImage, lock: Lock): ItemRow {
  const described = { ...image, platforms: availablePlatforms(image, lock) };
  const { image: name, blobs, root } = image;
  return rowOf(described, { kind: "image", name, size: distinctBytes(blobs), digest: root.digest, pinned: false });
}

/** What the components want and the bundle lacks, on record. */
function absentRows({ unavailable, unresolved = [] }: Lock): ItemRow[] {
  const none = { size: 0, digest: "", pinned: false } as const;
  return [
    ...unavailableItems(unavailable.filter(({ included }) => !included)).map((item) =>
      rowOf(item, { ...none, kind: item.kind, name: item.name, absence: { kind: "unavailable", reason: item.reason } }),
    ),
    ...unresolved.map((item) => {
      const absence = { kind: "unresolved", reason: unresolvedReason(item) } as const;
      return rowOf({ ...item, version: "" }, { ...none, kind: item.kind, name: item.name, absence });
    }),
  ];
}

function rowOf(
  { component, version, platforms }: Pick<LockedFile | LockedImage, "component" | "version" | "platforms">,
  item: Pick<ItemRow, "kind" | "name" | "size" | "digest" | "pinned" | "absence">,
): ItemRow {
  const architectures = platforms.map(architectureName);
  const words = [item.name, component, version, ...architectures, item.digest, item.kind, item.absence?.kind ?? ""];
  return { ...item, component, version, architectures, text: words.join(" ").trim().toLowerCase() };
}
