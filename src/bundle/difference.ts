// Two locks travel in; what came, what went, what changed, and how many bytes that is, travel out.
import type { Digest } from "../core/digest.ts";
import { blobsOf, type Lock, type LockedFile, type LockedImage } from "../core/lock.ts";
import { pairUp } from "../core/pairs.ts";
import { totalSize } from "../files/extents.ts";

/** One side of a change. */
export interface Side {
  readonly version: string;
  /** Of the file, or of the image's root. */
  readonly digest: Digest;
  /** Path or full image name. */
  readonly item: string;
}

export interface Change {
  /** `changed`: another version, name or digest; `digest`: other bytes under the same version and name. */
  readonly change: "added" | "removed" | "changed" | "digest";
  readonly kind: "file" | "image";
  readonly component: string;
  readonly name: string;
  readonly platforms: readonly string[];
  readonly from?: Side;
  readonly to?: Side;
}

export interface Difference {
  readonly changes: readonly Change[];
  /** What the second has and the first has not: blobs, and their bytes. */
  readonly transfer: { readonly blobs: number; readonly bytes: number };
  /** What the first has and the second has not. */
  readonly freed: { readonly blobs: number; readonly bytes: number };
}

type Item = LockedFile | LockedImage;

export function differenceOf(from: Lock, to: Lock): Difference {
  const before = grouped(from);
  const after = grouped(to);
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return {
    changes: keys.flatMap((key) => changesOf(before.get(key) ?? [], after.get(key) ?? [])),
    transfer: beyond(to, from),
    freed: beyond(from, to),
  };
}

/** Items that are one thing in several versions: kubespray's name, and for files the platforms. */
function grouped(lock: Lock): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of [...lock.files, ...lock.images]) {
    const key = [item.component, item.name, "path" in item ? `file ${item.platforms.join()}` : "image"].join("\n");
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function changesOf(before: readonly Item[], after: readonly Item[]): Change[] {
  return pairUp(before, after, (a, b) => nameOf(a) === nameOf(b)).flatMap(({ from, to }): Change[] => {
    if (!(from && to)) return [change(to ? "added" : "removed", from, to)];
    if (nameOf(from) !== nameOf(to) || from.version !== to.version) return [change("changed", from, to)];
    return digestOf(from) === digestOf(to) ? [] : [change("digest", from, to)];
  });
}

function change(what: Change["change"], from: Item | undefined, to: Item | undefined): Change {
  const one = (to ?? from) as Item;
  return {
    change: what,
    kind: "path" in one ? "file" : "image",
    component: one.component,
    name: one.name,
    platforms: one.platforms,
    ...(from && { from: sideOf(from) }),
    ...(to && { to: sideOf(to) }),
  };
}

function sideOf(item: Item): Side {
  return { version: item.version, digest: digestOf(item), item: nameOf(item) };
}

function nameOf(item: Item): string {
  return "path" in item ? item.path : item.image;
}

function digestOf(item: Item): Digest {
  return "path" in item ? item.digest : item.root.digest;
}

function beyond(lock: Lock, other: Lock): { blobs: number; bytes: number } {
  const there = new Set(blobsOf(other).map(({ digest }) => digest));
  const own = blobsOf(lock).filter(({ digest }) => !there.has(digest));
  return { blobs: own.length, bytes: totalSize(own) };
}
