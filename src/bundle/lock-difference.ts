// Compares two locks: what was added, removed and changed, and how many bytes that is.
import type { Digest } from "../core/digest.ts";
import { blobsOf, type Lock, type LockedFile, type LockedImage, lockedName } from "../core/lock.ts";
import { pairUp } from "../core/pairs.ts";
import { totalSize } from "../files/extents.ts";

/** One side of a change. */
export interface LockedState {
  readonly version: string;
  /** Of the file, or of the image's root. */
  readonly digest: Digest;
  /** Path or full image name. */
  readonly item: string;
}

/** One file or image that differs between two locks. */
export interface LockChange {
  /** `changed`: another version, name or digest; `digest`: other bytes under the same version and name. */
  readonly change: "added" | "removed" | "changed" | "digest";
  readonly kind: "file" | "image";
  readonly component: string;
  readonly name: string;
  readonly platforms: readonly string[];
  readonly from?: LockedState;
  readonly to?: LockedState;
}

/** All that differs between two locks. */
export interface LockDifference {
  readonly changes: readonly LockChange[];
  /** What the second has and the first has not: blobs, and their bytes. */
  readonly transfer: { readonly blobs: number; readonly bytes: number };
  /** What the first has and the second has not. */
  readonly freed: { readonly blobs: number; readonly bytes: number };
}

type LockedItem = LockedFile | LockedImage;

/** What differs between two locks, item by item, and the bytes that only one of them has. */
export function compareLocks(from: Lock, to: Lock): LockDifference {
  const before = groupItems(from);
  const after = groupItems(to);
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return {
    changes: keys.flatMap((key) => changesOf(before.get(key) ?? [], after.get(key) ?? [])),
    transfer: blobsBeyond(to, from),
    freed: blobsBeyond(from, to),
  };
}

/** The items of a lock by what is the same in every version: component, kubespray's name, and the platforms of files. */
function groupItems(lock: Lock): Map<string, LockedItem[]> {
  const groups = new Map<string, LockedItem[]>();
  for (const item of [...lock.files, ...lock.images]) {
    const key = [item.component, item.name, "path" in item ? `file ${item.platforms.join()}` : "image"].join("\n");
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function changesOf(before: readonly LockedItem[], after: readonly LockedItem[]): LockChange[] {
  return pairUp(before, after, (a, b) => lockedName(a) === lockedName(b)).flatMap(({ from, to }): LockChange[] => {
    if (!(from && to)) return [changeOf(to ? "added" : "removed", from, to)];
    if (lockedName(from) !== lockedName(to) || from.version !== to.version) return [changeOf("changed", from, to)];
    return digestOf(from) === digestOf(to) ? [] : [changeOf("digest", from, to)];
  });
}

function changeOf(change: LockChange["change"], from: LockedItem | undefined, to: LockedItem | undefined): LockChange {
  const item = (to ?? from) as LockedItem;
  return {
    change,
    kind: "path" in item ? "file" : "image",
    component: item.component,
    name: item.name,
    platforms: item.platforms,
    ...(from && { from: stateOf(from) }),
    ...(to && { to: stateOf(to) }),
  };
}

function stateOf(item: LockedItem): LockedState {
  return { version: item.version, digest: digestOf(item), item: lockedName(item) };
}

function digestOf(item: LockedItem): Digest {
  return "path" in item ? item.digest : item.root.digest;
}

/** The number and bytes of the blobs that `lock` has and `other` has not. */
function blobsBeyond(lock: Lock, other: Lock): { blobs: number; bytes: number } {
  const otherDigests = new Set(blobsOf(other).map(({ digest }) => digest));
  const blobs = blobsOf(lock).filter(({ digest }) => !otherDigests.has(digest));
  return { blobs: blobs.length, bytes: totalSize(blobs) };
}
