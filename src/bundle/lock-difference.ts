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
  const before = grouped(from);
  const after = grouped(to);
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return {
    changes: keys.flatMap((key) => changesOf(before.get(key) ?? [], after.get(key) ?? [])),
    transfer: blobsBeyond(to, from),
    freed: blobsBeyond(from, to),
  };
}

/** Items that are one thing in several versions: kubespray's name, and for files the platforms. */
function grouped(lock: Lock): Map<string, LockedItem[]> {
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
    if (!(from && to)) return [change(to ? "added" : "removed", from, to)];
    if (lockedName(from) !== lockedName(to) || from.version !== to.version) return [change("changed", from, to)];
    return digestOf(from) === digestOf(to) ? [] : [change("digest", from, to)];
  });
}

function change(what: LockChange["change"], from: LockedItem | undefined, to: LockedItem | undefined): LockChange {
  const item = (to ?? from) as LockedItem;
  return {
    change: what,
    kind: "path" in item ? "file" : "image",
    component: item.component,
    name: item.name,
    platforms: item.platforms,
    ...(from && { from: sideOf(from) }),
    ...(to && { to: sideOf(to) }),
  };
}

function sideOf(item: LockedItem): LockedState {
  return { version: item.version, digest: digestOf(item), item: lockedName(item) };
}

function digestOf(item: LockedItem): Digest {
  return "path" in item ? item.digest : item.root.digest;
}

function blobsBeyond(lock: Lock, other: Lock): { blobs: number; bytes: number } {
  const otherDigests = new Set(blobsOf(other).map(({ digest }) => digest));
  const blobs = blobsOf(lock).filter(({ digest }) => !otherDigests.has(digest));
  return { blobs: blobs.length, bytes: totalSize(blobs) };
}
