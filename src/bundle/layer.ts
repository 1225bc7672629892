// One archive, whole, in volumes or unpacked: names travel in, the place of their bytes on this machine travels out. Only
// headers are read.
import { closeSync, lstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Extent } from "../core/descriptor.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { totalSize } from "../files/extents.ts";
import { faultOf, quoted } from "./name.ts";
import { readEntries, type TarEntry } from "./tar.ts";
import { extentsOf, type Part, readVolumes, type Volume, volumeIndexFor } from "./volumes.ts";

/** Links and small blobs stand close together: so much is read at a time. Bytes. */
const ahead = 1 << 13;

/** An entry, and where its content starts in the archive (0 where it is a file of its own). */
export type Entry = TarEntry & { readonly offset: number };

/** One archive of a stack. */
export interface Layer {
  /** As it was named, or the index of the volumes. */
  readonly path: string;
  /** Unpacked: each entry is a file of its own. */
  readonly unpacked: boolean;
  readonly volumes?: readonly Volume[];
  /** Bytes on disk. */
  readonly size: number;
  /** By name, in the archive's order. Where several names have one content, the first is the file and the others are links to it. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Where a file's bytes lie. */
  place(entry: Entry): readonly Extent[];
  /** Where bytes of the archive lie, headers included; nothing where it is unpacked. */
  raw(offset: number, length: number): readonly Extent[];
}

/** An archive as far as it can be read, and what ends it there. */
export interface Readable {
  readonly layer: Layer;
  readonly fault?: KsoError;
}

/**
 * Opens a `.tar`, a volume or the index of volumes, or a directory into which a bundle was unpacked.
 * @throws KsoError `usage` when it is not there, `verify` when it is broken or hostile.
 */
export function openLayer(path: string): Layer {
  const { layer, fault } = openReadable(path);
  if (fault) throw fault;
  return layer;
}

/** The same, with the entries before the damage where there is some. @throws KsoError where nothing can be read at all. */
export function openReadable(path: string): Readable {
  const index = volumeIndexFor(path);
  if (index !== undefined) {
    const volumes = readVolumes(index);
    const { layer, ...rest } = openArchive(index, volumes);
    return { layer: { ...layer, volumes }, ...rest };
  }
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new KsoError("usage", `Cannot read ${path}: there is no such file or directory`);
  if (stat.isDirectory()) return { layer: openTree(path) };
  if (!stat.isFile()) throw new KsoError("usage", `Cannot read ${path}: it is neither a file nor a directory`);
  return openArchive(path, [{ path, size: stat.size }]);
}

function openArchive(path: string, parts: readonly Part[]): Readable {
  const size = totalSize(parts);
  const entries = new Map<string, Entry>();
  const files = new Map<string, number>();
  // Where the last read was: the volume to name when it gives nonsense.
  let last = 0;
  let window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  const read = (offset: number, length: number): Uint8Array => {
    last = offset;
    const at = offset - window.start;
    if (at < 0 || at + length > window.bytes.length) {
      const span = Math.min(Math.max(length, ahead), size - offset);
      window = { start: offset, bytes: readAt(files, extentsOf(parts, offset, span), span) };
      return window.bytes.subarray(0, length);
    }
    return window.bytes.subarray(at, at + length);
  };
  let fault: KsoError | undefined;
  try {
    for (const entry of readEntries(read, size)) entries.set(entry.name, entry);
  } catch (cause) {
    if (!(cause instanceof KsoError))
      throw new KsoError("unexpected", `Cannot read ${path}: ${messageOf(cause)}`, cause);
    const volume = parts.length > 1 ? extentsOf(parts, last, 1)[0]?.path : undefined;
    const reason = hint(files, parts) ?? cause.message.replace(/^Cannot read the archive: /, "");
    const where = volume === undefined ? "" : ` (in the volume ${basename(volume)})`;
    fault = new KsoError("verify", `Cannot read ${path}: ${reason}${where}`, cause);
  } finally {
    for (const file of files.values()) closeSync(file);
  }
  const layer: Layer = {
    path,
    unpacked: false,
    size,
    entries,
    place: (entry) => extentsOf(parts, entry.offset, entry.size),
    raw: (offset, length) => extentsOf(parts, offset, length),
  };
  return { layer, ...(fault && { fault }) };
}

function readAt(files: Map<string, number>, extents: readonly Extent[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const { path, offset, length } of extents) {
    const file = files.get(path) ?? openSync(path, "r");
    files.set(path, file);
    for (let at = 0; at < length; ) {
      const read = readSync(file, bytes, filled, length - at, offset + at);
      if (read === 0) return bytes.subarray(0, filled);
      at += read;
      filled += read;
    }
  }
  return bytes.subarray(0, filled);
}

/** The first bytes of what people pack a tar into. */
const packed: readonly (readonly [program: string, magic: readonly number[]])[] = [
  ["gunzip", [0x1f, 0x8b]],
  ["zstd -d", [0x28, 0xb5, 0x2f, 0xfd]],
  ["unxz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bunzip2", [0x42, 0x5a, 0x68]],
];

function hint(files: Map<string, number>, parts: readonly Part[]): string | undefined {
  const head = readAt(files, extentsOf(parts, 0, 5), 5);
  const program = packed.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0];
  return program === undefined ? undefined : `it is compressed; run ${program} on it first`;
}

/** A tree that `tar x` made. A link out of it, a device or a pipe is refused. */
function openTree(root: string): Layer {
  if (!statSync(join(root, "kso/lock.json"), { throwIfNoEntry: false }))
    throw new KsoError("verify", `Cannot read ${root}: it is no bundle, kso/lock.json is missing`);
  const entries = new Map<string, Entry>();
  const firsts = new Map<string, string>();
  let size = 0;
  const visit = (folder: string): void => {
    const names = readdirSync(join(root, folder)).sort((a, b) => (a < b ? -1 : 1));
    for (const name of names.map((leaf) => folder + leaf)) {
      const fault = faultOf(name);
      if (fault) throw new KsoError("verify", `Cannot read ${root}: ${quoted(name)}: ${fault}`);
      const stat = lstatSync(join(root, name));
      const mode = stat.mode & 0o7777;
      if (stat.isDirectory()) {
        entries.set(`${name}/`, { name: `${name}/`, type: "directory", size: 0, mode, offset: 0 });
        visit(`${name}/`);
      } else if (stat.isFile()) {
        const inode = `${stat.dev}:${stat.ino}`;
        const first = stat.nlink > 1 ? firsts.get(inode) : undefined;
        if (first === undefined) {
          firsts.set(inode, name);
          size += stat.size;
          entries.set(name, { name, type: "file", size: stat.size, mode, offset: 0 });
        } else entries.set(name, { name, type: "link", size: 0, mode, target: first, offset: 0 });
      } else {
        const kind = stat.isSymbolicLink() ? "a symbolic link" : "neither a file nor a directory";
        throw new KsoError("verify", `Cannot read ${root}: ${quoted(name)} is ${kind}, and a bundle has none`);
      }
    }
  };
  visit("");
  return {
    path: root,
    unpacked: true,
    size,
    entries,
    place: ({ name, size }) => [{ path: join(root, name), offset: 0, length: size }],
    raw: () => [],
  };
}
