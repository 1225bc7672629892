// What a file system says of a file's bytes without reading them: size, inode, and when content and inode were last changed. Whoever
// changes a file, or puts another one in its place, changes its stamp: the time of the inode is nobody's to set back.
import { type BigIntStats, lstatSync, statSync } from "node:fs";

/** The stamp of a regular file as text; two of one path that are equal mean that nothing has changed between them. */
export type Stamp = `${bigint} ${bigint} ${bigint} ${bigint}`;

/** The stamp of what lies at a path; undefined for nothing, and for what is no regular file: a link, a directory, a pipe. */
export function stampAt(path: string): Stamp | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() ? stampOf(stats) : undefined;
}

/** The stamp of what a path leads to, links followed. Throws what the disk says. */
export function stampOfTarget(path: string): Stamp {
  return stampOf(statSync(path, { bigint: true }));
}

/** The stamp of a regular file by its stats. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): Stamp {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}

/** Are size, inode and the time of the content the same? A rename or a further link changes the time of the inode alone. */
export function hasSameContent(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a !== undefined && contentOf(a) === contentOf(b ?? "");
}

function contentOf(stamp: string): string {
  return stamp.slice(0, stamp.lastIndexOf(" "));
}

/** The size in a stamp. Bytes. */
export function sizeIn(stamp: Stamp): number {
  return Number(stamp.slice(0, stamp.indexOf(" ")));
}
