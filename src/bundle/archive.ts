// One archive of a bundle: a tar file, volumes of one, or a directory into which it was unpacked.
import type { Extent } from "../core/descriptor.ts";
import type { TarEntry } from "./tar.ts";
import type { Volume } from "./volumes.ts";

/** An entry, and where its content starts in the archive (0 where it is a file of its own). */
export type BundleEntry = TarEntry & { readonly offset: number };

/** One archive of a bundle. */
export interface BundleArchive {
  /** As it was named, or the index of the volumes. */
  readonly path: string;
  /** Unpacked: each entry is a file of its own. */
  readonly unpacked: boolean;
  readonly volumes?: readonly Volume[];
  /** Bytes on disk. */
  readonly size: number;
  /** By name, in the archive's order. Where several names have one content, the first is the file and the others are links to it. */
  readonly entries: ReadonlyMap<string, BundleEntry>;
  /** Where a file's bytes lie. */
  extentsOf(entry: BundleEntry): readonly Extent[];
  /** Where bytes of the archive lie, headers included; nothing where it is unpacked. */
  rawExtents(offset: number, length: number): readonly Extent[];
}
